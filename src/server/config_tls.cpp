#include "server/config_tls.hpp"

#include <utility>

namespace larder::server {
namespace {

using Auth = net::TlsOptions::AuthClients;
constexpr std::pair<std::string_view, Auth> kAuthNames[] = {
    {"no", Auth::no}, {"yes", Auth::yes}, {"optional", Auth::optional}};

}  // namespace

std::string show_tls_auth_clients(const Ground& ground) {
  const Auth now = ground.settings.tls.options().auth_clients;
  for (const auto& [name, auth] : kAuthNames) {
    if (auth == now) return std::string(name);
  }
  return {};
}

Change read_tls_auth_clients(const Ground& ground, std::string_view value) {
  for (const auto& [name, auth] : kAuthNames) {
    if (!base::same_word(name, value)) continue;
    ground.tls.options().auth_clients = auth;
    return {};
  }
  return {"argument(s) must be one of the following: no, yes, optional", {}};
}

std::string show_tls_key_pass(const Ground& ground) {
  return ground.settings.tls.options().key_file_pass.empty() ? "" : "(redacted)";
}

}  // namespace larder::server
