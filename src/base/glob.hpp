// Glob patterns as KEYS and SCAN MATCH know them.
#pragma once

#include <string_view>

namespace larder::base {

/// Does all of `text` match `pattern`? `*` any run, `?` any byte, `[a-z]` `[^x]` classes, `\` takes
/// the next literally.
///
/// Cost     At most length of pattern times length of text; no recursion, so a pattern of stars
/// cannot blow up. Source   Agrees with Redis' stringmatchlen in every corner: an unclosed class
/// ends with the pattern, `[b-a]` is `[a-b]`,
///          `[]` matches nothing and `[^]` any byte.
bool glob_match(std::string_view pattern, std::string_view text) noexcept;

}  // namespace larder::base
