// A parsed reply as one line, close to what was on the wire: `*[$a :1 %[+k _]]`.
#pragma once

#include <charconv>
#include <string>

#include "resp/reply.hpp"

namespace larder::test {

inline std::string shortest(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

inline std::string text_of(resp::Value value) {
  using resp::Type;
  const auto children = [&](const char* tag) {
    std::string text = tag;
    for (const resp::Value child : value) text += (text == tag ? "" : " ") + text_of(child);
    return text + "]";
  };
  switch (value.type()) {
    case Type::null:
      return "_";
    case Type::simple:
      return "+" + std::string(value.text());
    case Type::error:
      return "-" + std::string(value.text());
    case Type::integer:
      return ":" + std::to_string(value.integer());
    case Type::bulk:
      return "$" + std::string(value.text());
    case Type::number:
      return "," + shortest(value.number());
    case Type::boolean:
      return value.boolean() ? "#t" : "#f";
    case Type::big_number:
      return "(" + std::string(value.text());
    case Type::verbatim:
      return "=" + std::string(value.text());
    case Type::array:
      return children("*[");
    case Type::set:
      return children("~[");
    case Type::push:
      return children(">[");
    case Type::map:
      return children("%[");
  }
  return "?";
}

}  // namespace larder::test
