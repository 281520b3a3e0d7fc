// Certificates, keys and rules, read once: what can be wrong with them is said here, before any connection meets it.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <optional>

#include "base/files.hpp"
#include "net/tls.hpp"
#include "net/tls_bio.hpp"
#include "net/tls_stream.hpp"
#include "net/tls_words.hpp"

namespace larder::net {
namespace {

template <auto free>
struct FreeWith {
  template <class T>
  void operator()(T* what) const noexcept {
    free(what);
  }
};
using Context = std::unique_ptr<SSL_CTX, FreeWith<&SSL_CTX_free>>;
using MemoryBio = std::unique_ptr<BIO, FreeWith<&BIO_free_all>>;

Error wrong(const std::string& what) { return {Errc::bad_argument, Effect::refused, what}; }
Error wrong(const char* setting, const std::string& value) {
  return wrong(std::string(setting) + " " + value + ": " + take_tls_words());
}

/// The pass phrase of a key, and whether it is encrypted at all.
struct Pass {
  std::string text;
  bool asked = false;
};

/// Called by OpenSSL where a key is encrypted. Without one of our own it would ask the terminal.
int give_pass(char* into, int room, int, void* data) {
  Pass& pass = *static_cast<Pass*>(data);
  pass.asked = true;
  if (pass.text.size() > static_cast<std::size_t>(room)) return -1;
  pass.text.copy(into, pass.text.size());
  return static_cast<int>(pass.text.size());
}

std::int64_t unix_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? std::int64_t{::timegm(&parts)} : 0;
}

/// When the certificate ends. Errors where it is not valid now.
Result<std::int64_t> check_time(SSL_CTX* context, const std::string& file) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) >= 0) {
    return wrong("tls-cert-file " + file + ": is not valid yet: is this machine's clock right?");
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0) {
    return wrong("tls-cert-file " + file + ": has expired");
  }
  return unix_seconds(X509_get0_notAfter(certificate));
}

/// What the file holds, once it is known to be there.
Result<void> must_be_readable(const char* setting, const std::string& file) {
  const auto text = base::read_file(file, base::limits::kTlsFileBytesMax);
  if (!text) return wrong(std::string(setting) + " " + text.error().detail);
  return {};
}

Result<void> take_key(SSL_CTX* context, const TlsOptions& options) {
  const std::string named = "tls-key-file " + options.key_file;
  Pass pass{options.key_file_pass};
  SSL_CTX_set_default_passwd_cb(context, &give_pass);
  SSL_CTX_set_default_passwd_cb_userdata(context, &pass);
  const char* file = options.key_file.c_str();
  const bool taken = SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  const bool none = pass.text.empty();
  OPENSSL_cleanse(pass.text.data(), pass.text.size());
  if (taken) return {};
  if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH) {
    ERR_clear_error();
    return wrong(named + ": is not the key of the certificate in " + options.cert_file);
  }
  if (!pass.asked) return wrong("tls-key-file", options.key_file);
  ERR_clear_error();
  return wrong(named + ": is encrypted, and " +
               (none ? "no pass phrase was given" : "the pass phrase is wrong"));
}

Result<std::int64_t> take_certificate(SSL_CTX* context, const TlsOptions& options) {
  for (const auto& [setting, file] : {std::pair{"tls-cert-file", &options.cert_file},
                                      std::pair{"tls-key-file", &options.key_file}}) {
    if (file->empty()) return wrong(std::string(setting) + " is needed: a file in PEM");
    if (auto readable = must_be_readable(setting, *file); !readable) return readable.error();
  }
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    return wrong("tls-cert-file", options.cert_file);
  }
  if (auto taken = take_key(context, options); !taken) return taken.error();
  return check_time(context, options.cert_file);
}

Result<void> take_authorities(SSL_CTX* context, const TlsOptions& options) {
  const std::string& file = options.ca_cert_file;
  const std::string& folder = options.ca_cert_dir;
  if (!file.empty()) {
    if (auto readable = must_be_readable("tls-ca-cert-file", file); !readable) return readable;
    if (SSL_CTX_load_verify_file(context, file.c_str()) != 1)
      return wrong("tls-ca-cert-file", file);
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file.c_str()));
  }
  if (!folder.empty()) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) {
      return wrong("tls-ca-cert-dir " + folder + ": there is no such folder");
    }
    if (SSL_CTX_load_verify_dir(context, folder.c_str()) != 1)
      return wrong("tls-ca-cert-dir", folder);
  }
  return {};
}

/// "TLSv1.2 TLSv1.3" as bits of OpenSSL's options that forbid the others.
std::optional<std::uint64_t> forbidden_protocols(std::string text) {
  std::uint64_t forbidden = SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3;
  if (text.empty()) return 0;
  text += ' ';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find(' ', at);
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    if (word == "TLSv1.2") {
      forbidden &= ~SSL_OP_NO_TLSv1_2;
    } else if (word == "TLSv1.3") {
      forbidden &= ~SSL_OP_NO_TLSv1_3;
    } else if (!word.empty()) {
      return std::nullopt;
    }
  }
  return forbidden == (SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3) ? std::nullopt
                                                              : std::optional(forbidden);
}

