// Which rdata holds names, and where: the only rdata that a message may compress, and that must be read with the whole message at hand.
#pragma once

#include <cstddef>
#include <cstdint>

namespace larder::dns {

/// `before` plain bytes, then `names` names, then the rest as it is.
struct RdataShape {
  std::size_t before = 0;
  std::size_t names = 0;
  bool compress = false;  ///< On writing; only the types of RFC 1035 (RFC 3597, 4).
};

RdataShape rdata_shape(std::uint16_t type) noexcept;

}  // namespace larder::dns
