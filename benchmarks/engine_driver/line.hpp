// Line: one result, as a line of JSON on standard output, printed when it goes away.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/json_text.hpp"

namespace larder::bench {

class Line {
 public:
  Line() = default;
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    std::printf("{%s}\n", text_.c_str());
    std::fflush(stdout);
  }

  Line& add(std::string_view name, std::string_view value) {
    begin(name);
    base::append_json_string_lossy(text_, value);
    return *this;
  }
  Line& add(std::string_view name, double value) {
    begin(name);
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.10g", value);
    text_ += digits;
    return *this;
  }

 private:
  void begin(std::string_view name) {
    if (!text_.empty()) text_ += ",";
    base::append_json_string_lossy(text_, name);
    text_ += ":";
  }

  std::string text_;
};

}  // namespace larder::bench
