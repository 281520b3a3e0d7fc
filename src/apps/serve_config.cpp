#include "apps/serve_config.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <sstream>

#include "apps/command.hpp"
#include "base/files.hpp"
#include "base/numbers.hpp"
#include "server/config_file.hpp"

namespace larder::apps {
namespace {

/// A number that a flag would take; the words of what is wrong otherwise.
template <class Number>
std::string take_number(const std::string& text, Number& into, std::int64_t most) {
  const auto number = base::parse_integer(text);
  if (!number || *number < 0 || *number > most) {
    return "a number from 0 to " + std::to_string(most) + " is wanted";
  }
  into = static_cast<Number>(*number);
  return {};
}

/// A setting that has a flag. `take` says what is wrong, or nothing.
struct Known {
  std::string_view name;
  std::string_view flag;
  std::string (*take)(ServeFlags& flags, const std::string& text);
};

/// "60 1 3600 100": the shortest time of the pairs.
std::string take_save(ServeFlags& flags, const std::string& text) {
  std::istringstream in(text == "\"\"" ? "" : text);
  std::int64_t least = 0, seconds = 0, changes = 0;
  while (in >> seconds) {
    if (!(in >> changes) || seconds < 1) return "pairs of seconds and changes are wanted";
    least = least == 0 ? seconds : std::min(least, seconds);
  }
  if (!in.eof()) return "pairs of seconds and changes are wanted";
  flags.snapshot_every = std::to_string(least) + (least == 0 ? "" : "s");
  return {};
}

constexpr Known kKnown[] = {
    {"dir", "--dir",
     [](ServeFlags& flags, const std::string& text) {
       flags.dir = text;
       return std::string();
     }},
    {"appendfsync", "--fsync",
     [](ServeFlags& flags, const std::string& text) {
       flags.fsync = text;
       return std::string();
     }},
    {"save", "--snapshot-every", &take_save},
    {"bind", "--bind",
     [](ServeFlags& flags, const std::string& text) {
       flags.bind = text;
       return std::string(text.find(' ') == text.npos ? "" : "one address is wanted");
     }},
    {"port", "--port",
     [](ServeFlags& flags, const std::string& text) {
       return take_number(text, flags.port, std::numeric_limits<std::uint16_t>::max());
     }},
    {"tls-port", "--tls-port",
     [](ServeFlags& flags, const std::string& text) {
       return take_number(text, flags.tls_port, std::numeric_limits<std::uint16_t>::max());
     }},
    {"io-threads", "--threads",
     [](ServeFlags& flags, const std::string& text) {
       constexpr std::int64_t kThreadsMax = 256;
       return take_number(text, flags.threads, kThreadsMax);
     }},
    {"maxmemory", "--max-memory",
     [](ServeFlags& flags, const std::string& text) {
       flags.memory_max = text;
       return std::string();
     }},
    {"maxmemory-policy", "--eviction",
     [](ServeFlags& flags, const std::string& text) {
       flags.eviction = text;
       return std::string();
     }},
    {"requirepass", "--requirepass-file",
     [](ServeFlags& flags, const std::string& text) {
       flags.password = text;
       return std::string();
     }},
};

const Known* find_known(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

/// Who may write the file may choose the password; who may read it knows it.
void look_at_privacy(const std::string& path, bool holds_password) {
  const auto privacy = value_or_bad_input(base::privacy_of(path));
  if (privacy.others_can_write) {
    throw BadInput(path + ": others may write this file, and with it the password: chmod 600 " +
                   path);
  }
  if (holds_password && privacy.others_can_read) {
    std::fprintf(stderr,
                 "larder serve: others can read %s, which holds the password: chmod 600 %s\n",
                 path.c_str(), path.c_str());
  }
}

}  // namespace

void read_config_file(ServeFlags& flags,
                      const std::function<bool(std::string_view flag)>& is_given) {
  const std::string path = flags.config_file;
  const auto text = value_or_bad_input(base::read_file(path, server::kConfigBytesMax));
  const auto lines = server::read_config(text);
  if (!lines) throw BadInput(path + ": " + lines.error().detail);
  bool holds_password = false;
  for (const server::ConfigLine& line : *lines) {
    const std::string place = path + ":" + std::to_string(line.number) + ": ";
    holds_password =
        holds_password || line.name == "requirepass" || line.name == "tls-key-file-pass";
    const Known* known = find_known(line.name);
    if (known == nullptr) {
      flags.settings.push_back({place, line.name, line.value});
    } else {
      ServeFlags unused;  // What makes no sense is said even where a flag stands before it.
      const std::string wrong = known->take(is_given(known->flag) ? unused : flags, line.value);
      if (!wrong.empty()) throw BadInput(place + line.name + ": " + wrong);
    }
  }
  if (path == "-") {
    flags.config_file.clear();  // Nowhere to write to.
    return;
  }
  look_at_privacy(path, holds_password);
  // Through links, and wherever the process may go: CONFIG REWRITE replaces the file itself.
  flags.config_file = std::filesystem::canonical(path).string();
}

}  // namespace larder::apps
