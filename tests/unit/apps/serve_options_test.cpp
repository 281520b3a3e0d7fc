#include "apps/serve_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/command.hpp"
#include "apps/welcome.hpp"

namespace larder::apps {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ServeOptionsTest, TheDefaultsServeThisMachineOnly) {
  const auto options = checked({});
  EXPECT_EQ(options.bind, "127.0.0.1");
  EXPECT_EQ(options.port, 6379);
  EXPECT_GE(options.threads, 1u);
  EXPECT_LE(options.threads, 4u);
  EXPECT_EQ(options.memory_bytes_max, 0u);
  EXPECT_FALSE(options.metrics);
}

TEST(ServeOptionsTest, LoopbackNeedsNoPasswordAndEverythingElseDoes) {
  for (const char* address : {"127.0.0.1", "127.255.0.9", "::1", "localhost"}) {
    ServeFlags flags;
    flags.bind = address;
    EXPECT_NO_THROW(checked(flags)) << address;
  }
  for (const char* address :
       {"0.0.0.0", "::", "10.0.0.4", "128.0.0.1", "example.org", "127.0.0.1.example.org", ""}) {
    ServeFlags flags;
    flags.bind = address;
    EXPECT_THROW(checked(flags), BadInput) << address;
  }
}

TEST(ServeOptionsTest, SizesAreRead) {
  ServeFlags flags;
  flags.memory_max = "1GiB";
  EXPECT_EQ(checked(flags).memory_bytes_max, std::uint64_t{1} << 30);
}

TEST(ServeOptionsTest, EveryPolicyThatIsNamedIsTaken) {
  const auto names = eviction_names(" ") + " ";
  std::size_t count = 0;
  for (std::size_t at = 0; at < names.size(); at = names.find(' ', at) + 1, ++count) {
    ServeFlags flags;
    flags.eviction = names.substr(at, names.find(' ', at) - at);
    EXPECT_EQ(to_string(checked(flags).eviction), flags.eviction);
  }
  EXPECT_EQ(count, 9u);
}

TEST(WelcomeTest, NamesTheAddressAClientCanUse) {
  Serving serving{.options = checked({}), .port = 6379, .metrics_url = ""};
  EXPECT_THAT(welcome(serving), HasSubstr("redis-cli\n"));

  serving.options.bind = "0.0.0.0";
  serving.port = 7000;
  EXPECT_THAT(welcome(serving), HasSubstr("on 0.0.0.0:7000"));
  EXPECT_THAT(welcome(serving), HasSubstr("redis://127.0.0.1:7000"));

  serving.options.bind = "::1";
  EXPECT_THAT(welcome(serving), HasSubstr("redis://[::1]:7000"));
  EXPECT_THAT(welcome(serving), HasSubstr("redis-cli -h ::1 -p 7000"));
}

TEST(WelcomeTest, NeverShowsThePassword) {
  Serving serving{.options = checked({}), .port = 6379, .metrics_url = ""};
  serving.options.password = "canary";
  EXPECT_THAT(welcome(serving), Not(HasSubstr("canary")));
  EXPECT_THAT(welcome(serving), HasSubstr("password needed"));
}

}  // namespace
}  // namespace larder::apps
