// Domain names: what people write and what the wire carries.
//
// Inside the room a name is its wire form without compression: labels with their lengths before them, the root's zero at the
// end. "www.example.com" is 3 w w w 7 e x a m p l e 3 c o m 0.
#pragma once

#include <larder/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace larder::dns {

/// RFC 1035, 2.3.4. 255 bytes on the wire are 253 characters of text, the final dot left out.
inline constexpr std::size_t kNameBytesMax = 255;
inline constexpr std::size_t kLabelBytesMax = 63;

/// Reads "www.Example.com", with or without the final dot; "." is the root. `\.`, `\\` and `\032` are single bytes.
/// Errors: `bad_argument` names the text and what is wrong with it.
Result<std::string> name_from_text(std::string_view text);

/// Always with the final dot. Dots inside labels, quotes, and what is no printable ASCII come back escaped.
std::string name_to_text(std::string_view wire);

/// The wire form in lower case, as keys have it. Length bytes are below 'A', so that every byte may be lowered.
std::string lowered(std::string_view wire);
void lower_in_place(char* bytes, std::size_t size) noexcept;

/// Equal but for the case of ASCII letters (RFC 4343).
bool same_name(std::string_view a, std::string_view b) noexcept;

/// True for the zone's own name too. Both in wire form.
bool is_within(std::string_view name, std::string_view zone) noexcept;

/// The name without its first label. The root's parent is the root.
std::string_view parent_of(std::string_view wire) noexcept;

}  // namespace larder::dns
