// A program outside the repository: sees the installed headers and archive, nothing else.
#include <larder/error.hpp>

#include <cstdio>

int main() {
  const larder::Error error{larder::Errc::timeout, larder::Effect::maybe_executed, "here"};
  std::printf("%s\n", larder::to_string(error).c_str());
  return larder::to_string(larder::Errc::timeout) == "timeout" ? 0 : 1;
}
