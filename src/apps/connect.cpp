#include "apps/connect.hpp"

#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "net/socket.hpp"
#include "store/redis/url.hpp"
#include "store/url.hpp"

namespace larder::apps {
namespace {

constexpr const char* kPasswordVariable = "LARDER_PASSWORD";

std::string cure_for(Errc code) {
  switch (code) {
    case Errc::unreachable:
      return "is a server there? `larder serve` starts one, --url names another";
    case Errc::unauthorized:
      return "put the password into LARDER_PASSWORD, or a file of it behind --password-file";
    case Errc::timeout:
      return "--timeout allows for more";
    case Errc::wrong_type:
    case Errc::not_a_number:
      return "the key holds something else, and was left as it is";
    case Errc::overflow:
      return "the key was left as it is";
    default:
      return "";
  }
}

/// RFC 3986: what is not unreserved.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (base::lower(c) >= 'a' && base::lower(c) <= 'z') ||
                       std::string_view{"-._~"}.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

/// Everybody on a machine can read everybody's arguments.
void warn_of_password_in_arguments(const std::string& url) {
  const auto at = url.find('@');
  const auto from = url.find("//");
  if (at == std::string::npos || from == std::string::npos || at < from) return;
  if (url.substr(from, at - from).find(':', 2) == std::string::npos) return;
  if (base::environment(kUrlVariable) == url) return;
  std::fputs(
      "larder: others on this machine can see the password in --url while this runs; "
      "LARDER_URL, LARDER_PASSWORD or --password-file keep it to you\n",
      stderr);
}

}  // namespace

void declare_url(CLI::App& command, Target& target) {
  const bool memory = target.url == "memory:";
  command
      .add_option("--url", target.url,
                  std::string{memory ? "memory: or a" : "A"} +
                      " server: redis://[user@]host[:port][/database]")
      ->envname(kUrlVariable)
      ->type_name("URL")
      ->capture_default_str()
      ->group("Connection");
  command
      .add_option("--password-file", target.password_file,
                  "Its first line is the password; without it, LARDER_PASSWORD is")
      ->type_name("FILE")
      ->group("Connection");
}

std::shared_ptr<Target> declare_target(CLI::App& command) {
  auto target = std::make_shared<Target>();
  declare_url(command, *target);
  command.add_option("--timeout", target->timeout, "How long one call may take")
      ->type_name("TIME")
      ->capture_default_str()
      ->group("Connection");
  return target;
}

std::string password_of(const Target& target) {
  if (target.password_file.empty()) return base::environment(kPasswordVariable);
  auto secret = value_or_bad_input(base::read_secret(target.password_file));
  if (secret.others_can_read) {
    std::fprintf(stderr, "larder: others can read %s: chmod 600 %s\n", target.password_file.c_str(),
                 target.password_file.c_str());
  }
  return secret.text;
}

Store open(const Target& target) {
  if (target.url.starts_with("memory:")) {
    const auto read = store::read_memory_url(target.url);
    if (!read || !read->folder.empty()) return value_or_end(Store::open(target.url));
    throw BadInput(
        "--url memory: is a store inside one process, gone when this command ends; "
        "`larder serve` keeps one running");
  }
  warn_of_password_in_arguments(target.url);
  const auto at_most = duration_or_bad_input(target.timeout, "--timeout");
  StoreOptions options{.deadline = at_most};
  options.password = password_of(target);
  options.connect_timeout = std::min(options.connect_timeout, at_most);
  options.client_name = "larder-cli";
  return value_or_end(Store::open(target.url, options));
}

std::string url_that_answers(const Target& target) {
  if (!target.url.starts_with("redis://")) {
    value_or_end(Store::open(target.url));
    return target.url;
  }
  check(open(target).ping());
  auto parts = value_or_end(store::read_redis_url(target.url));
  if (parts.password.empty()) parts.password = password_of(target);
  if (parts.password.empty()) return target.url;
  return "redis://" + percent_encoded(parts.user) + ":" + percent_encoded(parts.password) + "@" +
         net::to_string({parts.host, parts.port}) + "/" + std::to_string(parts.database);
}

void end_with(const Error& error) {
  auto text = error.detail.empty() ? to_string(error) : error.detail;
  if (const auto cure = cure_for(error.code); !cure.empty()) text += "; " + cure;
  throw BadInput(text);
}

void check(const Result<void>& result) {
  if (!result) end_with(result.error());
}

Millis duration_or_bad_input(std::string_view text, std::string_view flag) {
  const bool bare = !text.empty() && std::all_of(text.begin(), text.end(),
                                                 [](char c) { return c >= '0' && c <= '9'; });
  const auto read = base::parse_duration(bare ? std::string{text} + "s" : std::string{text});
  if (!read) throw BadInput(std::string{flag} + ": " + read.error().detail);
  return *read;
}

}  // namespace larder::apps
