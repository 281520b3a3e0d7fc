// Any bytes from a server: read whole and in pieces they must mean the same, within bounds.
#include <vector>

#include "fuzz.hpp"
#include "resp/reply_reader.hpp"
#include "support/resp_text.hpp"

namespace {

using larder::fuzz::require;
using larder::resp::ReplyReader;
using Status = ReplyReader::Status;

struct Outcome {
  std::vector<std::string> replies;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

std::size_t take_all(ReplyReader& reader, std::string_view input, Outcome& outcome) {
  std::size_t used = 0;
  while (outcome.error.empty()) {
    const Status status = reader.next(input.substr(used));
    if (status == Status::need_more) {
      require(reader.bytes_missing() > 0, "a reader that waits knows for what");
      break;
    }
    if (status == Status::error) {
      outcome.error = reader.error();
      break;
    }
    require(reader.consumed() > 0, "a reply has bytes");
    used += reader.consumed();
    require(used <= input.size(), "no more is consumed than there is");
    outcome.replies.push_back(larder::test::text_of(reader.value()));
  }
  return used;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Outcome whole, pieces;
  ReplyReader one, other;
  take_all(one, bytes, whole);
  larder::fuzz::in_pieces(bytes, data[0],
                          [&](std::string_view buffer) { return take_all(other, buffer, pieces); });
  require(whole == pieces, "whole and in pieces a reply reads the same");
  require(other.memory_bytes() < 64 * size + 4096,
          "memory grows with what arrived, not with what was promised");
  return 0;
}
