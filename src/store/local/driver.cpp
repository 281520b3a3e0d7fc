#include "store/local/driver.hpp"

#include <algorithm>
#include <array>

#include "base/glob.hpp"
#include "node/reader.hpp"
#include "store/local/setting.hpp"
#include "store/number.hpp"

namespace larder::store {
namespace {

using engine::Deadline;
using engine::Entry;
using engine::Kind;
using node::Mode;

Error wrong_type() {
  return {Errc::wrong_type, Effect::refused, "the key holds another kind of value"};
}

bool is_other_kind(const Entry& entry) { return entry.exists() && entry.kind() != Kind::string; }

bool allows(SetIf condition, const Entry& entry) {
  return condition == SetIf::always || entry.exists() == (condition == SetIf::present);
}

}  // namespace

LocalDriver::LocalDriver(std::string url, const node::NodeOptions& options,
                         const base::Clock& clock)
    : url_(std::move(url)), node_(options, clock) {}

Deadline LocalDriver::deadline(const SetOptions& options) const {
  if (options.ttl) return Deadline::at(node_.clock().now() + *options.ttl);
  return options.keep_ttl ? Deadline::keep() : Deadline::none();
}

Deadline LocalDriver::deadline_of_sum(const Entry& entry, std::optional<Millis> ttl_if_new) const {
  if (entry.exists()) return Deadline::keep();
  return ttl_if_new ? Deadline::at(node_.clock().now() + *ttl_if_new) : Deadline::none();
}

Result<void> LocalDriver::write(Entry& entry, std::string_view value,
                                const SetOptions& options) const {
  return entry.assign(value, deadline(options));
}

// What has a deadline will have to be swept; and a store that grows has memory to be put in order now and then.
void LocalDriver::after_write(bool timed) noexcept {
  constexpr unsigned kWritesToUpkeep = 65'536;
  thread_local unsigned writes = 0;
  if (timed || ++writes % kWritesToUpkeep == 0) upkeep_.wake();
}

Result<std::optional<Bytes>> LocalDriver::answer(const Get& op, const CallOptions&) {
  Result<std::optional<Bytes>> value;
  if (node::Reader(node_).read(kDatabase, op.key, *value) == node::Found::other_kind) {
    value = wrong_type();
  }
  return value;
}

Result<bool> LocalDriver::answer(const Set& op, const CallOptions&) {
  auto written = node_.visit(kDatabase, op.key, Mode::write, [&](Entry& entry) -> Result<bool> {
    if (!allows(op.options.condition, entry)) return false;
    if (auto done = write(entry, op.value, op.options); !done) return done.error();
    return true;
  });
  after_write(op.options.ttl.has_value());
  return written;
}

Result<bool> LocalDriver::answer(const CompareAndSet& op, const CallOptions&) {
  auto written = node_.visit(kDatabase, op.key, Mode::write, [&](Entry& entry) -> Result<bool> {
    if (is_other_kind(entry)) return wrong_type();
    if (!entry.exists() || entry.value() != op.expected) return false;
    if (auto done = write(entry, op.value, op.options); !done) return done.error();
    return true;
  });
  if (op.options.ttl) upkeep_.wake();
  return written;
}

Result<bool> LocalDriver::answer(const Erase& op, const CallOptions&) {
  return node_.visit(kDatabase, op.key, Mode::write,
                     [](Entry& entry) -> Result<bool> { return entry.erase(); });
}

Result<bool> LocalDriver::answer(const Exists& op, const CallOptions&) {
  return node_.visit(kDatabase, op.key, Mode::read,
                     [](Entry& entry) -> Result<bool> { return entry.exists(); });
}

Result<bool> LocalDriver::answer(const Expire& op, const CallOptions&) {
  auto found = node_.visit(kDatabase, op.key, Mode::write, [&](Entry& entry) -> Result<bool> {
    if (op.ttl && *op.ttl <= Millis::zero()) return entry.erase();
    if (!entry.exists()) return false;
    if (!op.ttl) {
      entry.set_deadline(std::nullopt);
    } else {
      entry.set_deadline(node_.clock().now() + *op.ttl);
    }
    return true;
  });
  if (op.ttl) upkeep_.wake();
  return found;
}

Result<Ttl> LocalDriver::answer(const TimeToLive& op, const CallOptions&) {
  return node_.visit(kDatabase, op.key, Mode::peek, [&](Entry& entry) -> Result<Ttl> {
    if (!entry.exists()) return Ttl{};
    const auto deadline = entry.deadline();
    if (!deadline) return Ttl{Ttl::State::persistent, Millis{0}};
    // Rounded up, so that a live entry shows 0 only at the very end.
    const auto left = std::chrono::ceil<Millis>(*deadline - node_.clock().now());
    return Ttl{Ttl::State::remaining, std::max(left, Millis::zero())};
  });
}

Result<std::int64_t> LocalDriver::answer(const AddInteger& op, const CallOptions&) {
  auto sum = node_.visit(kDatabase, op.key, Mode::write, [&](Entry& entry) -> Result<std::int64_t> {
    if (is_other_kind(entry)) return wrong_type();
    auto total = integer_sum(entry.exists() ? entry.value() : "0", op.delta);
    if (!total) return total;
    const auto done = entry.assign(std::to_string(*total), deadline_of_sum(entry, op.ttl_if_new));
    if (!done) return done.error();
    return total;
  });
  if (op.ttl_if_new) upkeep_.wake();
  return sum;
}

Result<double> LocalDriver::answer(const AddDouble& op, const CallOptions&) {
  auto sum = node_.visit(kDatabase, op.key, Mode::write, [&](Entry& entry) -> Result<double> {
    if (is_other_kind(entry)) return wrong_type();
    const auto total = double_sum(entry.exists() ? entry.value() : "0", op.delta);
    if (!total) return total.error();
    const auto done = entry.assign(*total, deadline_of_sum(entry, op.ttl_if_new));
    if (!done) return done.error();
    return to_double(*total);
  });
  if (op.ttl_if_new) upkeep_.wake();
  return sum;
}

Result<std::vector<std::optional<Bytes>>> LocalDriver::answer(const GetMany& op,
                                                              const CallOptions&) {
  Result<std::vector<std::optional<Bytes>>> values(op.keys.size());
  std::array<node::Found, node::Node::kGroupKeysMax> found;
  for (std::size_t first = 0; first < op.keys.size(); first += found.size()) {
    const std::size_t count = std::min(found.size(), op.keys.size() - first);
    node::Reader(node_).read_group(kDatabase, op.keys.subspan(first, count),
                                   std::span{*values}.subspan(first, count),
                                   std::span{found}.first(count));
  }
  return values;
}

Result<void> LocalDriver::answer(const SetMany& op, const CallOptions&) {
  Result<void> outcome;
  std::array<std::string_view, node::Node::kGroupKeysMax> keys;
  for (auto left = op.entries; !left.empty();) {
    const auto group = left.first(std::min(keys.size(), left.size()));
    std::transform(group.begin(), group.end(), keys.begin(), [](const auto& e) { return e.key; });
    node_.visit_many(kDatabase, {keys.data(), group.size()}, Mode::write,
                     [&](std::size_t i, Entry& entry) {
                       if (!outcome || !allows(op.options.condition, entry)) return;
                       outcome = write(entry, group[i].value, op.options);
                     });
    left = left.subspan(group.size());
  }
  after_write(op.options.ttl.has_value());
  return outcome;
}

Result<std::size_t> LocalDriver::answer(const EraseMany& op, const CallOptions&) {
  std::size_t erased = 0;
  node_.visit_many(kDatabase, op.keys, Mode::write,
                   [&](std::size_t, Entry& entry) { erased += entry.erase(); });
  return erased;
}

Result<ScanPage> LocalDriver::answer(const Scan& op, const CallOptions&) {
  ScanPage page;
  page.cursor = node_.scan(kDatabase, op.cursor, op.count, [&](const Entry& entry) {
    if (op.match.empty() || base::glob_match(op.match, entry.key())) {
      page.keys.emplace_back(entry.key());
    }
  });
  return page;
}

Result<std::size_t> LocalDriver::answer(const Size&, const CallOptions&) {
  return node_.size(kDatabase);
}

Result<void> LocalDriver::answer(const Flush&, const CallOptions&) {
  node_.flush(kDatabase);
  upkeep_.wake();
  return {};
}

Result<void> LocalDriver::answer(const Configure& op, const CallOptions&) {
  find_setting(op.name)->apply(node_, op.value);
  upkeep_.wake();  // A bound that was lowered is upkeep's work.
  return {};
}

}  // namespace larder::store
