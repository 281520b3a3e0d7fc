// The table of settings: each is a row with how it is shown and how a text becomes a change.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "server/access.hpp"
#include "server/context.hpp"
#include "server/settings.hpp"

namespace larder::server {

/// What settings look at and act on. `tls` takes what is read of TLS, to be prepared and applied with the rest.
struct Ground {
  Access node;
  Settings& settings;
  Host& host;
  const ServerOptions& options;
  TlsDraft& tls;
};

/// A text that was read: what to do, or what is wrong with it. Doing it cannot fail, so that several settings are
/// changed together or not at all.
struct Change {
  std::string wrong;
  std::function<void()> apply;  ///< Empty: the draft holds it.
};

struct Setting {
  std::string_view name;
  std::string (*show)(const Ground& ground);
  Change (*read)(const Ground& ground, std::string_view text);  ///< Null: fixed for this process.
  enum class Form : std::uint8_t {
    word,    ///< One word, or one text in quotes.
    words,   ///< Several, in a file without quotes.
    secret,  ///< Never shown.
  } form = Form::word;
  std::string (*reveal)(const Ground& ground) = nullptr;  ///< Of a secret, for the file alone.
};

/// In the order of their names.
std::span<const Setting> settings() noexcept;
/// By name in any case; null: there is none.
const Setting* find_setting(std::string_view name) noexcept;

}  // namespace larder::server
