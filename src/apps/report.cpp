#include "apps/report.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/json_text.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace larder::apps {
namespace {

std::string quoted_json(std::string_view text) {
  std::string out;
  base::append_json_string_lossy(out, text);
  return out;
}

/// RFC 4648, section 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto part = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (j < part.size() ? static_cast<unsigned char>(part[j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= part.size() ? kAlphabet[bits >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

bool is_safe_on_a_terminal(std::string_view text) {
  return base::is_utf8(text) &&
         std::none_of(
             text.begin(), text.end(),
             [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }) &&
         text.find("\xc2\x9b") == std::string_view::npos;  // The one-character form of ESC [.
}

}  // namespace

Json& Json::field(std::string_view name, std::string_view json) {
  if (!fields_.empty()) fields_ += ",";
  fields_.append(quoted_json(name)).append(":").append(json);
  return *this;
}

Json& Json::text(std::string_view name, std::string_view value) {
  return field(name, quoted_json(value));
}

Json& Json::number(std::string_view name, std::int64_t value) {
  return field(name, std::to_string(value));
}

Json& Json::number(std::string_view name, double value) {
  if (!std::isfinite(value)) return null(name);
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return field(name, {text, static_cast<std::size_t>(end - text)});
}

Json& Json::boolean(std::string_view name, bool value) {
  return field(name, value ? "true" : "false");
}

Json& Json::null(std::string_view name) { return field(name, "null"); }

Json& Json::bytes(std::string_view name, std::string_view value) {
  if (base::is_utf8(value)) return text(name, value);
  return text(std::string{name} + "_base64", base64(value));
}

Json& Json::object(std::string_view name, const Json& value) { return field(name, value.str()); }

Json& Json::list(std::string_view name, const std::vector<Json>& values) {
  std::string all;
  for (const Json& value : values) all.append(all.empty() ? "" : ",").append(value.str());
  return field(name, "[" + all + "]");
}

Json info_as_json(std::string_view info) {
  Json all;
  Json section;
  std::string name;
  const auto close = [&] {
    if (!name.empty()) all.object(name, std::exchange(section, Json{}));
  };
  while (!info.empty()) {
    auto line = info.substr(0, info.find('\n'));
    info.remove_prefix(std::min(info.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("# ")) {
      close();
      name = base::lower(line.substr(2));
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      section.text(line.substr(0, colon), line.substr(colon + 1));
    }
  }
  close();
  return all;
}

std::string json_of_bytes(std::string_view text) {
  return base::is_utf8(text) ? quoted_json(text) : Json{}.text("base64", base64(text)).str();
}

void print_line(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

void print_bytes(std::string_view bytes) {
  const bool show_as_is =
      !base::is_terminal(base::Standard::output) || is_safe_on_a_terminal(bytes);
  print_line(show_as_is ? std::string{bytes} : base::quoted(bytes, bytes.size() * 4 + 2));
}

}  // namespace larder::apps
