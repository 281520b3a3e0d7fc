// TLS: how it is set up, and the context that connections are made from. OpenSSL stays behind it.
#pragma once

#include <larder/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/limits.hpp"
#include "net/stream.hpp"

struct ssl_ctx_st;

namespace larder::net {

/// What TLS is made of, with Redis' names and defaults. Files are in PEM.
struct TlsOptions {
  /// Whether a server asks its clients for a certificate, and whether it takes those that have none.
  enum class AuthClients : std::uint8_t { no, optional, yes };

  std::string cert_file;      ///< The certificate, then those that lead to its authority.
  std::string key_file;       ///< Its private key.
  std::string key_file_pass;  ///< Pass phrase of an encrypted key. Never shown.
  std::string ca_cert_file;   ///< Authorities whose certificates are believed.
  std::string ca_cert_dir;    ///< The same, a file each, named by `openssl rehash`.
  AuthClients auth_clients = AuthClients::yes;
  /// As a client: believe only a certificate that leads to an authority and is for the server's name. Without it, whoever
  /// is on the way can read and change everything.
  bool verify_server = true;
  std::string protocols;     ///< "TLSv1.2 TLSv1.3", or one of them; empty: both.
  std::string ciphers;       ///< Of TLS 1.2, as OpenSSL lists them; empty: OpenSSL's choice.
  std::string ciphersuites;  ///< Of TLS 1.3, likewise.
  bool prefer_server_ciphers = false;
  bool session_caching = true;  ///< A client that comes back need not prove everything again.
  std::size_t sessions_max = base::limits::kTlsSessionsMax;
  std::int64_t session_seconds = base::limits::kTlsSessionTime.count();
};

/// Whether this build can do TLS: the CMake option LARDER_TLS.
bool has_tls() noexcept;

/// Certificates read and checked once, for any number of connections. It does not change: a new certificate is a new
/// context, and connections keep the one they were made from.
///
/// Threads  Safe from any.
class TlsContext {
 public:
  using Pointer = std::shared_ptr<const TlsContext>;

  /// Errors  `bad_argument`, naming the setting, the file and what is wrong with it. A certificate that is not valid
  ///         now is wrong. `bad_argument` for everything in a build without TLS.
  /// Cost    Reads files: some milliseconds.
  static Result<Pointer> for_server(const TlsOptions& options);
  /// For the other end: proves who the server is. Without an authority named, those of this system are believed; a
  /// certificate and key are shown if they are named.
  static Result<Pointer> for_client(const TlsOptions& options);

  TlsContext(ssl_ctx_st* context, std::int64_t expires_unix) noexcept
      : context_(context), expires_unix_(expires_unix) {}
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// TLS over `inner`, as the server's side; the first reads are the handshake. Null: no memory.
  std::unique_ptr<Stream> accept(std::unique_ptr<Stream> inner) const;
  /// As the client's side. `host`, a name or an address, must be in the server's certificate. Null: no memory, or no
  /// such name can be.
  std::unique_ptr<Stream> connect(std::unique_ptr<Stream> inner, const std::string& host) const;
  /// Seconds since 1970 at which the certificate ends; 0: there is none.
  std::int64_t expires_unix() const noexcept { return expires_unix_; }

 private:
  ssl_ctx_st* context_;
  std::int64_t expires_unix_;
};

}  // namespace larder::net
