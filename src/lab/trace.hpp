// Request traces: where a replay's requests come from, recorded or made up.
//
// trace   := line*                       ; plain text, or the same as one or more zstd frames
// line    := request | comment | blank
// request := key SP size [SP ttl]        ; SP is one or more spaces or tabs
// key     := any run of other bytes      ; a number below 10^12 becomes "k:" and twelve digits
// size    := decimal                     ; bytes of key and value together
// ttl     := decimal                     ; seconds; 0 is none
// comment := "#" any
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/distribution.hpp"
#include "lab/size_range.hpp"

namespace larder::lab {

/// One request of a trace. `key` is a view into its source, good until the next request.
struct Request {
  std::string_view key;
  std::uint32_t size = 0;   ///< Bytes of key and value together.
  std::uint32_t ttl_s = 0;  ///< 0: none.
};

/// Requests, one after the other.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  /// False: there are no more. Errors: `bad_argument` names the place, "trace.txt:17: …"; `io`.
  virtual Result<bool> next(Request& request) = 0;
  /// How much of it is behind us, 0 to 1; none if nobody knows.
  virtual std::optional<double> progress() const = 0;
};

/// Bytes, one run after the other: a file, a pipe, a test's string.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills some of `into`, at least one byte; 0 only at the end.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
  virtual std::optional<double> progress() const { return std::nullopt; }
};

/// Unpacks zstd if `packed` begins with its magic number, whatever the file's name; hands other
/// bytes through. Errors: `unsupported` if this build has no zstd; later, from read():
/// `bad_argument` for damaged data. Cost: zstd's window, at most 128 MiB (frames made with --ultra
/// --long=28 and more are refused).
Result<std::unique_ptr<ByteSource>> unpacked(std::unique_ptr<ByteSource> packed, std::string name);

/// Opens a file, plain or zstd, or standard input for `-`. Errors: `io` names the file and the reason; those of unpacked().
Result<std::unique_ptr<ByteSource>> open_bytes(const std::string& path);

/// Reads a trace line by line in bounded memory.
class TraceReader final : public RequestSource {
 public:
  static constexpr std::size_t kLineBytesMax = 64 * 1024;
  static constexpr std::uint32_t kSizeMax = 512 * 1024 * 1024;  ///< As Redis' own bound of a value.

  /// `name` stands in error messages.
  TraceReader(std::unique_ptr<ByteSource> bytes, std::string name);
  /// Opens a file, or standard input for `-`. Errors: `io` names the file and the reason.
  static Result<std::unique_ptr<TraceReader>> open(const std::string& path);

  Result<bool> next(Request& request) override;
  std::optional<double> progress() const override { return bytes_->progress(); }

 private:
  Result<std::optional<std::string_view>> line();
  Error complain(std::string_view expected, std::string_view found) const;
  std::optional<Error> parse(std::string_view text, Request& request);

  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< Of what was read and not yet handed out.
  std::size_t end_ = 0;
  std::size_t scanned_ = 0;  ///< No line ends before here.
  bool at_end_ = false;
  std::uint64_t line_ = 0;
  char numbered_key_[14];
};

/// A made-up trace: the same seed gives the same requests, on every machine.
struct GenerateOptions {
  Distribution distribution;
  std::uint64_t keys = 100'000;
  std::uint64_t requests = 1'000'000;
  std::uint64_t seed = 7;
  SizeRange size{64, 64};
};

class GeneratedTrace final : public RequestSource {
 public:
  explicit GeneratedTrace(const GenerateOptions& options);
  Result<bool> next(Request& request) override;
  std::optional<double> progress() const override;

 private:
  GenerateOptions options_;
  KeyPicker picker_;
  std::uint64_t done_ = 0;
  char key_[14];
};

}  // namespace larder::lab
