#include <larder/json.hpp>

#include <charconv>
#include <cmath>

#include "base/json_text.hpp"
#include "base/numbers.hpp"

namespace larder::json {
namespace {

template <class Float>
bool write_float(Writer& writer, std::string& out, Float value) {
  if (!std::isfinite(value))
    return writer.fail(std::isnan(value) ? "JSON has no NaN" : "JSON has no infinity");
  char buffer[32];
  const std::string_view text(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  out += text;
  // "1" would come back as an integer in Python, and as the integer of a variant<int, double>.
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
  return true;
}

}  // namespace

bool Writer::null() {
  out_ += "null";
  return true;
}

bool Writer::boolean(bool value) {
  out_ += value ? "true" : "false";
  return true;
}

bool Writer::integer(std::int64_t value) {
  char buffer[base::kIntegerTextMax];
  out_.append(buffer, base::write_integer(buffer, value));
  return true;
}

bool Writer::integer(std::uint64_t value) {
  char buffer[base::kIntegerTextMax];
  out_.append(buffer, base::write_unsigned(buffer, value));
  return true;
}

bool Writer::number(double value) { return write_float(*this, out_, value); }
bool Writer::number(float value) { return write_float(*this, out_, value); }

bool Writer::string(std::string_view text) {
  return base::append_json_string(out_, text) ||
         fail("the string is not UTF-8; store raw bytes as larder::Bytes");
}

bool Writer::begin(char bracket) {
  out_.push_back(bracket);
  return enter();
}

bool Writer::end(char bracket) {
  out_.push_back(bracket);
  --depth_;
  return true;
}

void Writer::next() {
  if (out_.back() != '[' && out_.back() != '{') out_.push_back(',');
}

bool Writer::key(std::string_view name) {
  next();
  if (!string(name)) return false;
  out_.push_back(':');
  return true;
}

}  // namespace larder::json
