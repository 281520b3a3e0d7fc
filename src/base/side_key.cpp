#include "base/side_key.hpp"

#include <algorithm>

namespace larder::base {
namespace {

// As Redis Cluster reads it: the first "{" and the next "}", with something between.
bool has_hash_tag(std::string_view name) noexcept {
  const auto open = name.find('{');
  if (open == std::string_view::npos) return false;
  const auto close = name.find('}', open + 1);
  return close != std::string_view::npos && close > open + 1;
}

/// At `to`, which has room for kSideKeyBytes more than the name. Returns its end.
char* write_side_key(char* to, std::string_view name, char tag) noexcept {
  const bool braced = !has_hash_tag(name);
  if (braced) *to++ = '{';
  to = std::copy(name.begin(), name.end(), to);
  if (braced) *to++ = '}';
  *to++ = '~';
  *to++ = tag;
  return to;
}

}  // namespace

std::string side_key(std::string_view name, char tag) {
  std::string key(name.size() + kSideKeyBytes, '\0');
  const char* const end = write_side_key(key.data(), name, tag);
  key.resize(static_cast<std::size_t>(end - key.data()));
  return key;
}

SideKey::SideKey(std::string_view name, char tag) {
  if (name.size() + kSideKeyBytes > sizeof short_) {
    view_ = long_ = side_key(name, tag);
  } else {
    view_ = {short_, static_cast<std::size_t>(write_side_key(short_, name, tag) - short_)};
  }
}

bool is_side_key(std::string_view key) noexcept {
  if (const auto once = key.find("~o:"); once != std::string_view::npos)
    return has_hash_tag(key.substr(0, once));
  constexpr std::string_view kTags = "lfwg";
  if (key.size() < 4 || key[key.size() - 2] != '~') return false;
  if (kTags.find(key.back()) == std::string_view::npos) return false;
  // Either way it has a hash tag: the braces around its name, or the name's own.
  return has_hash_tag(key.substr(0, key.size() - 2));
}

}  // namespace larder::base
