#include "server/error_kinds.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace larder::server {
namespace {

std::map<std::string, std::uint64_t> all(const ErrorKinds& kinds) {
  std::map<std::string, std::uint64_t> counts;
  kinds.for_each(
      [&](std::string_view kind, std::uint64_t count) { counts[std::string(kind)] = count; });
  return counts;
}

using Counts = std::map<std::string, std::uint64_t>;

TEST(ErrorKindsTest, TheFirstWordIsTheKind) {
  ErrorKinds kinds;
  kinds.add("ERR syntax error");
  kinds.add("WRONGTYPE Operation against a key");
  kinds.add("ERR no such key");
  kinds.add("LONELY");
  EXPECT_EQ(all(kinds), (Counts{{"ERR", 2}, {"LONELY", 1}, {"WRONGTYPE", 1}}));
}

TEST(ErrorKindsTest, AResetForgetsWhatWasCounted) {
  ErrorKinds kinds;
  kinds.add("ERR syntax error");
  kinds.clear();
  EXPECT_EQ(all(kinds), Counts{});
  kinds.add("ERR syntax error");
  EXPECT_EQ(all(kinds), (Counts{{"ERR", 1}}));
}

TEST(ErrorKindsTest, TheirNumberIsBounded) {
  ErrorKinds kinds;
  for (int i = 0; i < 1'000; ++i) kinds.add("KIND" + std::to_string(i) + " words");
  EXPECT_EQ(all(kinds).size(), 24u);
}

}  // namespace
}  // namespace larder::server
