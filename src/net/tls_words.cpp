#include "net/tls_words.hpp"

#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <string_view>
#include <system_error>

namespace larder::net {
namespace {

struct Words {
  int library;
  int reason;
  std::string_view words;
};

/// Where OpenSSL's own words help nobody.
constexpr Words kWords[] = {
    {ERR_LIB_PEM, PEM_R_NO_START_LINE, "holds nothing in PEM of that kind"},
    {ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL, "has a key that is too small"},
    {ERR_LIB_SSL, SSL_R_CA_MD_TOO_WEAK, "is signed with a digest that is too weak"},
    {ERR_LIB_SSL, SSL_R_HTTP_REQUEST, "plain HTTP, not TLS"},
    {ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, "plain bytes, not TLS"},
    {ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "the peer showed no certificate"},
    {ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, "the peer speaks no version that is allowed here"},
    {ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER, "the peer knows no cipher that is allowed here"},
};

std::string words_of(unsigned long error) {
  if (ERR_SYSTEM_ERROR(error)) return std::generic_category().message(ERR_GET_REASON(error));
  for (const Words& known : kWords) {
    if (known.library == ERR_GET_LIB(error) && known.reason == ERR_GET_REASON(error)) {
      return std::string(known.words);
    }
  }
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET) {
    return std::string("the peer refused: ") +
           SSL_alert_desc_string_long(ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET);
  }
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "OpenSSL error " + std::to_string(error);
}

}  // namespace

std::string take_tls_words() {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  return first == 0 ? "no reason given" : words_of(first);
}

}  // namespace larder::net
