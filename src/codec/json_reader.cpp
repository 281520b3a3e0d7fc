// The pull parser. It looks at each byte once, but for what a variant tries again.
#include <larder/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/json_text.hpp"
#include "base/text.hpp"

namespace larder::json {
namespace {

std::string_view name_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::nothing:
      return "no JSON value";
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "boolean";
    case Kind::number:
      return "number";
    case Kind::string:
      return "string";
    case Kind::array:
      return "array";
    case Kind::object:
      return "object";
  }
  return "?";
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, unsigned code) {
  const auto push = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xc0 | code >> 6);
    push(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    push(0xe0 | code >> 12);
    push(0x80 | (code >> 6 & 0x3f));
    push(0x80 | (code & 0x3f));
  } else {
    push(0xf0 | code >> 18);
    push(0x80 | (code >> 12 & 0x3f));
    push(0x80 | (code >> 6 & 0x3f));
    push(0x80 | (code & 0x3f));
  }
}

}  // namespace

void Reader::skip_space() noexcept {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
    ++at_;
}

bool Reader::take(char c) noexcept {
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

Kind Reader::peek() noexcept {
  skip_space();
  if (at_ >= text_.size()) return Kind::nothing;
  switch (const char c = text_[at_]) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case '"':
      return Kind::string;
    case 'n':
      return Kind::null;
    case 't':
    case 'f':
      return Kind::boolean;
    default:
      return c == '-' || is_digit(c) ? Kind::number : Kind::nothing;
  }
}

bool Reader::expected(std::string_view what) {
  const Kind found = peek();
  std::string why = "expected " + std::string(what) + ", found ";
  if (at_ >= text_.size()) {
    why += "the end";
  } else if (found == Kind::nothing) {
    why += base::quoted(text_.substr(at_, 1)) + " (offset " + std::to_string(at_) + ")";
  } else {
    why += name_of(found);
  }
  return fail(why);
}

bool Reader::word(std::string_view text) {
  if (text_.substr(at_, text.size()) != text)
    return fail("no JSON value begins so (offset " + std::to_string(at_) + ")");
  at_ += text.size();
  return true;
}

bool Reader::null() { return peek() == Kind::null ? word("null") : expected("null"); }

bool Reader::boolean(bool& value) {
  if (peek() != Kind::boolean) return expected("boolean");
  value = text_[at_] == 't';
  return word(value ? "true" : "false");
}

// number := "-"? ("0" | [1-9][0-9]*) ("." [0-9]+)? ([eE] [+-]? [0-9]+)?
bool Reader::number_text(std::string_view& text, bool& is_integer) {
  const std::size_t start = at_;
  const auto digits = [this] {
    const std::size_t first = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ - first;
  };
  take('-');
  const bool zero = at_ < text_.size() && text_[at_] == '0';
  const std::size_t whole = digits();
  bool good = whole == 1 || (whole > 1 && !zero);
  is_integer = true;
  if (good && take('.')) {
    is_integer = false;
    good = digits() > 0;
  }
  if (good && (take('e') || take('E'))) {
    is_integer = false;
    if (!take('+')) take('-');
    good = digits() > 0;
  }
  if (!good) return fail("not a number (offset " + std::to_string(start) + ")");
  text = text_.substr(start, at_ - start);
  return true;
}

bool Reader::integer(std::int64_t& value, std::int64_t low, std::int64_t high) {
  if (peek() != Kind::number) return expected("integer");
  std::string_view text;
  bool is_integer = false;
  if (!number_text(text, is_integer)) return false;
  if (!is_integer) return fail("expected integer, found a number with a fraction or exponent");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < low || value > high)
    return fail("the integer does not fit its type");
  return true;
}

bool Reader::integer(std::uint64_t& value, std::uint64_t high) {
  if (peek() != Kind::number) return expected("integer");
  std::string_view text;
  bool is_integer = false;
  if (!number_text(text, is_integer)) return false;
  if (!is_integer) return fail("expected integer, found a number with a fraction or exponent");
  if (text == "-0") text = "0";
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > high) return fail("the integer does not fit its type");
  return true;
}

template <class Float>
bool Reader::floating(Float& value) {
  if (peek() != Kind::number) return expected("number");
  std::string_view text;
  bool is_integer = false;
  if (!number_text(text, is_integer)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    // from_chars does not say which end of the range was left; 1e-400 is a fine zero, 1e400 is not
    // a double.
    value = static_cast<Float>(std::strtod(std::string(text).c_str(), nullptr));
    if (std::isinf(value)) return fail("the number does not fit its type");
  }
  return true;
}

