#include "store/redis_reply.hpp"

#include <charconv>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "redis/reply_error.hpp"

namespace larder {
namespace {

using Kind = Reply::Kind;

Kind kind_of(resp::Type type) {
  switch (type) {
    case resp::Type::null:
      return Kind::nil;
    case resp::Type::simple:
      return Kind::status;
    case resp::Type::error:
      return Kind::error;
    case resp::Type::integer:
      return Kind::integer;
    case resp::Type::bulk:
      return Kind::text;
    case resp::Type::number:
      return Kind::number;
    case resp::Type::boolean:
      return Kind::boolean;
    case resp::Type::big_number:
      return Kind::big_number;
    case resp::Type::verbatim:
      return Kind::verbatim;
    case resp::Type::set:
      return Kind::set;
    case resp::Type::map:
      return Kind::map;
    case resp::Type::array:
    case resp::Type::push:
      break;
  }
  return Kind::array;
}

std::string joined(const std::vector<Reply>& items, std::string_view brackets, bool in_pairs) {
  std::string out(1, brackets[0]);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += in_pairs && i % 2 == 1 ? ": " : ", ";
    out += to_string(items[i]);
  }
  return out + brackets[1];
}

/// The shortest that reads back as the same; "inf" and "nan" by name.
std::string text_of(double number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

}  // namespace

Reply store::reply_from(const resp::Value& value) {
  Reply out;
  out.kind = kind_of(value.type());
  out.text = value.text();
  out.integer = out.kind == Kind::boolean ? value.boolean() : value.integer();
  out.number = value.number();
  if (!value.is_aggregate()) return out;
  out.items.reserve(value.size());
  for (const resp::Value item : value) out.items.push_back(reply_from(item));
  return out;
}

std::optional<std::string_view> Reply::as_text() const noexcept {
  const bool has = kind == Kind::text || kind == Kind::status || kind == Kind::big_number ||
                   kind == Kind::verbatim;
  return has ? std::optional<std::string_view>(text) : std::nullopt;
}

std::optional<std::int64_t> Reply::as_integer() const noexcept {
  if (kind == Kind::integer || kind == Kind::boolean) return integer;
  const auto digits = as_text();
  return digits ? base::parse_integer(*digits) : std::nullopt;
}

std::optional<double> Reply::as_number() const noexcept {
  if (kind == Kind::number) return number;
  if (kind == Kind::integer) return static_cast<double>(integer);
  const auto digits = as_text();
  const auto read = digits ? base::parse_float(*digits) : std::nullopt;
  return read ? std::optional(static_cast<double>(*read)) : std::nullopt;
}

std::optional<bool> Reply::as_boolean() const noexcept {
  const bool has =
      kind == Kind::boolean || (kind == Kind::integer && (integer == 0 || integer == 1));
  return has ? std::optional(integer == 1) : std::nullopt;
}

std::optional<Error> Reply::as_error() const {
  if (kind != Kind::error) return std::nullopt;
  return redis::error_from(text);
}

const Reply* Reply::find(std::string_view key) const noexcept {
  if (kind != Kind::map && kind != Kind::array) return nullptr;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].as_text() == key) return &items[i + 1];
  }
  return nullptr;
}

std::string to_string(const Reply& reply) {
  switch (reply.kind) {
    case Kind::nil:
      return "nil";
    case Kind::text:
    case Kind::verbatim:
      return base::quoted(reply.text);
    case Kind::status:
    case Kind::big_number:
      return reply.text;
    case Kind::integer:
      return std::to_string(reply.integer);
    case Kind::number:
      return text_of(reply.number);
    case Kind::boolean:
      return reply.integer != 0 ? "true" : "false";
    case Kind::error:
      return "(error) " + reply.text;
    case Kind::array:
      return joined(reply.items, "[]", false);
    case Kind::set:
      return joined(reply.items, "{}", false);
    case Kind::map:
      return joined(reply.items, "{}", true);
  }
  return {};
}

}  // namespace larder
