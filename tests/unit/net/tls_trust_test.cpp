// Who believes whom: certificates of servers and clients, good and bad.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/net/tls_pair.hpp"

namespace larder::net {
namespace {

using test::TlsPair;
using testing::HasSubstr;
using Auth = TlsOptions::AuthClients;

class TlsTrustTest : public testing::Test {
 protected:
  TlsOptions asking(Auth auth) const {
    TlsOptions options = world.server_options();
    options.auth_clients = auth;
    options.ca_cert_file = world.certificates.authority();
    return options;
  }
  static TlsOptions showing(TlsOptions options, const larder::test::Certificates::Pair& pair) {
    options.cert_file = pair.cert_file;
    options.key_file = pair.key_file;
    return options;
  }
  test::World world;
  larder::test::Certificates strangers;
};

TEST_F(TlsTrustTest, AClientBelievesItsAuthorityAndNoOther) {
  TlsOptions client;
  client.ca_cert_file = strangers.authority();
  TlsPair pair = world.pair(world.server_options(), client);
  pair.settle();
  EXPECT_FALSE(pair.stands());
  EXPECT_THAT(pair.client.stream->failure(), HasSubstr("unable to get local issuer certificate"));
  EXPECT_EQ(pair.server.stream->failure(), "the peer refused: unknown CA");
}

TEST_F(TlsTrustTest, WithoutAnAuthorityNamedThoseOfTheSystemAreBelieved) {
  TlsPair pair = world.pair(world.server_options(), {});
  pair.settle();
  EXPECT_FALSE(pair.stands());
}

TEST_F(TlsTrustTest, ACertificateIsForItsNamesOnly) {
  for (const auto& [host, good] :
       {std::pair{"localhost", true}, std::pair{"127.0.0.1", true}, std::pair{"127.0.0.2", false},
        std::pair{"example.org", false}, std::pair{"localhost.example.org", false}}) {
    TlsPair pair = world.pair(world.server_options(), world.client_options(), host);
    pair.settle();
    EXPECT_EQ(pair.stands(), good) << host;
    EXPECT_EQ(pair.client.stream->failure().empty(), good) << host;
  }
}

TEST_F(TlsTrustTest, AClientThatMustShowACertificateAndHasNoneIsRefused) {
  TlsPair pair = world.pair(asking(Auth::yes), world.client_options());
  pair.settle();
  EXPECT_FALSE(pair.server.stream->is_established());
  EXPECT_EQ(pair.server.stream->failure(), "the peer showed no certificate");
}

TEST_F(TlsTrustTest, AClientThatMayShowACertificateNeedNot) {
  TlsPair pair = world.pair(asking(Auth::optional), world.client_options());
  pair.settle();
  EXPECT_TRUE(pair.stands());
}

TEST_F(TlsTrustTest, AClientOfTheAuthorityIsTaken) {
  const auto own = world.certificates.issue("client");
  for (const Auth auth : {Auth::yes, Auth::optional}) {
    TlsPair pair = world.pair(asking(auth), showing(world.client_options(), own));
    pair.settle();
    EXPECT_TRUE(pair.stands());
    pair.send(pair.client, "hello");
    EXPECT_EQ(pair.server.heard, "hello");
  }
}

TEST_F(TlsTrustTest, ABadCertificateIsRefusedEvenWhereNoneIsNeeded) {
  const auto foreign = strangers.issue("client");
  for (const Auth auth : {Auth::yes, Auth::optional}) {
    TlsPair pair = world.pair(asking(auth), showing(world.client_options(), foreign));
    pair.settle();
    EXPECT_FALSE(pair.server.stream->is_established());
    EXPECT_THAT(pair.server.stream->failure(), HasSubstr("unable to get local issuer certificate"));
  }
}

TEST_F(TlsTrustTest, AnAuthorityInAFolderIsFoundByItsHash) {
  TlsOptions server = asking(Auth::yes);
  server.ca_cert_file.clear();
  const TlsOptions client = showing(world.client_options(), world.certificates.issue("client"));
  for (const auto& [folder, good] : {std::pair{world.certificates.authority_folder(), true},
                                     std::pair{strangers.authority_folder(), false}}) {
    server.ca_cert_dir = folder;
    TlsPair pair = world.pair(server, client);
    pair.settle();
    EXPECT_EQ(pair.server.stream->is_established(), good);
  }
}

TEST_F(TlsTrustTest, VersionsThatAreNotAllowedAreRefused) {
  TlsOptions server = world.server_options();
  TlsOptions client = world.client_options();
  server.protocols = "TLSv1.3";
  client.protocols = "TLSv1.2";
  TlsPair apart = world.pair(server, client);
  apart.settle();
  EXPECT_EQ(apart.server.stream->failure(), "the peer speaks no version that is allowed here");

  server.protocols = "TLSv1.2 TLSv1.3";
  TlsPair together = world.pair(server, client);
  together.settle();
  EXPECT_TRUE(together.stands());
}

TEST_F(TlsTrustTest, CiphersThatAreNotAllowedAreRefused) {
  TlsOptions server = world.server_options();
  TlsOptions client = world.client_options();
  server.protocols = "TLSv1.2";
  server.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
  client.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  TlsPair apart = world.pair(server, client);
  apart.settle();
  EXPECT_EQ(apart.server.stream->failure(), "the peer knows no cipher that is allowed here");

  client.ciphers += ":ECDHE-ECDSA-AES256-GCM-SHA384";
  TlsPair together = world.pair(server, client);
  together.settle();
  EXPECT_TRUE(together.stands());
}

TEST_F(TlsTrustTest, WithoutCachingAndWithItAHandshakeIsDone) {
  TlsOptions server = world.server_options();
  for (const char* protocol : {"TLSv1.2", "TLSv1.3"}) {
    for (const bool caching : {true, false}) {
      server.protocols = protocol;
      server.session_caching = caching;
      TlsPair pair = world.pair(server, world.client_options());
      pair.settle();
      EXPECT_TRUE(pair.stands()) << protocol;
    }
  }
}

}  // namespace
}  // namespace larder::net
