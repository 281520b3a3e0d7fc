#include "server/config_file.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "base/text.hpp"
#include "resp/inline_command.hpp"

namespace larder::server {
namespace {

/// Calls `fn(line, number)` for each line, without its end.
void each_line(std::string_view text,
               const std::function<void(std::string_view, std::size_t)>& fn) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    fn(line, number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool says_nothing(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first == std::string_view::npos || line[first] == '#';
}

/// The name that a line sets, in lower case; empty: none.
std::string name_of(std::string_view line) {
  if (says_nothing(line)) return {};
  line.remove_prefix(line.find_first_not_of(" \t"));
  return base::lower(line.substr(0, line.find_first_of(" \t")));
}

}  // namespace

Result<std::vector<ConfigLine>> read_config(std::string_view text) {
  std::vector<ConfigLine> lines;
  std::optional<Error> wrong;
  each_line(text, [&](std::string_view line, std::size_t number) {
    if (wrong || says_nothing(line)) return;
    std::string room;
    std::vector<std::string_view> words;
    if (!resp::split_line(line, room, words) || words.size() < 2) {
      wrong = Error{Errc::bad_argument, Effect::refused,
                    "line " + std::to_string(number) +
                        ": a name and a value are wanted, in quotes "
                        "that close"};
      return;
    }
    ConfigLine read{number, base::lower(words[0]), std::string(words[1])};
    for (std::size_t i = 2; i < words.size(); ++i) read.value.append(" ").append(words[i]);
    lines.push_back(std::move(read));
  });
  if (wrong) return *wrong;
  return lines;
}

std::string rewrite_config(std::string_view text,
                           const std::map<std::string, std::string>& values) {
  std::map<std::string, std::size_t> last_line;
  each_line(text,
            [&](std::string_view line, std::size_t number) { last_line[name_of(line)] = number; });
  std::string out;
  each_line(text, [&](std::string_view line, std::size_t number) {
    const std::string name = name_of(line);
    const auto value = values.find(name);
    if (value == values.end()) {
      out.append(line).append("\n");
    } else if (last_line[name] == number) {
      out.append(name).append(" ").append(value->second).append("\n");
    }
  });
  bool titled = text.find("# Written by CONFIG REWRITE") != std::string_view::npos;
  for (const auto& [name, value] : values) {
    if (last_line.contains(name)) continue;
    if (!std::exchange(titled, true)) out += "\n# Written by CONFIG REWRITE\n";
    out.append(name).append(" ").append(value).append("\n");
  }
  return out;
}

std::string quoted_value(std::string_view value) {
  const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\'' && c != '#' && c != '\\';
  });
  return plain ? std::string(value) : base::quoted(value, value.size());
}

}  // namespace larder::server
