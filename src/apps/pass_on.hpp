// `larder redis cli [--dir FOLDER] [--node NODE] WORD…`: from the first word that is not ours on, all is redis-cli's,
// flags too. A "--" in front of it tells CLI11 so.
#pragma once

#include <string>
#include <vector>

namespace larder::apps {

inline void pass_on(std::vector<std::string>& arguments) {
  if (arguments.size() < 3 || arguments[0] != "redis" || arguments[1] != "cli") return;
  const auto is = [&](std::size_t at, std::string_view flag) {
    return arguments[at] == flag || arguments[at].starts_with(std::string(flag) + "=");
  };
  std::size_t at = 2;
  while (at < arguments.size() && (is(at, "--dir") || is(at, "--node"))) {
    at += arguments[at].find('=') == std::string::npos ? 2 : 1;
  }
  if (at >= arguments.size() || arguments[at] == "--" || arguments[at] == "--help" ||
      arguments[at] == "-h") {
    return;
  }
  arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(at), "--");
}

}  // namespace larder::apps
