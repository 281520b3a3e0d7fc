// Text as a source of bytes that come in small pieces.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "lab/trace.hpp"

namespace larder::lab::test {

class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string text, std::size_t piece = 7)
      : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> read(std::span<char> into) override {
    const auto size = std::min({piece_, into.size(), text_.size() - at_});
    std::memcpy(into.data(), text_.data() + at_, size);
    at_ += size;
    return size;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

}  // namespace larder::lab::test
