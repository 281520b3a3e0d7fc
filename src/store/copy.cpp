// A page of keys, their values in one request, and then each key on its own, all at once: the times to live are read and
// the entries written as coroutines, whose requests share a few writes.
#include <larder/copy.hpp>
#include <larder/keys.hpp>

#include <algorithm>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "base/side_key.hpp"

namespace larder {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kPageKeys = 256;

enum class Fate : std::uint8_t { copied, there, gone, other_kind };

struct Entry {
  std::string key;
  std::optional<Bytes> value;
  Fate fate = Fate::gone;
  std::optional<Error> failure;
};

/// What all coroutines of a copy have in common; outlives them.
struct Stores {
  const Store& from;
  const Store& to;
  SetIf condition;
  CallOptions call;
};

Task<void> move_entry(const Stores& stores, Entry& entry) {
  const auto ttl = co_await stores.from.async_ttl(entry.key, stores.call);
  if (!ttl) {
    entry.failure = ttl.error();
    co_return;
  }
  if (ttl->state == Ttl::State::missing) co_return;
  if (!entry.value) {
    entry.fate = Fate::other_kind;
    co_return;
  }
  SetOptions options{.condition = stores.condition};
  if (ttl->state == Ttl::State::remaining) options.ttl = std::max(ttl->left, Millis{1});
  const auto written = co_await stores.to.async_set(entry.key, *entry.value, options, stores.call);
  if (!written) {
    entry.failure = written.error();
    co_return;
  }
  entry.fate = *written ? Fate::copied : Fate::there;
}

bool is_lease(std::string_view key) { return base::is_side_key_of(key, base::kLeaseTag); }

class Copier {
 public:
  Copier(const Stores& stores, const CopyOptions& options) : stores_(stores), options_(options) {}

  Result<CopyCounts> run() {
    Keys keys(stores_.from, {.match = options_.match, .count = kPageKeys}, true);
    for (;;) {
      auto page = keys.next_page(stores_.call);
      if (!page) return page.error();
      if (page->empty()) return counts_;
      std::erase_if(*page, is_lease);
      if (page->empty()) continue;
      if (auto moved = move_page(std::move(*page)); !moved) return moved.error();
      if (options_.progress && !options_.progress(counts_)) {
        return Error{
            Errc::cancelled, Effect::maybe_executed,
            "the copy was broken off after " + std::to_string(counts_.copied) + " entries"};
      }
    }
  }

 private:
  Result<void> move_page(std::vector<std::string> keys) {
    auto values = stores_.from.get_many(keys, stores_.call);
    if (!values) return values.error();
    std::vector<Entry> entries(keys.size());
    context_.restart();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      entries[i].key = std::move(keys[i]);
      entries[i].value = std::move((*values)[i]);
      asio::co_spawn(context_, move_entry(stores_, entries[i]), asio::detached);
    }
    context_.run();
    for (const Entry& entry : entries) {
      if (entry.failure) return *entry.failure;
      count(entry.fate);
    }
    return {};
  }

  void count(Fate fate) {
    ++counts_.seen;
    if (fate == Fate::copied) ++counts_.copied;
    if (fate == Fate::there) ++counts_.there;
    if (fate == Fate::gone) ++counts_.gone;
    if (fate == Fate::other_kind) ++counts_.other_kinds;
  }

  const Stores& stores_;
  const CopyOptions& options_;
  asio::io_context context_{1};
  CopyCounts counts_;
};

}  // namespace

Result<CopyCounts> copy(const Store& from, const Store& to, const CopyOptions& options) {
  const Stores stores{
      from, to, options.replace ? SetIf::always : SetIf::absent, {options.deadline}};
  return Copier(stores, options).run();
}

}  // namespace larder
