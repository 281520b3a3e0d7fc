// Incremental reader of requests, for a server: bytes in, commands out as views into those bytes.
// Knows nothing about sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"

namespace larder::resp {

/// What one client may ask for.
struct RequestLimits {
  std::size_t args_max = base::limits::kRequestArgsMax;
  std::size_t bulk_bytes_max = base::limits::kBulkBytesMax;
  std::size_t request_bytes_max = base::limits::kRequestBytesMax;
  bool authenticated = true;  ///< Changes the words of a refusal, as in Redis.

  /// For a client that has yet to say who it is.
  static constexpr RequestLimits before_auth() {
    return {base::limits::kPreAuthArgsMax, base::limits::kPreAuthBulkBytesMax,
            base::limits::kPreAuthArgsMax * (base::limits::kPreAuthBulkBytesMax + 32), false};
  }
};

/// Reads arrays of bulk strings and inline commands.
///
///     while (reader.next(input.view()) == RequestReader::Status::command) {
///       run(reader.args());
///       input.consume(reader.consumed());
///     }
///     input.consume(reader.consumed());   // Empty lines may have been skipped.
///
/// Lifetime  args() are views into the last input (or into the reader, for inline commands) until
/// the next call. Cost      No allocation per command, no byte looked at twice however the input is
/// split; about 20 ns for a GET.
class RequestReader {
 public:
  enum class Status : std::uint8_t {
    need_more,  ///< Append to the input and call again; what was not consumed must still be there.
    command,    ///< args() is a command; it ends at consumed().
    error,      ///< error() says why. The connection can't be read any further.
  };

  explicit RequestReader(const RequestLimits& limits = {}) noexcept { set_limits(limits); }

  /// `input` begins where the last call's consumed() ended. It may have moved in memory.
  Status next(std::string_view input);

  std::span<const std::string_view> args() const noexcept { return args_; }
  /// Bytes that the owner drops from the front of the input, whatever the status was.
  std::size_t consumed() const noexcept { return consumed_; }
  /// After need_more: bytes still missing that are known of, at least 1. For a bulk it is exact:
  /// read that much, in portions.
  std::size_t bytes_missing() const noexcept { return missing_; }
  /// In Redis' words, without the code: "Protocol error: invalid bulk length".
  const std::string& error() const noexcept { return error_; }
  /// True between the first byte of a request and its last.
  bool in_request() const noexcept { return in_request_; }

  void set_limits(const RequestLimits& limits) noexcept {
    limits_ = limits;
    shorts_fit_ = limits.args_max >= kShortArgsMax && limits.bulk_bytes_max >= kShortBulkBytesMax &&
                  limits.request_bytes_max >= kShortArgsMax * (kShortBulkBytesMax + 32);
  }
  /// Forgets a half-read request and any error: the next input begins at the start of some request again.
  void restart() noexcept;
  /// Memory held beside the input; a large command leaves its room behind for the next.
  std::size_t memory_bytes() const noexcept {
    return args_.capacity() * sizeof(std::string_view) + inline_text_.capacity();
  }
  /// Gives it back. Ends the lifetime of args(). Not while in_request().
  void release();

 private:
  enum class Part : std::uint8_t { start, args, line };

  // What is read in one go: one digit of arguments, each of at most three digits of bytes.
  static constexpr std::size_t kShortArgsMax = 9;
  static constexpr std::size_t kShortBulkBytesMax = 999;

  bool read_short(std::string_view input);
  Status read_in_parts(std::string_view input);
  Status read_one(std::string_view input);
  Status read_args(std::string_view input);
  Status read_inline(std::string_view input);
  Status pause(std::size_t at, std::size_t missing) noexcept;
  Status finish(std::size_t at) noexcept;
  Status fail(std::string_view why);
  void rebase(const char* base) noexcept;

  static constexpr std::size_t kNoBulk = static_cast<std::size_t>(-1);

  std::vector<std::string_view> args_;
  const char* base_ = nullptr;  // Where the request stood in memory when args_ was filled.
  std::size_t at_ = 0;          // Bytes of the request that need no second look.
  std::size_t args_missing_ = 0;
  std::size_t bulk_bytes_ = kNoBulk;  // Of the argument whose length line was read.
  std::size_t consumed_ = 0;
  std::size_t missing_ = 0;
  Part part_ = Part::start;
  bool in_request_ = false;
  bool shorts_fit_ = false;  // The limits allow all that read_short() takes.
  RequestLimits limits_;
  std::string inline_text_;  // Unquoted arguments of an inline command.
  std::string error_;
};

}  // namespace larder::resp
