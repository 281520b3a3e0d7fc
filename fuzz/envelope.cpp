// Any bytes as a stored value: opened or refused; what is put into an envelope comes out as it was.
#include "codec/envelope.hpp"

#include <larder/codec.hpp>

#include "base/hash.hpp"
#include "fuzz.hpp"

namespace {

using larder::fuzz::require;
namespace codec = larder::codec;

void open(std::string_view stored) {
  const auto opened = codec::open_envelope(stored);
  if (!opened) return;
  require(opened->payload.size() <= stored.size(), "the payload is a part of what was stored");
  std::string again;
  codec::append_envelope(again, opened->facts, opened->payload);
  const auto reopened = codec::open_envelope(again);
  require(reopened && reopened->facts == opened->facts && reopened->payload == opened->payload,
          "an envelope keeps what it is given");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  open(bytes);
  // Behind a checksum that fits, or the fuzzer would never get past it.
  std::string forged =
      "\xCA"
      "LDR";
  const std::uint32_t crc = larder::base::crc32c(bytes);
  for (int i = 0; i < 4; ++i) forged.push_back(static_cast<char>(crc >> (8 * i)));
  open(forged.append(bytes));

  std::string stored;
  require(bool(larder::Codec<larder::Bytes>::encode(larder::Bytes(bytes), stored)),
          "Bytes can always be written");
  const auto back = larder::Codec<larder::Bytes>::decode(stored);
  require(back && *back == bytes, "Bytes come back as they were");
  return 0;
}
