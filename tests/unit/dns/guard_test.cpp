// Who is served, and how much is sent to whom.
#include "dns/guard.hpp"

#include <gtest/gtest.h>

#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/types.hpp"

namespace larder::dns {
namespace {

net::SocketAddress from(const char* host) { return net::find_address({host, 4'711}).value(); }

std::string asks(std::uint16_t type = type::kA) {
  Message message;
  message.question = Asked{name_from_text("a.example").value(), type, kClassIn};
  return build_message(message);
}

TEST(GuardTest, IsClosedToAllButThisMachine) {
  Guard guard({}, base::SystemClock::instance());
  const auto bytes = asks();
  const Query query = read_query(bytes);
  EXPECT_EQ(guard.look(query, from("127.0.0.1"), true).refusal, 0);
  EXPECT_EQ(guard.look(query, from("::1"), true).refusal, 0);
  EXPECT_EQ(guard.look(query, from("::ffff:127.0.0.1"), true).refusal, 0);
  const auto refused = guard.look(query, from("192.0.2.1"), true);
  EXPECT_EQ(refused.refusal, rcode::kRefused);
  EXPECT_EQ(refused.ede, ede::kProhibited);
  EXPECT_EQ(guard.look(query, from("192.0.2.1"), false).refusal, rcode::kRefused);
  EXPECT_EQ(guard.counters().refused.value(), 2U);
}

TEST(GuardTest, WhoMayBeForgedGetsNoMoreThanFourTimesWhatItAskedWith) {
  GuardOptions options;
  ASSERT_TRUE(options.acl.allow("192.0.2.0/24"));
  Guard guard(std::move(options), base::SystemClock::instance());
  const auto bytes = asks();
  Query query = read_query(bytes);
  EXPECT_FALSE(guard.look(query, from("192.0.2.1"), true).is_known);
  EXPECT_TRUE(guard.look(query, from("192.0.2.1"), false).is_known);
  EXPECT_TRUE(guard.look(query, from("127.0.0.1"), true).is_known);
  std::string cookie(Cookies::kBytes, '\0');
  guard.cookies().write(cookie.data(), "clientid", net::host_bytes(from("192.0.2.1")));
  query.cookie = cookie;
  EXPECT_TRUE(guard.look(query, from("192.0.2.1"), true).is_known);
  EXPECT_FALSE(guard.look(query, from("192.0.2.2"), true).is_known);
}

TEST(GuardTest, WhoAsksTooOftenIsSentToTcp) {
  Guard guard({.client_rate = 5}, base::SystemClock::instance());
  const auto bytes = asks();
  const Query query = read_query(bytes);
  int limited = 0;
  for (int i = 0; i < 100; ++i)
    limited += guard.look(query, from("127.0.0.1"), true).only_truncated ? 1 : 0;
  EXPECT_GE(limited, 80);
  EXPECT_FALSE(guard.look(query, from("127.0.0.1"), false).only_truncated);
  EXPECT_FALSE(guard.look(query, from("127.0.0.2"), true).only_truncated);
}

TEST(GuardTest, AnyGoesOverTcp) {
  Guard guard({}, base::SystemClock::instance());
  const auto bytes = asks(type::kAny);
  EXPECT_TRUE(guard.look(read_query(bytes), from("127.0.0.1"), true).only_truncated);
  EXPECT_FALSE(guard.look(read_query(bytes), from("127.0.0.1"), false).only_truncated);
}

TEST(GuardTest, AQuestionThatComesFromOurselvesIsALoop) {
  const auto own = from("192.0.2.9");
  Guard guard({.is_ours = [own](const net::SocketAddress& peer) { return peer == own; }},
              base::SystemClock::instance());
  EXPECT_TRUE(guard.is_loop(own));
  EXPECT_FALSE(guard.is_loop(from("192.0.2.1")));
}

}  // namespace
}  // namespace larder::dns
