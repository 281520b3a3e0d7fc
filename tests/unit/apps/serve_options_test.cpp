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

TEST(ServeOptionsTest, AFolderIsKeptEverySecondAndASnapshotEveryMinute) {
  ServeFlags flags;
  flags.dir = "/data";
  const auto options = checked(flags);
  EXPECT_EQ(options.dir, "/data");
  EXPECT_EQ(options.fsync, node::Fsync::everysec);
  EXPECT_EQ(options.snapshot_every, std::chrono::seconds(60));
}

TEST(ServeOptionsTest, HowAFolderIsKeptNeedsAFolder) {
  ServeFlags flags;
  flags.fsync = "always";
  EXPECT_THROW(checked(flags), BadInput);
  flags.dir = "/data";
  flags.snapshot_every = "0";
  EXPECT_EQ(checked(flags).fsync, node::Fsync::always);
  EXPECT_EQ(checked(flags).snapshot_every.count(), 0);
  flags.fsync = "sometimes";
  EXPECT_THROW(checked(flags), BadInput);
  flags.fsync = "no";
  flags.snapshot_compression = "rar";
  EXPECT_THROW(checked(flags), BadInput);
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

TEST(ServeOptionsTest, ThePortsSayWhatIsListenedOn) {
  ServeFlags flags;
  flags.port = 0;
  EXPECT_EQ(checked(flags).port, 0);  // A free one.
  EXPECT_EQ(checked(flags).tls_port, std::nullopt);

  flags.tls_port = 6380;
  EXPECT_EQ(checked(flags).port, std::nullopt);
  EXPECT_EQ(checked(flags).tls_port, 6380);

  flags.port = 6379;
  EXPECT_EQ(checked(flags).port, 6379);
  flags.port = 6380;
  EXPECT_THROW(checked(flags), BadInput);
}

TEST(ServeOptionsTest, WhatFlagsSayOfTlsComesBehindTheFile) {
  ServeFlags flags;
  flags.settings = {{"larder.conf:1: ", "tls-cert-file", "old.pem"}};
  flags.tls = {{"tls-cert-file", "new.pem"}, {"tls-key-file", ""}};
  EXPECT_THROW(checked(flags), BadInput);  // Nothing is served over TLS.

  flags.tls_port = 6380;
  const auto settings = checked(flags).settings;
  ASSERT_EQ(settings.size(), 2U);
  EXPECT_EQ(settings[1].place + settings[1].name, "--tls-cert-file");
  EXPECT_EQ(settings[1].value, "new.pem");
}

TEST(ServeOptionsTest, TlsBeyondThisMachineNeedsThePasswordToo) {
  ServeFlags flags;
  flags.bind = "0.0.0.0";
  flags.port = 0;
  flags.tls_port = 6380;
  flags.tls = {{"tls-auth-clients", "yes"}};
  EXPECT_THROW(checked(flags), BadInput);
}

TEST(WelcomeTest, TellsOfTls) {
  Serving serving{.options = checked({}), .port = 6379, .tls_port = 6380, .metrics_url = ""};
  EXPECT_THAT(welcome(serving), HasSubstr("on 127.0.0.1:6379 and with TLS on 127.0.0.1:6380\n"));
  EXPECT_THAT(welcome(serving), HasSubstr("redis-cli -p 6380 --tls --cacert CA.pem\n"));

  serving.port = 0;
  EXPECT_THAT(welcome(serving), HasSubstr("clients with TLS on 127.0.0.1:6380\n"));
  EXPECT_THAT(welcome(serving), Not(HasSubstr("redis://")));
}

TEST(WelcomeTest, NeverShowsThePassword) {
  Serving serving{.options = checked({}), .port = 6379, .metrics_url = ""};
  serving.options.password = "canary";
  EXPECT_THAT(welcome(serving), Not(HasSubstr("canary")));
  EXPECT_THAT(welcome(serving), HasSubstr("password needed"));
}

}  // namespace
}  // namespace larder::apps
