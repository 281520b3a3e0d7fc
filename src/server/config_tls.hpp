// How the settings of TLS are shown and read: each kind once, for the rows of the table of settings.
#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "server/config.hpp"

namespace larder::server {

template <std::string net::TlsOptions::*text>
std::string show_tls(const Ground& ground) {
  return ground.settings.tls.options().*text;
}
template <std::string net::TlsOptions::*text>
Change read_tls(const Ground& ground, std::string_view value) {
  ground.tls.options().*text = value;
  return {};
}

template <bool net::TlsOptions::*flag>
std::string show_tls(const Ground& ground) {
  return ground.settings.tls.options().*flag ? "yes" : "no";
}
template <bool net::TlsOptions::*flag>
Change read_tls(const Ground& ground, std::string_view value) {
  const bool yes = base::same_word(value, "yes");
  if (!yes && !base::same_word(value, "no")) return {"argument must be 'yes' or 'no'", {}};
  ground.tls.options().*flag = yes;
  return {};
}

template <auto number>
std::string show_tls_number(const Ground& ground) {
  return std::to_string(ground.settings.tls.options().*number);
}
template <auto number>
Change read_tls_number(const Ground& ground, std::string_view value) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  const auto parsed = base::parse_integer(value);
  if (!parsed || *parsed < 0 || *parsed > kMost) {
    return {"argument must be between 0 and " + std::to_string(kMost) + " inclusive", {}};
  }
  auto& into = ground.tls.options().*number;
  into = static_cast<std::remove_reference_t<decltype(into)>>(*parsed);
  return {};
}

std::string show_tls_auth_clients(const Ground& ground);
Change read_tls_auth_clients(const Ground& ground, std::string_view value);
/// "(redacted)" where there is one.
std::string show_tls_key_pass(const Ground& ground);

}  // namespace larder::server
