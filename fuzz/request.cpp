// Any bytes from a client: read whole and in pieces they must mean the same, within bounds.
#include <vector>

#include "fuzz.hpp"
#include "resp/request_reader.hpp"

namespace {

using larder::fuzz::require;
using larder::resp::RequestLimits;
using larder::resp::RequestReader;
using Status = RequestReader::Status;

struct Outcome {
  std::vector<std::vector<std::string>> commands;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

/// Takes all commands there are; returns the bytes used up.
std::size_t take_all(RequestReader& reader, std::string_view input, Outcome& outcome) {
  std::size_t used = 0;
  while (outcome.error.empty()) {
    const Status status = reader.next(input.substr(used));
    used += reader.consumed();
    require(used <= input.size(), "no more is consumed than there is");
    if (status == Status::need_more) {
      require(reader.bytes_missing() > 0, "a reader that waits knows for what");
      break;
    }
    if (status == Status::error) {
      outcome.error = reader.error();
    } else {
      require(!reader.args().empty(), "a command has a name");
      outcome.commands.emplace_back(reader.args().begin(), reader.args().end());
    }
  }
  return used;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const RequestLimits limits = data[0] & 0x80 ? RequestLimits::before_auth() : RequestLimits{};
  Outcome whole, pieces;
  RequestReader one(limits), other(limits);
  take_all(one, bytes, whole);
  larder::fuzz::in_pieces(bytes, data[0],
                          [&](std::string_view buffer) { return take_all(other, buffer, pieces); });
  require(whole == pieces, "whole and in pieces a request reads the same");
  require(other.memory_bytes() < 64 * size + 4096,
          "memory grows with what arrived, not with what was promised");
  return 0;
}
