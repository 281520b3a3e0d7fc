#include "store/check.hpp"

#include <cmath>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "store/local/setting.hpp"

namespace larder::store {
namespace {

using base::limits::kKeyBytesMax;
using base::limits::kScanCountMax;
using base::limits::kValueBytesMax;

Error bad_argument(std::string detail) {
  return {Errc::bad_argument, Effect::not_sent, std::move(detail)};
}

std::string named(std::string_view key) { return "key " + base::quoted(key, 64); }

}  // namespace

std::optional<Error> key_problem(std::string_view key) {
  if (key.empty()) return bad_argument("empty key");
  if (key.size() <= kKeyBytesMax) return std::nullopt;
  return Error{Errc::too_large, Effect::not_sent,
               named(key) + " has " + std::to_string(key.size()) + " bytes; the most is " +
                   std::to_string(kKeyBytesMax)};
}

std::optional<Error> value_problem(std::string_view key, std::string_view value) {
  if (value.size() <= kValueBytesMax) return std::nullopt;
  return Error{Errc::too_large, Effect::not_sent,
               named(key) + ": value of " + std::to_string(value.size()) + " bytes; the most is " +
                   std::to_string(kValueBytesMax)};
}

std::optional<Error> ttl_problem(std::string_view key, Millis ttl) {
  if (ttl <= Millis::zero()) {
    return bad_argument(named(key) + ": ttl of " + std::to_string(ttl.count()) +
                        " ms; it must be above 0");
  }
  if (ttl > kTtlMax) {
    return bad_argument(named(key) +
                        ": ttl beyond 100 years; leave it out for an entry that never expires");
  }
  return std::nullopt;
}

std::optional<Error> options_problem(std::string_view key, const SetOptions& options) {
  if (!options.ttl) return std::nullopt;
  if (options.keep_ttl) return bad_argument(named(key) + ": ttl and keep_ttl exclude each other");
  return ttl_problem(key, *options.ttl);
}

template <>
std::optional<Error> problem(const CompareAndSet& op) {
  if (auto bad = key_problem(op.key)) return bad;
  if (auto bad = value_problem(op.key, op.value)) return bad;
  if (op.options.condition == SetIf::absent) {
    return bad_argument(named(op.key) + ": compare_and_set cannot also ask for an absent entry");
  }
  return options_problem(op.key, op.options);
}

template <>
std::optional<Error> problem(const Expire& op) {
  if (auto bad = key_problem(op.key)) return bad;
  return op.ttl && *op.ttl > Millis::zero() ? ttl_problem(op.key, *op.ttl) : std::nullopt;
}

template <>
std::optional<Error> problem(const AddDouble& op) {
  if (auto bad = key_problem(op.key)) return bad;
  if (!std::isfinite(op.delta))
    return bad_argument(named(op.key) + ": delta is not a finite number");
  return op.ttl_if_new ? ttl_problem(op.key, *op.ttl_if_new) : std::nullopt;
}

template <>
std::optional<Error> problem(const SetMany& op) {
  for (const auto& [key, value] : op.entries) {
    if (auto bad = key_problem(key)) return bad;
    if (auto bad = value_problem(key, value)) return bad;
  }
  return op.entries.empty() ? std::nullopt : options_problem(op.entries.front().key, op.options);
}

template <>
std::optional<Error> problem(const Scan& op) {
  if (op.count >= 1 && op.count <= kScanCountMax) return std::nullopt;
  return bad_argument("scan count of " + std::to_string(op.count) + "; 1 to " +
                      std::to_string(kScanCountMax) + " are possible");
}

template <>
std::optional<Error> problem(const Configure& op) {
  const Setting* setting = find_setting(op.name);
  if (!setting) {
    std::string names;
    for (const auto& known : settings()) names.append(names.empty() ? "" : ", ").append(known.name);
    return bad_argument("no setting " + base::quoted(op.name, 64) + "; known are " + names);
  }
  if (setting->redis_value(op.value)) return std::nullopt;
  return bad_argument(std::string(setting->name) + "=" + base::quoted(op.value, 64) +
                      " does not fit; it takes " + std::string(setting->takes));
}

}  // namespace larder::store
