// Side keys: the names under which Larder remembers something about an entry. docs/formats/keys.md has the grammar.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace larder::base {

inline constexpr char kLeaseTag = 'l';       ///< Lease of a fill.
inline constexpr char kFenceTag = 'f';       ///< Highest fencing token seen.
inline constexpr char kGenerationTag = 'g';  ///< Generation of a tag.
inline constexpr char kReleasedTag =
    'w';  ///< No key: the channel that tells who waits of releases.
inline constexpr char kOnceTag =
    'o';  ///< An addition that was made; behind it ":" and what names it.

/// How much longer than its name a side key is, at most.
inline constexpr std::size_t kSideKeyBytes = 11;

/// `{name}~tag`; `name~tag` where the name has a hash tag of its own; `{number}name~btag` where it has none but a `}`, so
/// that it cannot stand in braces: the same slot of a Redis Cluster in each case.
/// Cost: of the last kind, two milliseconds and 64 KiB once in a process.
std::string side_key(std::string_view name, char tag);

/// The same without memory of its own, unless it is long.
class SideKey {
 public:
  SideKey(std::string_view name, char tag);
  SideKey(const SideKey&) = delete;
  SideKey& operator=(const SideKey&) = delete;
  std::string_view view() const noexcept { return view_; }

 private:
  alignas(16) char short_[128];
  std::string long_;
  std::string_view view_;
};

/// Is it one that side_key() made, or begins with one that remembers an addition? For tools that list keys.
bool is_side_key(std::string_view key) noexcept;
/// The same, of a tag without anything behind it.
bool is_side_key_of(std::string_view key, char tag) noexcept;

}  // namespace larder::base
