// Incremental reader of replies, for a client: RESP2 and RESP3 bytes in, one Value at a time out.
// Knows nothing about sockets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "resp/reply.hpp"

namespace larder::resp {

/// What one reply may hold. Depth is fixed: limits::kReplyDepthMax.
struct ReplyLimits {
  std::size_t bytes_max = base::limits::kReplyBytesMax;
  std::size_t nodes_max = base::limits::kReplyNodesMax;
};

/// Reads every type of both protocols. Attributes are read and dropped: nothing in Larder asks for
/// them. Streamed strings and aggregates (`$?`, `*?`) are refused, no server sends them.
///
///     while (reader.next(input.view()) == ReplyReader::Status::reply) {
///       answer(reader.value());
///       input.consume(reader.consumed());
///     }
///
/// Lifetime  value() holds views into the last input until the next call.
/// Cost      No allocation once its vector has grown; no byte looked at twice however the input is
/// split.
class ReplyReader {
 public:
  enum class Status : std::uint8_t {
    need_more,  ///< Append to the input and call again.
    reply,      ///< value() is a reply (or a push); it ends at consumed().
    error,      ///< error() says why. The connection can't be read any further.
  };

  explicit ReplyReader(const ReplyLimits& limits = {}) noexcept : limits_(limits) {}

  /// `input` begins where the last reply ended. It may have moved in memory.
  Status next(std::string_view input);

  Value value() const noexcept { return Value(nodes_.data()); }
  /// Bytes that the owner drops from the front of the input; 0 unless there is a reply.
  std::size_t consumed() const noexcept { return consumed_; }
  /// After need_more: bytes known to be missing, at least 1; exact for a bulk.
  std::size_t bytes_missing() const noexcept { return missing_; }
  /// "Protocol error: ..."
  const std::string& error() const noexcept { return error_; }
  /// True between the first byte of a reply and its last.
  bool in_reply() const noexcept { return in_reply_; }
  /// Forgets a half-read reply: the connection is a new one.
  void reset() noexcept;
  std::size_t memory_bytes() const noexcept { return nodes_.capacity() * sizeof(Node); }

 private:
  /// An aggregate whose children are still coming.
  struct Frame {
    std::uint32_t node;
    std::uint64_t missing;
    bool attribute;
  };
  enum class Step : std::uint8_t { element, incomplete, bad };

  Step read_element(std::string_view input);
  Step read_line(std::string_view input, char tag);
  Step read_counted(std::string_view input, char tag);
  Step read_blob(std::string_view input);
  Step add_line(char tag, std::string_view text);
  Step open(char tag, std::uint64_t count);
  Step add(const Node& node);
  Step incomplete(std::size_t missing) noexcept;
  Step fail(std::string_view why);
  void close_finished() noexcept;
  void rebase(const char* base) noexcept;

  static constexpr std::size_t kNoBlob = static_cast<std::size_t>(-1);

  std::vector<Node> nodes_;
  std::array<Frame, base::limits::kReplyDepthMax> frames_;
  std::size_t depth_ = 0;
  const char* base_ = nullptr;
  std::size_t at_ = 0;       // Where the next element begins.
  std::size_t scanned_ = 0;  // Of its line, how far no CR was found.
  std::size_t blob_bytes_ = kNoBlob;
  char blob_tag_ = 0;
  bool in_reply_ = false;
  std::size_t consumed_ = 0;
  std::size_t missing_ = 0;
  ReplyLimits limits_;
  std::string error_;
};

}  // namespace larder::resp
