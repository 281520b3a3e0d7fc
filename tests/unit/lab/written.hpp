// A FILE that ends up in a string.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace larder::lab::test {

class Written {
 public:
  Written() : file_(open_memstream(&text_, &size_)) {}
  ~Written() {
    std::fclose(file_);
    std::free(text_);
  }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;

  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

}  // namespace larder::lab::test
