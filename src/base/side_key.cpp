#include "base/side_key.hpp"

#include <larder/detail/full_key.hpp>

namespace larder::base {
namespace {

// As Redis Cluster reads it: the first "{" and the next "}", with something between.
bool has_hash_tag(std::string_view name) noexcept {
  const auto open = name.find('{');
  if (open == std::string_view::npos) return false;
  const auto close = name.find('}', open + 1);
  return close != std::string_view::npos && close > open + 1;
}

}  // namespace

std::string side_key(std::string_view name, char tag) {
  const bool braced = !has_hash_tag(name);
  std::string key;
  key.reserve(name.size() + kSideKeyBytes);
  if (braced) key.push_back('{');
  key.append(name);
  if (braced) key.push_back('}');
  key.push_back('~');
  key.push_back(tag);
  return key;
}

SideKey::SideKey(std::string_view name, char tag) {
  using Writer = larder::detail::BlockWriter;
  if (Writer::room(name.size() + kSideKeyBytes) > sizeof short_) {
    view_ = long_ = side_key(name, tag);
    return;
  }
  const bool braced = !has_hash_tag(name);
  const char end[] = {'}', '~', tag};
  Writer writer(short_);
  if (braced) writer.append("{");
  writer.append(name);
  writer.append(std::string_view(end, sizeof end).substr(braced ? 0 : 1));
  writer.finish();
  view_ = {short_, name.size() + (braced ? kSideKeyBytes : kSideKeyBytes - 2)};
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
