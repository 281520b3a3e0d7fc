// In place of the other tls_*.cpp where the build is without TLS.
#include "net/tls.hpp"

namespace larder::net {
namespace {

Error absent() {
  return {Errc::bad_argument, Effect::refused,
          "this Larder was built without TLS; build it with -DLARDER_TLS=ON"};
}

}  // namespace

bool has_tls() noexcept { return false; }
Result<TlsContext::Pointer> TlsContext::for_server(const TlsOptions&) { return absent(); }
Result<TlsContext::Pointer> TlsContext::for_client(const TlsOptions&) { return absent(); }
TlsContext::~TlsContext() = default;
std::unique_ptr<Stream> TlsContext::accept(std::unique_ptr<Stream>) const { return nullptr; }
std::unique_ptr<Stream> TlsContext::connect(std::unique_ptr<Stream>, const std::string&) const {
  return nullptr;
}

}  // namespace larder::net
