#include "server/tls_settings.hpp"

#include <utility>

namespace larder::server {

Result<void> TlsSettings::load() {
  const std::lock_guard changing(changing_);
  auto context = net::TlsContext::for_server(options());
  if (!context) return context.error();
  const std::lock_guard lock(mutex_);
  context_ = std::move(*context);
  return {};
}

net::TlsOptions& TlsDraft::options() {
  if (!changing_) {
    changing_ = std::unique_lock(settings_.changing_);
    options_ = settings_.options();
  }
  return options_;
}

Result<void> TlsDraft::prepare() {
  if (!changing_ || !settings_.is_in_use()) return {};
  auto context = net::TlsContext::for_server(options_);
  if (!context) return context.error();
  context_ = std::move(*context);
  return {};
}

void TlsDraft::apply() {
  if (!changing_) return;
  const std::lock_guard lock(settings_.mutex_);
  settings_.options_ = std::move(options_);
  if (context_ != nullptr) settings_.context_ = std::move(context_);
  changing_.unlock();
}

}  // namespace larder::server
