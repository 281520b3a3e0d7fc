#include "manage/state_file.hpp"

#include <algorithm>
#include <limits>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace larder::manage {
namespace {

constexpr std::string_view kFirstLine = "larder-redis 1";

std::string_view take_word(std::string_view& rest, char end = ' ') {
  const auto word = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  return word;
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto number = base::parse_unsigned(text);
  if (!number || *number > std::numeric_limits<Number>::max()) return false;
  into = static_cast<Number>(*number);
  return true;
}

bool read_node(std::string_view rest, Node& node) {
  node.name = take_word(rest);
  const auto kind = take_word(rest);
  node.sentinel = kind == "sentinel";
  unsigned process = 0;
  const bool numbers = read_number(take_word(rest), node.primary) &&
                       read_number(take_word(rest), node.port) &&
                       read_number(take_word(rest), process) &&
                       read_number(take_word(rest), node.process.started_ticks);
  node.process.id = static_cast<int>(process);
  // The name is a folder's.
  const bool safe =
      !node.name.empty() &&
      node.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  return numbers && safe && (kind == "data" || node.sentinel) && rest.empty() &&
         process <= static_cast<unsigned>(std::numeric_limits<int>::max());
}

bool read_line(std::string_view name, std::string_view value, Setup& setup) {
  if (name == "mode") {
    const auto mode = mode_of(value);
    setup.mode = mode.value_or(Mode::single);
    return mode.has_value();
  }
  if (name == "node") return read_node(value, setup.nodes.emplace_back());
  if (name == "replicas") return read_number(value, setup.replicas);
  if (name == "aof") {
    setup.aof = value == "yes";
    return setup.aof || value == "no";
  }
  std::string* const text = name == "server"      ? &setup.server
                            : name == "maxmemory" ? &setup.maxmemory
                            : name == "policy"    ? &setup.policy
                            : name == "conf"      ? &setup.conf
                            : name == "boot"      ? &setup.boot
                                                  : nullptr;
  if (text == nullptr) return false;
  *text = value;
  return true;
}

Error unreadable(std::size_t line, std::string_view text) {
  return {Errc::bad_value, Effect::refused,
          "line " + std::to_string(line) + ": cannot be read: " + base::quoted(text)};
}

}  // namespace

std::string state_text(const Setup& setup) {
  std::string text = std::string(kFirstLine) + "\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text.append(name).append(" ").append(value).append("\n");
  };
  add("mode", to_string(setup.mode));
  add("replicas", std::to_string(setup.replicas));
  add("aof", setup.aof ? "yes" : "no");
  add("server", setup.server);
  add("maxmemory", setup.maxmemory);
  add("policy", setup.policy);
  add("conf", setup.conf);
  add("boot", setup.boot);
  for (const Node& node : setup.nodes) {
    add("node", node.name + (node.sentinel ? " sentinel " : " data ") +
                    std::to_string(node.primary) + " " + std::to_string(node.port) + " " +
                    std::to_string(node.process.id) + " " +
                    std::to_string(node.process.started_ticks));
  }
  return text;
}

Result<Setup> read_state(std::string_view text) {
  Setup setup;
  if (const auto first = take_word(text, '\n'); first != kFirstLine) return unreadable(1, first);
  for (std::size_t number = 2; !text.empty(); ++number) {
    const auto line = take_word(text, '\n');
    auto value = line;
    const auto name = take_word(value);
    if (!read_line(name, value, setup)) return unreadable(number, line);
  }
  if (setup.nodes.empty()) {
    return Error{Errc::bad_value, Effect::refused, "it names no server"};
  }
  return setup;
}

}  // namespace larder::manage
