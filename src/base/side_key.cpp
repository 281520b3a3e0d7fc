#include "base/side_key.hpp"

#include <larder/detail/full_key.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <memory>

#include "base/hash.hpp"

namespace larder::base {
namespace {

constexpr std::size_t kSlots = 16'384;

// As Redis Cluster reads it: the first "{" and the next "}", with something between.
bool has_hash_tag(std::string_view name) noexcept {
  const auto open = name.find('{');
  if (open == std::string_view::npos) return false;
  const auto close = name.find('}', open + 1);
  return close != std::string_view::npos && close > open + 1;
}

struct Decimal {
  explicit Decimal(std::uint32_t number) noexcept
      : size(static_cast<std::size_t>(
            std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr -
            digits.data())) {}
  std::string_view text() const noexcept { return {digits.data(), size}; }

  std::array<char, 10> digits{};
  std::size_t size;
};

using Numbers = std::array<std::uint32_t, kSlots>;

/// For each slot the least number from 1 whose decimal text it has; the greatest of them has six digits.
std::unique_ptr<const Numbers> least_numbers() {
  auto numbers = std::make_unique<Numbers>();
  std::size_t missing = kSlots;
  for (std::uint32_t number = 1; missing > 0; ++number) {
    auto& least = (*numbers)[crc16(Decimal{number}.text()) % kSlots];
    if (least == 0) least = number, --missing;
  }
  return numbers;
}

/// It would end the hash tag that the braces are to make.
bool cannot_be_braced(std::string_view name) noexcept {
  return name.find('}') != std::string_view::npos;
}

std::string numbered(std::string_view name, char tag) {
  static const std::unique_ptr<const Numbers> numbers = least_numbers();
  const Decimal number{(*numbers)[crc16(name) % kSlots]};
  std::string key;
  key.reserve(name.size() + kSideKeyBytes);
  key.append("{").append(number.text()).append("}").append(name).append("~b");
  key.push_back(tag);
  return key;
}

}  // namespace

std::string side_key(std::string_view name, char tag) {
  const bool braced = !has_hash_tag(name);
  if (braced && cannot_be_braced(name)) [[unlikely]]
    return numbered(name, tag);
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
  const bool braced = !has_hash_tag(name);
  const bool is_odd = braced && cannot_be_braced(name);
  if (is_odd || Writer::room(name.size() + kSideKeyBytes) > sizeof short_) [[unlikely]] {
    view_ = long_ = side_key(name, tag);
    return;
  }
  const char end[] = {'}', '~', tag};
  Writer writer(short_);
  if (braced) writer.append("{");
  writer.append(name);
  writer.append(std::string_view(end, sizeof end).substr(braced ? 0 : 1));
  writer.finish();
  view_ = {short_, name.size() + (braced ? 4 : 2)};
}

bool is_side_key(std::string_view key) noexcept {
  for (const std::string_view once : {"~o:", "~bo:"}) {
    if (const auto at = key.find(once); at != std::string_view::npos)
      return has_hash_tag(key.substr(0, at));
  }
  constexpr std::string_view kTags = "lfwg";
  return !key.empty() && kTags.find(key.back()) != std::string_view::npos &&
         is_side_key_of(key, key.back());
}

bool is_side_key_of(std::string_view key, char tag) noexcept {
  if (key.empty() || key.back() != tag) return false;
  key.remove_suffix(1);
  if (!key.ends_with('~') && !key.ends_with("~b")) return false;
  // It always has a hash tag: the braces around its name, the name's own, or a number's.
  return has_hash_tag(key.substr(0, key.rfind('~')));
}

}  // namespace larder::base
