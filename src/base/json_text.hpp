// Writing JSON strings: for the codec, the log, and every --json report. No parser here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace larder::base {

/// Bytes from the start of `text` that are well-formed UTF-8 (RFC 3629: no surrogates, no overlong
/// forms).
std::size_t utf8_prefix(std::string_view text) noexcept;
inline bool is_utf8(std::string_view text) noexcept { return utf8_prefix(text) == text.size(); }

/// Appends `text` as a quoted JSON string, non-ASCII as it is. False, and `out` unchanged, if it is
/// not UTF-8.
bool append_json_string(std::string& out, std::string_view text);
/// The same for people: bytes that are not UTF-8 become U+FFFD.
void append_json_string_lossy(std::string& out, std::string_view text);

}  // namespace larder::base
