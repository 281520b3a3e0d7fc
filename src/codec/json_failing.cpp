// Errors of the reader and writer, built from the inside out.
#include <larder/json.hpp>

#include "base/limits.hpp"

namespace larder::json {

bool Failing::fail(std::string_view why) {
  if (why_.empty()) why_ = why;
  return false;
}

bool Failing::at(std::string_view member) {
  // JSON Pointer's escapes (RFC 6901), so that a place is never ambiguous.
  std::string segment = "/";
  for (const char c : member) {
    if (c == '~') {
      segment += "~0";
    } else if (c == '/') {
      segment += "~1";
    } else {
      segment.push_back(c);
    }
  }
  place_.insert(0, segment);
  return false;
}

bool Failing::at(std::size_t index) {
  place_.insert(0, "/" + std::to_string(index));
  return false;
}

Error Failing::error() const {
  return {Errc::bad_value, Effect::refused, place_.empty() ? why_ : "at " + place_ + ": " + why_};
}

void Failing::forget() noexcept {
  place_.clear();
  why_.clear();
}

bool Failing::enter() {
  if (depth_ >= base::limits::kValueDepthMax) return fail("nested too deeply");
  ++depth_;
  return true;
}

}  // namespace larder::json
