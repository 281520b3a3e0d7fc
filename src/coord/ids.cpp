// Ids: blocks of numbers, of which one at a time is fetched, by whoever finds the last one used up.
#include <larder/ids.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace larder {
namespace {

namespace asio = boost::asio;

// A block of a counter is what one addition of its size has made room for. One of the time is a token, which no other
// call ever gets, with ten bits behind it: token * 1024 + 0, 1, …; tokens stay below 2^53.
constexpr std::uint64_t kOfOneToken = 1'024;

/// A coroutine that waits for somebody else's block.
struct Turn {
  virtual ~Turn() = default;
  virtual void come() = 0;
};

template <class Handler>
class TurnOf final : public Turn {
 public:
  explicit TurnOf(Handler handler)
      : executor_(asio::prefer(asio::get_associated_executor(handler),
                               asio::execution::outstanding_work.tracked)),
        handler_(std::move(handler)) {}
  void come() override { asio::post(std::exchange(executor_, {}), std::move(handler_)); }

 private:
  asio::any_io_executor executor_;
  Handler handler_;
};

Error bad_block(std::string_view name, std::uint64_t block, std::uint64_t most) {
  return {Errc::bad_argument, Effect::not_sent,
          "ids " + base::quoted(name, 64) + ": a block of " + std::to_string(block) +
              "; it must be 1 to " + std::to_string(most)};
}

}  // namespace

// Who waits for a block that somebody else fetches waits no longer than he may, and where that one finds the store away
// he is told so too: would each try for himself, one after the other, the last would wait for as many timeouts.
struct Ids::Block {
  /// What a caller finds: a number, leave to fetch the next block, or somebody else who does.
  enum class Found : std::uint8_t { number, leave, busy };
  Found look(std::uint64_t& number, std::uint64_t& ended) {
    const std::lock_guard guard{mutex};
    ended = fetches;
    return look_held(number);
  }
  Found look_held(std::uint64_t& number) {
    if (left > 0) {
      --left;
      number = next++;
      return Found::number;
    }
    return std::exchange(filling, true) ? Found::busy : Found::leave;
  }
  /// A number, or leave to fetch the next block.
  Result<Found> look_or_wait(std::uint64_t& number, const CallOptions& call) {
    std::unique_lock lock{mutex};
    Found found = look_held(number);
    if (found != Found::busy) return found;
    const std::stop_token stop = call.stop ? *call.stop : std::stop_token();
    const bool bounded = call.deadline > Millis{0};
    const auto& clock = base::SystemClock::instance();
    const auto until = clock.now() + std::min(call.deadline, kLongest);
    for (; found == Found::busy; found = look_held(number)) {
      const auto over = [&, before = fetches] { return fetches != before; };
      const bool ended = bounded ? filled.wait_for(lock, stop, until - clock.now(), over)
                                 : filled.wait(lock, stop, over);
      if (!ended) return waited(stop.stop_requested() ? Errc::cancelled : Errc::timeout);
      if (failure) return *failure;
    }
    return found;
  }
  /// The end of a fetch. `count` 0: there was no block to be had.
  void fill(std::uint64_t first, std::uint64_t count, std::optional<Error> why) {
    std::vector<std::unique_ptr<Turn>> turns;
    {
      const std::lock_guard guard{mutex};
      next = first;
      left = count;
      filling = false;
      ++fetches;
      failure = std::move(why);
      turns.swap(waiting);
    }
    filled.notify_all();
    for (const auto& turn : turns) turn->come();
  }

  /// Of the fetch after `before`; none where it brought a block, or has not ended.
  std::optional<Error> failure_after(std::uint64_t before) {
    const std::lock_guard guard{mutex};
    return fetches == before + 1 ? failure : std::nullopt;
  }
  static Error waited(Errc why) {
    return {why, Effect::not_sent, "ids: waited for a block that another call fetches"};
  }

  static constexpr Millis kLongest = std::chrono::days{366};

  std::mutex mutex;
  // Guarded by mutex:
  std::condition_variable_any filled;
  std::uint64_t next = 0;
  std::uint64_t left = 0;
  bool filling = false;
  std::uint64_t fetches = 0;     ///< That have ended.
  std::optional<Error> failure;  ///< Of the last of them, where others would find the same.
  std::vector<std::unique_ptr<Turn>> waiting;
};

