// What can be wrong with certificates, keys and rules, and how it is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/net/tls_pair.hpp"

namespace larder::net {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class TlsContextTest : public testing::Test {
 protected:
  /// What is wrong with these options, or "".
  static std::string wrong(const TlsOptions& options) {
    const auto context = TlsContext::for_server(options);
    if (context) return {};
    EXPECT_EQ(context.error().code, Errc::bad_argument);
    return context.error().detail;
  }
  TlsOptions with(const larder::test::Certificates::Pair& pair) const {
    TlsOptions options = world.server_options();
    options.cert_file = pair.cert_file;
    options.key_file = pair.key_file;
    return options;
  }
  test::World world;
};

TEST_F(TlsContextTest, AGoodCertificateIsTakenWithItsEnd) {
  const auto context = TlsContext::for_server(world.server_options());
  ASSERT_TRUE(context) << context.error().detail;
  const std::int64_t now = std::time(nullptr);
  EXPECT_NEAR(static_cast<double>((*context)->expires_unix()), static_cast<double>(now) + 86'400,
              600);
}

TEST_F(TlsContextTest, FilesThatAreMissingAreNamed) {
  TlsOptions options = world.server_options();
  options.cert_file = "/no/such.pem";
  EXPECT_EQ(wrong(options), "tls-cert-file /no/such.pem: No such file or directory");
  options = world.server_options();
  options.key_file = "/no/such.key";
  EXPECT_EQ(wrong(options), "tls-key-file /no/such.key: No such file or directory");
  options.key_file.clear();
  EXPECT_EQ(wrong(options), "tls-key-file is needed: a file in PEM");
  options.cert_file.clear();
  EXPECT_EQ(wrong(options), "tls-cert-file is needed: a file in PEM");
}

TEST_F(TlsContextTest, WhatIsNoCertificateOrKeyIsCalledThat) {
  world.certificates.write("nonsense.pem", "hello\n");
  TlsOptions options = world.server_options();
  options.cert_file = world.certificates.path("nonsense.pem");
  EXPECT_THAT(wrong(options),
              AllOf(HasSubstr("tls-cert-file"), HasSubstr("nonsense.pem: holds no")));
  options = world.server_options();
  options.key_file = world.certificates.path("nonsense.pem");
  EXPECT_THAT(wrong(options), AllOf(HasSubstr("tls-key-file"), HasSubstr("nonsense.pem: ")));
  options = world.server_options();
  options.ca_cert_file = world.certificates.path("nonsense.pem");
  EXPECT_THAT(wrong(options), AllOf(HasSubstr("tls-ca-cert-file"), HasSubstr("nonsense.pem: ")));
  options.ca_cert_file.clear();
  options.ca_cert_dir = world.certificates.path("nonsense.pem");
  EXPECT_THAT(wrong(options), HasSubstr("there is no such folder"));
}

TEST_F(TlsContextTest, AKeyMustBeTheCertificates) {
  TlsOptions options = world.server_options();
  options.key_file = world.certificates.issue("other").key_file;
  EXPECT_THAT(wrong(options),
              HasSubstr("is not the key of the certificate in " + options.cert_file));
}

TEST_F(TlsContextTest, ACertificateMustBeValidNow) {
  EXPECT_THAT(wrong(with(world.certificates.issue("old", {-3, -1}))), HasSubstr("has expired"));
  EXPECT_THAT(wrong(with(world.certificates.issue("new", {1, 3}))), HasSubstr("is not valid yet"));
}

TEST_F(TlsContextTest, AnEncryptedKeyNeedsItsPassPhrase) {
  TlsOptions options = with(world.certificates.issue("sealed", {.pass = "canary-Kx"}));
  EXPECT_THAT(wrong(options), HasSubstr("is encrypted, and no pass phrase was given"));
  options.key_file_pass = "canary-wrong";
  EXPECT_THAT(wrong(options), AllOf(HasSubstr("is encrypted, and the pass phrase is wrong"),
                                    Not(HasSubstr("canary"))));
  options.key_file_pass = std::string(5'000, 'x');
  EXPECT_THAT(wrong(options), HasSubstr("pass phrase"));
  options.key_file_pass = "canary-Kx";
  EXPECT_EQ(wrong(options), "");
}

TEST_F(TlsContextTest, ClientsCannotBeAskedWithoutAnAuthority) {
  TlsOptions options = world.server_options();
  for (const auto auth : {TlsOptions::AuthClients::yes, TlsOptions::AuthClients::optional}) {
    options.auth_clients = auth;
    options.ca_cert_file.clear();
    EXPECT_THAT(wrong(options), HasSubstr("or set tls-auth-clients no"));
    options.ca_cert_file = world.certificates.authority();
    EXPECT_EQ(wrong(options), "");
  }
}

TEST_F(TlsContextTest, RulesThatMakeNoSenseAreRefused) {
  for (const char* bad : {"TLSv1.1", "TLSv1.2 SSLv3", "nonsense", " "}) {
    TlsOptions options = world.server_options();
    options.protocols = bad;
    EXPECT_THAT(wrong(options), HasSubstr("TLSv1.2, TLSv1.3, or both")) << bad;
  }
  TlsOptions options = world.server_options();
  options.ciphers = "NONSENSE";
  EXPECT_THAT(wrong(options), HasSubstr("tls-ciphers NONSENSE: "));
  options = world.server_options();
  options.ciphersuites = "NONSENSE";
  EXPECT_THAT(wrong(options), HasSubstr("tls-ciphersuites NONSENSE: "));
}

}  // namespace
}  // namespace larder::net
