#include <larder/ids.hpp>

#include <mutex>
#include <utility>

#include "base/text.hpp"

namespace larder {

// A block of a counter is what one addition of its size has made room for. One of the time is a token, which no other
// call ever gets, with ten bits behind it: token * 1024 + 0, 1, …; tokens stay below 2^53.
constexpr std::uint64_t kOfOneToken = 1'024;

struct Ids::Block {
  std::mutex mutex;
  // Guarded by mutex:
  std::uint64_t next = 0;
  std::uint64_t left = 0;
};

Ids::Ids(Store store, std::string name, const IdOptions& options)
    : store_(std::move(store)),
      name_(std::move(name)),
      options_(options),
      block_(std::make_shared<Block>()) {}

Result<std::uint64_t> Ids::next(const CallOptions& call) const {
  const std::lock_guard guard{block_->mutex};
  if (block_->left == 0) {
    if (auto filled = refill(*block_, call); !filled) return filled.error();
  }
  --block_->left;
  return block_->next++;
}

Result<void> Ids::refill(Block& block, const CallOptions& call) const {
  const std::uint64_t most = options_.from_time ? kOfOneToken : 1'000'000;
  if (options_.block < 1 || options_.block > most) {
    return Error{Errc::bad_argument, Effect::not_sent,
                 "ids " + base::quoted(name_, 64) + ": a block of " +
                     std::to_string(options_.block) + "; it must be 1 to " + std::to_string(most)};
  }
  if (options_.from_time) {
    const auto token = store_.bump_generation(name_, call);
    if (!token) return token.error();
    block.next = *token * kOfOneToken;
  } else {
    const auto last = store_.add(name_, std::int64_t{options_.block}, std::nullopt, call);
    if (!last) return last.error();
    if (*last < std::int64_t{options_.block})
      return Error{Errc::not_a_number, Effect::maybe_executed,
                   base::quoted(name_, 64) + " held a number below 0, which is no counter of ids"};
    block.next = static_cast<std::uint64_t>(*last) - options_.block + 1;
  }
  block.left = options_.block;
  return {};
}

}  // namespace larder
