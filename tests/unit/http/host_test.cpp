#include "http/host.hpp"

#include <gtest/gtest.h>

namespace larder::http {
namespace {

TEST(NamesLoopbackTest, ThisMachineByNameOrNumber) {
  for (const char* host : {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:9121", "127.1.2.3",
                           "[::1]", "[::1]:9121"}) {
    EXPECT_TRUE(names_loopback(host)) << host;
  }
}

TEST(NamesLoopbackTest, NothingThatOnlyLooksLikeIt) {
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                           "127.evil.example", "127.0.0", "127.0.0.1.1", "127.0.0.256", "127.0.0.",
                           "128.0.0.1", "0.0.0.0", "[::2]", "[::1]x", "::1", "localhost:",
                           "localhost:80x", "localhost:80:80", "user@127.0.0.1", "127.0.0.1 "}) {
    EXPECT_FALSE(names_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace larder::http
