// Redirect: the error replies that are no answer but say where, or when, to ask again. After each of them nothing was
// executed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::redis {

struct Redirect {
  enum class Kind : std::uint8_t {
    moved,         ///< The slot lives at `host`:`port` from now on.
    ask,           ///< This once, at `host`:`port`, with ASKING before it.
    try_again,     ///< Keys of one command are on both sides of a migration.
    cluster_down,  ///< No majority, or nobody has the slot.
    loading,       ///< The server reads its data from disk.
    read_only,     ///< A replica was asked to write: there is another primary.
    primary_down,  ///< A replica that has lost its primary.
  };
  Kind kind{};
  std::uint32_t slot = 0;
  std::string host;  ///< Empty: the host that was asked.
  std::uint16_t port = 0;
};

/// `words` as the server sent them, without the leading '-'. None: an answer.
std::optional<Redirect> redirect_from(std::string_view words);
/// The same in brief.
bool is_redirect(std::string_view words) noexcept;

/// Puts ASKING before each command of a request, or once before a MULTI, whose commands it covers. Answers how many
/// replies come on top.
std::uint32_t append_asking(std::string& out, std::string_view request, std::uint32_t commands);

}  // namespace larder::redis
