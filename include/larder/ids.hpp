// Ids: numbers that no two callers get, however many processes ask.
#pragma once

#include <larder/store.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace larder {

struct IdOptions {
  /// How many a handle takes from the store at once, 1 to 1,000,000 (1,024 with `from_time`). What is left of them when the
  /// process ends is never used.
  std::uint32_t block = 100;
  /// False: 1, 2, 3 and on, dense up to lost blocks, and as safe as the store: what forgets the counter begins anew.
  /// True: 63-bit numbers that begin with the store's time, greater than all before even where the store has forgotten
  /// everything, as long as its clock was not set back. Above 2^53: no number for JavaScript.
  bool from_time = false;
};

/// Unique numbers by name. Copies share one block; another handle, or process, has blocks of its own: a handle's numbers
/// grow, those of two handles are in no order.
///
/// Errors   Those of the Store. After any of them ask again: a block may be lost, no number is given twice.
///          `overflow` when all 2^63 are gone. `bad_argument`: an empty name, a block out of range.
/// Threads  Safe from any thread.
/// Cost     A round trip for each block. Callers that find it used up wait for the one that fetches the next, no longer than
///          their own deadline says (coroutines: than his); where he finds the store away, they are told so with him.
class Ids {
 public:
  Ids(Store store, std::string name, const IdOptions& options = {});

  Result<std::uint64_t> next(const CallOptions& call = {}) const;
  /// The same as a coroutine, which resumes on the caller's executor.
  Task<Result<std::uint64_t>> async_next(CallOptions call = {}) const;

 private:
  struct Block;
  class Leave;
  std::optional<Error> problem() const;
  Result<std::uint64_t> of_token(Leave& leave, const Result<std::uint64_t>& token) const;
  Result<std::uint64_t> of_sum(Leave& leave, const Result<std::int64_t>& sum) const;
  static Task<Result<std::uint64_t>> take(Ids ids, CallOptions call);

  Store store_;
  std::string name_;
  IdOptions options_;
  std::shared_ptr<Block> block_;
};

}  // namespace larder
