// Bytes as text and back: addresses, hexadecimal, base64, quoted strings of zone files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::dns {

std::string hex_text(std::string_view bytes);  ///< Upper case, as zone files have it.
std::optional<std::string> hex_bytes(std::string_view text);
std::string base64_text(std::string_view bytes);

std::string ipv4_text(std::string_view bytes);
std::optional<std::string> ipv4_bytes(std::string_view text);
std::optional<std::string> ipv6_bytes(std::string_view text);

/// In double quotes, `"` and `\` escaped, what is not printable as `\DDD`.
std::string quoted_text(std::string_view bytes);
/// Words parted by blanks; one in double quotes may hold blanks, and escapes are undone. None: a quote that does not end.
std::optional<std::vector<std::string>> zone_words(std::string_view text);

}  // namespace larder::dns
