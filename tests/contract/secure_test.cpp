// How a store comes to its server beyond plain TCP: what a TLS server must prove, and what a socket's path may be.
#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/servers.hpp"
#if LARDER_TLS
#include "support/certificates.hpp"
#endif

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

std::string words_of(const Result<Store>& opened) {
  return opened.has_error() ? to_string(opened.error()) : "no error";
}

TEST(UnixSocket, ALoginTravelsInItsUrlAndIsNotShown) {
  test::RedisServer server{{"unixsocket @FOLDER@/socket", "requirepass hunter2"}};
  const std::string path = server.socket_path();
  EXPECT_EQ(Store::open("unix://" + path).error().code, Errc::unauthorized);
  const auto opened = Store::open("unix://:hunter2@" + path + "?db=3");
  ASSERT_TRUE(opened.has_value()) << words_of(opened);
  EXPECT_TRUE(opened->set("k", "v").value());
  EXPECT_EQ(opened->url(), "unix://" + path + "?db=3");
}

TEST(UnixSocket, OneThatIsNotThereIsUnreachable) {
  EXPECT_THAT(words_of(Store::open("unix:///no/such/socket")),
              AllOf(HasSubstr("unreachable"), HasSubstr("/no/such/socket")));
}

TEST(UnixSocket, ARestartedServerIsFoundAgain) {
  test::RedisServer server{{"unixsocket @FOLDER@/socket"}};
  const Store store = Store::open("unix://" + server.socket_path()).value();
  server.process().stop(9);
  server.restart();
  EXPECT_TRUE(store.get("k").has_value());
}

#if LARDER_TLS

/// A redis-server that speaks TLS only.
class TlsRedis : public testing::Test {
 protected:
  TlsRedis() : pair(certificates.issue("server")) {}

  std::string url(const std::string& host, const std::string& options) const {
    return "rediss://" + host + ":" + std::to_string(server.port()) + options;
  }
  std::string with_ca(const std::string& more = "") const {
    return "?ca=" + certificates.authority() + more;
  }

  test::Certificates certificates;
  test::Certificates::Pair pair;
  test::RedisServer server{{"port 0", "tls-port @PORT@", "tls-auth-clients no",
                            "tls-ca-cert-file " + certificates.authority(),
                            "tls-cert-file " + pair.cert_file, "tls-key-file " + pair.key_file}};
};

TEST_F(TlsRedis, ItsCertificateMustLeadToAnAuthorityThatIsBelieved) {
  EXPECT_TRUE(Store::open(url("localhost", with_ca())).has_value());
  EXPECT_TRUE(Store::open(url("127.0.0.1", with_ca())).has_value()) << "its address is in it too";
  const auto unknown = Store::open(url("localhost", ""));
  EXPECT_EQ(unknown.error().code, Errc::protocol);
  EXPECT_THAT(words_of(unknown), AllOf(HasSubstr("localhost:" + std::to_string(server.port())),
                                       HasSubstr("certificate")));
}

TEST_F(TlsRedis, ItsCertificateMustBeForTheNameThatWasAskedFor) {
  EXPECT_THAT(words_of(Store::open(url("localhost", with_ca("&sni=cache.example")))),
              HasSubstr("mismatch"));
  EXPECT_TRUE(Store::open(url("127.0.0.1", with_ca("&sni=localhost"))).has_value());
}

TEST_F(TlsRedis, WhoSaysSoBelievesEveryServer) {
  EXPECT_TRUE(Store::open(url("localhost", "?verify=no")).has_value());
}

TEST_F(TlsRedis, LargeValuesCrossInBothDirections) {
  const Store store = Store::open(url("localhost", with_ca())).value();
  const std::string large(5 << 20, 'x');
  store.set("large", large, {}, {.deadline = 30s}).value();
  EXPECT_EQ(store.get("large", {.deadline = 30s}).value(), Bytes(large));
}

TEST_F(TlsRedis, AfterARestartTheConnectionIsMadeAndProvenAnew) {
  const Store store = Store::open(url("localhost", with_ca())).value();
  store.set("k", "v").value();
  server.process().stop(9);
  server.restart();
  EXPECT_EQ(store.get("k").value(), std::nullopt);
}

TEST_F(TlsRedis, APlainClientIsNotUnderstood) {
  const auto opened = Store::open("redis://127.0.0.1:" + std::to_string(server.port()));
  EXPECT_FALSE(opened.has_value());
}

TEST(TlsRedisServer, OneWithoutTlsIsNamedAsSuch) {
  test::RedisServer plain;
  const auto port = std::to_string(plain.port());
  const auto opened =
      Store::open("rediss://127.0.0.1:" + port + "?verify=no", {.connect_timeout = 200ms});
  EXPECT_EQ(opened.error().code, Errc::unreachable);
  EXPECT_THAT(words_of(opened), AllOf(HasSubstr("does not speak TLS"), HasSubstr(port)));
}

TEST(TlsRedisServer, ACertificateThatIsNotThereIsTheUrlsFault) {
  const auto opened = Store::open("rediss://localhost?ca=/no/such/file");
  EXPECT_EQ(opened.error().code, Errc::bad_url);
  EXPECT_THAT(words_of(opened), HasSubstr("/no/such/file"));
}

#endif

}  // namespace
}  // namespace larder