bool Reader::number(double& value) { return floating(value); }
bool Reader::number(float& value) { return floating(value); }

/// From behind the opening quote to behind the closing one.
bool Reader::raw_string(std::string_view& body, bool& escaped) {
  const std::size_t start = ++at_;
  escaped = false;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      body = text_.substr(start, at_ - start);
      ++at_;
      if (!base::is_utf8(body)) return fail("the string is not UTF-8");
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return fail("control character in a string");
    if (c == '\\') {
      escaped = true;
      if (at_ + 1 < text_.size()) ++at_;
    }
  }
  return fail("the string does not end");
}

bool Reader::code_unit(std::string_view body, std::size_t at, unsigned& unit) {
  if (at + 6 > body.size() || body[at] != '\\' || body[at + 1] != 'u') return false;
  const char* const digits = body.data() + at + 2;
  const auto [end, error] = std::from_chars(digits, digits + 4, unit, 16);
  return error == std::errc{} && end == digits + 4;
}

bool Reader::unescape(std::string_view body, std::string& out) {
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t plain = std::min(body.find('\\', at), body.size());
    out.append(body.substr(at, plain - at));
    at = plain;
    if (at == body.size()) break;
    constexpr std::string_view kNames = "\"\\/bfnrt", kBytes = "\"\\/\b\f\n\r\t";
    const std::size_t simple = kNames.find(body[at + 1]);
    if (simple != std::string_view::npos) {
      out.push_back(kBytes[simple]);
      at += 2;
      continue;
    }
    unsigned code = 0;
    if (!code_unit(body, at, code)) return fail("unknown escape in a string");
    at += 6;
    if (code >= 0xd800 && code < 0xe000) {
      unsigned low = 0;
      const bool paired =
          code < 0xdc00 && code_unit(body, at, low) && low >= 0xdc00 && low < 0xe000;
      if (!paired) return fail("half of a surrogate pair in a string");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      at += 6;
    }
    append_utf8(out, code);
  }
  return true;
}

bool Reader::string(std::string& value) {
  if (peek() != Kind::string) return expected("string");
  std::string_view body;
  bool escaped = false;
  if (!raw_string(body, escaped)) return false;
  value.clear();
  if (escaped) return unescape(body, value);
  value = body;
  return true;
}

bool Reader::begin(char bracket) {
  const bool array = bracket == '[';
  if (peek() != (array ? Kind::array : Kind::object)) return expected(array ? "array" : "object");
  ++at_;
  first_ = true;
  return enter();
}

bool Reader::next(char closing) {
  skip_space();
  if (take(closing)) {
    --depth_;
    first_ = false;
    return false;
  }
  if (!first_) {
    if (!take(',')) return expected(closing == ']' ? "',' or ']'" : "',' or '}'");
    skip_space();
    if (at_ < text_.size() && text_[at_] == closing)
      return fail("a comma before the closing bracket");
  }
  first_ = false;
  return true;
}

bool Reader::key(std::string_view& name) {
  if (peek() != Kind::string) return expected("a member's name");
  bool escaped = false;
  if (!raw_string(name, escaped)) return false;
  if (escaped) {
    key_.clear();
    if (!unescape(name, key_)) return false;
    name = key_;
  }
  skip_space();
  return take(':') || expected("':'");
}

bool Reader::skip() {
  switch (peek()) {
    case Kind::nothing:
      return expected("a value");
    case Kind::null:
      return null();
    case Kind::boolean: {
      bool value = false;
      return boolean(value);
    }
    case Kind::number: {
      std::string_view text;
      bool is_integer = false;
      return number_text(text, is_integer);
    }
    case Kind::string: {
      std::string value;
      return string(value);
    }
    case Kind::array:
      if (!begin('[')) return false;
      while (next(']')) {
        if (!skip()) return false;
      }
      return !failed();
    case Kind::object:
      if (!begin('{')) return false;
      while (next('}')) {
        std::string_view name;
        if (!key(name) || !skip()) return false;
      }
      return !failed();
  }
  return false;
}

bool Reader::finish() {
  skip_space();
  return at_ == text_.size() || fail("text after the value (offset " + std::to_string(at_) + ")");
}

bool Reader::rewind(const Mark& mark) {
  forget();
  looks_ += at_ - mark.at;
  if (looks_ > 64 * (text_.size() + 1)) return fail("too many alternatives to try");
  at_ = mark.at;
  depth_ = mark.depth;
  first_ = mark.first;
  return true;
}

}  // namespace larder::json
