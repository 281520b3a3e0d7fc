// What no store would take, refused once for all of them before any driver sees it.
#pragma once

#include <optional>

#include "base/limits.hpp"
#include "store/operation.hpp"

namespace larder::store {

// The checks are inline: each is an instruction or two in every call. What they have to say is not.
Error bad_key(std::string_view key);
Error bad_value(std::string_view key, std::string_view value);
std::optional<Error> ttl_problem(std::string_view key, Millis ttl);
std::optional<Error> lasting_problem(std::string_view key, const SetOptions& options);

inline std::optional<Error> key_problem(std::string_view key) {
  if (!key.empty() && key.size() <= base::limits::kKeyBytesMax) [[likely]]
    return std::nullopt;
  return bad_key(key);
}
inline std::optional<Error> value_problem(std::string_view key, std::string_view value) {
  if (value.size() <= base::limits::kValueBytesMax) [[likely]]
    return std::nullopt;
  return bad_value(key, value);
}
inline std::optional<Error> options_problem(std::string_view key, const SetOptions& options) {
  return options.ttl ? lasting_problem(key, options) : std::nullopt;
}

/// The first thing wrong with an operation's arguments, or nothing.
template <class Op>
std::optional<Error> problem(const Op& op) {
  if constexpr (requires { op.key; }) {
    if (auto bad = key_problem(op.key)) return bad;
    if constexpr (requires { op.value; }) {
      if (auto bad = value_problem(op.key, op.value)) return bad;
    }
    if constexpr (requires { op.options; }) {
      if (auto bad = options_problem(op.key, op.options)) return bad;
    }
    if constexpr (requires { op.ttl_if_new; }) {
      if (op.ttl_if_new) return ttl_problem(op.key, *op.ttl_if_new);
    }
  } else if constexpr (requires { op.keys; }) {
    for (const auto& key : op.keys) {
      if (auto bad = key_problem(key)) return bad;
    }
  }
  return std::nullopt;
}

/// An update that compares has no use for "only if absent".
template <>
std::optional<Error> problem(const CompareAndSet& op);
/// A deadline in the past is a word for "erase", so only one too far ahead is refused.
template <>
std::optional<Error> problem(const Expire& op);
template <>
std::optional<Error> problem(const AddDouble& op);
template <>
std::optional<Error> problem(const SetMany& op);
template <>
std::optional<Error> problem(const Scan& op);

}  // namespace larder::store
