// When what was logged reaches the disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace larder::node {

enum class Fsync : std::uint8_t {
  always,    ///< Before the reply. One fsync serves all who wait for it.
  everysec,  ///< Once a second, beside the work.
  no,        ///< When the operating system likes.
};

constexpr std::string_view to_string(Fsync fsync) noexcept {
  switch (fsync) {
    case Fsync::always:
      return "always";
    case Fsync::everysec:
      return "everysec";
    case Fsync::no:
      break;
  }
  return "no";
}

constexpr std::optional<Fsync> fsync_from(std::string_view text) noexcept {
  for (const Fsync fsync : {Fsync::always, Fsync::everysec, Fsync::no}) {
    if (text == to_string(fsync)) return fsync;
  }
  return std::nullopt;
}

}  // namespace larder::node