Result<void> take_rules(SSL_CTX* context, const TlsOptions& options) {
  const auto forbidden = forbidden_protocols(options.protocols);
  if (!forbidden) {
    return wrong("tls-protocols '" + options.protocols +
                 "': TLSv1.2, TLSv1.3, or both with a space between are wanted");
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, *forbidden | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  if (options.prefer_server_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) != 1) {
    return wrong("tls-ciphers", options.ciphers);
  }
  if (!options.ciphersuites.empty() &&
      SSL_CTX_set_ciphersuites(context, options.ciphersuites.c_str()) != 1) {
    return wrong("tls-ciphersuites", options.ciphersuites);
  }
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);  // Header and body of a record in one read.
  SSL_CTX_set_max_cert_list(context, static_cast<long>(base::limits::kTlsChainBytesMax));
  SSL_CTX_set_dh_auto(context, 1);
  return {};
}

/// Tickets, which the clients keep, count as caching too: who turns it off wants each handshake whole.
void set_caching(SSL_CTX* context, const TlsOptions& options) {
  if (!options.session_caching) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    return;
  }
  static constexpr unsigned char kName[] = "larder";
  SSL_CTX_set_session_id_context(context, kName, sizeof kName - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  SSL_CTX_sess_set_cache_size(context, static_cast<long>(options.sessions_max));
  SSL_CTX_set_timeout(context, static_cast<long>(options.session_seconds));
}

Result<void> ask_clients(SSL_CTX* context, const TlsOptions& options) {
  using Auth = TlsOptions::AuthClients;
  if (options.auth_clients == Auth::no) {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    return {};
  }
  if (options.ca_cert_file.empty() && options.ca_cert_dir.empty()) {
    return wrong(
        "tls-auth-clients is not 'no', and nothing tells good client certificates from others: "
        "give "
        "tls-ca-cert-file or tls-ca-cert-dir, or set tls-auth-clients no");
  }
  const bool must = options.auth_clients == Auth::yes;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (must ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  return {};
}

struct Side {
  std::unique_ptr<TlsWire> wire;
  TlsStream::Session session;
};

/// A session over the stream, in the context's rules; without one: no memory.
Side side_over(SSL_CTX* context, std::unique_ptr<Stream> inner) {
  Side side{std::make_unique<TlsWire>(TlsWire{std::move(inner)}),
            TlsStream::Session(SSL_new(context))};
  BIO* bio = side.session != nullptr ? tls_bio_over(*side.wire) : nullptr;
  if (bio == nullptr) return {};
  SSL_set_bio(side.session.get(), bio, bio);
  return side;
}

bool must_be_for(SSL* session, const std::string& host) {
  X509_VERIFY_PARAM* wanted = SSL_get0_param(session);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return true;
  ERR_clear_error();
  return SSL_set1_host(session, host.c_str()) == 1 &&
         SSL_set_tlsext_host_name(session, host.c_str()) == 1;
}

}  // namespace

bool has_tls() noexcept { return true; }

Result<TlsContext::Pointer> TlsContext::for_server(const TlsOptions& options) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return wrong("TLS: " + take_tls_words());
  if (auto ruled = take_rules(context.get(), options); !ruled) return ruled.error();
  const auto expires = take_certificate(context.get(), options);
  if (!expires) return expires.error();
  if (auto taken = take_authorities(context.get(), options); !taken) return taken.error();
  if (auto asked = ask_clients(context.get(), options); !asked) return asked.error();
  set_caching(context.get(), options);
  return std::make_shared<const TlsContext>(context.release(), *expires);
}

Result<TlsContext::Pointer> TlsContext::for_client(const TlsOptions& options) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return wrong("TLS: " + take_tls_words());
  if (auto ruled = take_rules(context.get(), options); !ruled) return ruled.error();
  std::int64_t expires_unix = 0;
  if (!options.cert_file.empty()) {
    const auto expires = take_certificate(context.get(), options);
    if (!expires) return expires.error();
    expires_unix = *expires;
  }
  if (auto taken = take_authorities(context.get(), options); !taken) return taken.error();
  if (options.ca_cert_file.empty() && options.ca_cert_dir.empty() &&
      SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return wrong("TLS: this system's authorities: " + take_tls_words());
  }
  SSL_CTX_set_verify(context.get(), options.verify_server ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     nullptr);
  return std::make_shared<const TlsContext>(context.release(), expires_unix);
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::unique_ptr<Stream> TlsContext::accept(std::unique_ptr<Stream> inner) const {
  Side side = side_over(context_, std::move(inner));
  if (side.session == nullptr) return nullptr;
  SSL_set_accept_state(side.session.get());
  return std::make_unique<TlsStream>(std::move(side.wire), std::move(side.session));
}

std::unique_ptr<Stream> TlsContext::connect(std::unique_ptr<Stream> inner,
                                            const std::string& host) const {
  Side side = side_over(context_, std::move(inner));
  if (side.session == nullptr || !must_be_for(side.session.get(), host)) return nullptr;
  SSL_set_connect_state(side.session.get());
  return std::make_unique<TlsStream>(std::move(side.wire), std::move(side.session));
}

}  // namespace larder::net