/// Leave to fetch a block. Whatever becomes of the one who has it, the others go on.
class Ids::Leave {
 public:
  explicit Leave(Block& block) noexcept : block_(block) {}
  ~Leave() { block_.fill(first_, count_, std::move(failure_)); }
  Leave(const Leave&) = delete;
  Leave& operator=(const Leave&) = delete;
  void found(std::uint64_t first, std::uint64_t count) noexcept { first_ = first, count_ = count; }
  /// What is this call's alone, its own time or somebody who stopped it, is no news to others.
  void failed(const Error& error, const CallOptions& call) {
    if (error.code == Errc::cancelled) return;
    if (error.code != Errc::timeout || call.deadline == Millis{0}) failure_ = error;
  }

 private:
  Block& block_;
  std::uint64_t first_ = 0, count_ = 0;
  std::optional<Error> failure_;
};

Ids::Ids(Store store, std::string name, const IdOptions& options)
    : store_(std::move(store)),
      name_(std::move(name)),
      options_(options),
      block_(std::make_shared<Block>()) {}

std::optional<Error> Ids::problem() const {
  const std::uint64_t most = options_.from_time ? kOfOneToken : 1'000'000;
  if (options_.block >= 1 && options_.block <= most) return std::nullopt;
  return bad_block(name_, options_.block, most);
}

// The first number is the caller's.
Result<std::uint64_t> Ids::of_token(Leave& leave, const Result<std::uint64_t>& token) const {
  if (!token) return token.error();
  const std::uint64_t first = *token * kOfOneToken;
  leave.found(first + 1, options_.block - 1);
  return first;
}

Result<std::uint64_t> Ids::of_sum(Leave& leave, const Result<std::int64_t>& sum) const {
  if (!sum) return sum.error();
  if (*sum < std::int64_t{options_.block})
    return Error{Errc::not_a_number, Effect::maybe_executed,
                 base::quoted(name_, 64) + " held a number below 0, which is no counter of ids"};
  const std::uint64_t first = static_cast<std::uint64_t>(*sum) - options_.block + 1;
  leave.found(first + 1, options_.block - 1);
  return first;
}

Result<std::uint64_t> Ids::next(const CallOptions& call) const {
  if (auto bad = problem()) return *std::move(bad);
  std::uint64_t number = 0;
  const auto found = block_->look_or_wait(number, call);
  if (!found) return found.error();
  if (*found == Block::Found::number) return number;
  Leave leave(*block_);
  auto first = options_.from_time
                   ? of_token(leave, store_.bump_generation(name_, call))
                   : of_sum(leave, store_.add(name_, std::int64_t{options_.block}, {}, call));
  if (!first) leave.failed(first.error(), call);
  return first;
}

Task<Result<std::uint64_t>> Ids::async_next(CallOptions call) const { return take(*this, call); }

Task<Result<std::uint64_t>> Ids::take(Ids ids, CallOptions call) {
  if (auto bad = ids.problem()) co_return *std::move(bad);
  Block& block = *ids.block_;
  std::uint64_t number = 0, fetches = 0;
  for (;;) {
    const auto found = block.look(number, fetches);
    if (found == Block::Found::number) co_return number;
    if (found == Block::Found::leave) break;
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
        [&block](auto handler) {
          auto turn = std::make_unique<TurnOf<decltype(handler)>>(std::move(handler));
          std::unique_lock lock{block.mutex};
          if (block.filling) return block.waiting.push_back(std::move(turn));
          lock.unlock();
          turn->come();
        },
        asio::use_awaitable);
    if (auto failure = block.failure_after(fetches)) co_return *std::move(failure);
  }
  Leave leave(block);
  std::optional<Result<std::uint64_t>> first;
  if (ids.options_.from_time)
    first = ids.of_token(leave, co_await ids.store_.async_bump_generation(ids.name_, call));
  else
    first = ids.of_sum(leave, co_await ids.store_.async_add(
                                  ids.name_, std::int64_t{ids.options_.block}, {}, call));
  if (!*first) leave.failed(first->error(), call);
  co_return *std::move(first);
}

}  // namespace larder
