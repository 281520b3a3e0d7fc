// What commands print: text for people and pipes, or one JSON value for programs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace larder::apps {

/// A flat JSON object, built field by field in the order they are read.
class Json {
 public:
  Json& text(std::string_view name, std::string_view value);
  Json& number(std::string_view name, std::int64_t value);
  Json& number(std::string_view name, double value);
  Json& boolean(std::string_view name, bool value);
  Json& null(std::string_view name);
  /// A stored value: as text under `name` where it is UTF-8, else in base64 under `name`_base64.
  Json& bytes(std::string_view name, std::string_view value);
  Json& object(std::string_view name, const Json& value);
  Json& list(std::string_view name, const std::vector<Json>& values);

  std::string str() const { return "{" + fields_ + "}"; }

 private:
  Json& field(std::string_view name, std::string_view json);
  std::string fields_;
};

/// INFO's `# Section` and `name:value` lines as an object of objects.
Json info_as_json(std::string_view info);

/// A JSON string of `text`, or {"base64": …} where it is not UTF-8.
std::string json_of_bytes(std::string_view text);

/// `text` and a line end on standard output.
void print_line(std::string_view text);

/// A stored key or value on standard output, with a line end. A terminal gets what could move its
/// cursor or change its colours in quotes and escapes; a pipe gets the bytes.
void print_bytes(std::string_view bytes);

}  // namespace larder::apps
