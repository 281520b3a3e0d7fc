#include "store/redis/reply.hpp"

#include <charconv>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "redis/reply_error.hpp"

namespace larder {
namespace {

using ReplyKind = Reply::Kind;

ReplyKind kind_of(resp::Type type) {
  switch (type) {
    case resp::Type::null:
      return ReplyKind::nil;
    case resp::Type::simple:
      return ReplyKind::status;
    case resp::Type::error:
      return ReplyKind::error;
    case resp::Type::integer:
      return ReplyKind::integer;
    case resp::Type::bulk:
      return ReplyKind::text;
    case resp::Type::number:
      return ReplyKind::number;
    case resp::Type::boolean:
      return ReplyKind::boolean;
    case resp::Type::big_number:
      return ReplyKind::big_number;
    case resp::Type::verbatim:
      return ReplyKind::verbatim;
    case resp::Type::set:
      return ReplyKind::set;
    case resp::Type::map:
      return ReplyKind::map;
    case resp::Type::array:
    case resp::Type::push:
      break;
  }
  return ReplyKind::array;
}

std::string joined_items(const std::vector<Reply>& items, std::string_view brackets,
                         bool in_pairs) {
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
  out.integer = out.kind == ReplyKind::boolean ? value.boolean() : value.integer();
  out.number = value.number();
  if (!value.is_aggregate()) return out;
  out.items.reserve(value.size());
  for (const resp::Value item : value) out.items.push_back(reply_from(item));
  return out;
}

std::optional<std::string_view> Reply::as_text() const& noexcept {
  const bool has = kind == ReplyKind::text || kind == ReplyKind::status ||
                   kind == ReplyKind::big_number || kind == ReplyKind::verbatim;
  return has ? std::optional<std::string_view>(text) : std::nullopt;
}

std::optional<std::string> Reply::as_text() && noexcept {
  return as_text() ? std::optional(std::move(text)) : std::nullopt;
}

std::optional<std::int64_t> Reply::as_integer() const noexcept {
  if (kind == ReplyKind::integer || kind == ReplyKind::boolean) return integer;
  const auto digits = as_text();
  return digits ? base::parse_integer(*digits) : std::nullopt;
}

std::optional<double> Reply::as_number() const noexcept {
  if (kind == ReplyKind::number) return number;
  if (kind == ReplyKind::integer) return static_cast<double>(integer);
  const auto digits = as_text();
  const auto read = digits ? base::parse_float(*digits) : std::nullopt;
  return read ? std::optional(static_cast<double>(*read)) : std::nullopt;
}

std::optional<bool> Reply::as_boolean() const noexcept {
  const bool has =
      kind == ReplyKind::boolean || (kind == ReplyKind::integer && (integer == 0 || integer == 1));
  return has ? std::optional(integer == 1) : std::nullopt;
}

std::optional<Error> Reply::as_error() const {
  if (kind != ReplyKind::error) return std::nullopt;
  return redis::error_from(text);
}

const Reply* Reply::find(std::string_view key) const& noexcept {
  if (kind != ReplyKind::map && kind != ReplyKind::array) return nullptr;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].as_text() == key) return &items[i + 1];
  }
  return nullptr;
}

std::string to_string(const Reply& reply) {
  switch (reply.kind) {
    case ReplyKind::nil:
      return "nil";
    case ReplyKind::text:
    case ReplyKind::verbatim:
      return base::quoted(reply.text);
    case ReplyKind::status:
    case ReplyKind::big_number:
      return reply.text;
    case ReplyKind::integer:
      return std::to_string(reply.integer);
    case ReplyKind::number:
      return text_of(reply.number);
    case ReplyKind::boolean:
      return reply.integer != 0 ? "true" : "false";
    case ReplyKind::error:
      return "(error) " + reply.text;
    case ReplyKind::array:
      return joined_items(reply.items, "[]", false);
    case ReplyKind::set:
      return joined_items(reply.items, "{}", false);
    case ReplyKind::map:
      return joined_items(reply.items, "{}", true);
  }
  return {};
}

}  // namespace larder
