#include "lab/policy_cell.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "engine/table.hpp"

namespace larder::lab {
namespace {

constexpr std::uint64_t kUpkeepASecond = 10;
constexpr std::size_t kUpkeepSlots = 1'000;  // As Node::sweep.
constexpr std::uint64_t kNanosASecond = 1'000'000'000;

class Cell {
 public:
  Cell(const ValuePattern& values, const CellOptions& options)
      : values_(values),
        options_(options),
        budget_(options.capacity),
        table_({.databases = 1,
                .eviction = options.policy,
                .hash_key = {options.seed, ~options.seed},
                .seed = options.seed,
                .charge = options.by == By::count ? engine::Charge::entries : engine::Charge::data},
               budget_, clock_) {}

  void request(const NumberedTrace::Item& item) {
    const ShortKey key(item.key);
    const std::uint64_t hash = table_.hash_of(key.view());
    ++result_.requests;
    result_.bytes += item.bytes;
    if (table_.visit(0, key.view(), hash, engine::Mode::read).exists()) {
      ++result_.hits;
      result_.bytes_hit += item.bytes;
      return;
    }
    const auto value = options_.by == By::count ? std::string_view{}
                                                : values_.value(item.key, item.bytes - key.size());
    const auto deadline =
        !options_.ttl || item.ttl_s == 0
            ? engine::Deadline::none()
            : engine::Deadline::at(clock_.now() + std::chrono::seconds(item.ttl_s));
    auto entry = table_.visit(0, key.view(), hash, engine::Mode::write);
    if (!entry.assign(value, deadline)) ++result_.refused;
  }

  /// To where request `n` comes.
  void advance_to(std::uint64_t n) {
    // In two parts: a long trace at one request a second must not overflow.
    const std::uint64_t rate = options_.requests_per_second;
    const auto at =
        static_cast<std::int64_t>(n / rate * kNanosASecond + n % rate * kNanosASecond / rate);
    clock_.advance(base::Nanos{at - at_ns_});
    at_ns_ = at;
  }

  void upkeep() {
    std::size_t slots = kUpkeepSlots;
    table_.sweep(slots);
  }

  CellResult result() const {
    CellResult result = result_;
    result.evicted = table_.stats().evicted.get();
    result.expired = table_.stats().expired.get();
    return result;
  }

 private:
  const ValuePattern& values_;
  const CellOptions options_;
  base::ManualClock clock_;
  std::int64_t at_ns_ = 0;
  engine::Budget budget_;
  engine::Table table_;
  CellResult result_;
};

}  // namespace

CellResult play_cell(const NumberedTrace& trace, const ValuePattern& values,
                     const CellOptions& options, const CellProgress& progress) {
  Cell cell(values, options);
  const std::uint64_t upkeep_every =
      std::max<std::uint64_t>(options.requests_per_second / kUpkeepASecond, 1);
  constexpr std::uint64_t kProgressEvery = 16'384;
  std::uint64_t n = 0;
  std::uint64_t told = 0;
  for (const NumberedTrace::Item& item : trace.items) {
    cell.advance_to(n);
    cell.request(item);
    ++n;
    if (n % upkeep_every == 0) cell.upkeep();
    if (progress && n - told == kProgressEvery) {
      progress(n - told);
      told = n;
    }
  }
  if (progress) progress(n - told);
  return cell.result();
}

}  // namespace larder::lab
