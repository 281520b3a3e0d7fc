// TlsSettings: how TLS is set up while the server runs, and the certificates that the next connection gets.
#pragma once

#include <larder/error.hpp>

#include <mutex>
#include <string>

#include "net/tls.hpp"

namespace larder::server {

/// Threads  Safe from any.
class TlsSettings {
 public:
  explicit TlsSettings(net::TlsOptions options) : options_(std::move(options)) {}

  net::TlsOptions options() const {
    const std::lock_guard lock(mutex_);
    return options_;
  }
  /// What the next connection is made from; null: nothing was loaded.
  net::TlsContext::Pointer context() const {
    const std::lock_guard lock(mutex_);
    return context_;
  }
  /// Reads the files, once more if they were read before. Errors: TlsContext's; what was in use stays.
  Result<void> load();
  /// Somebody listens for TLS: what does not load is refused from now on.
  bool is_in_use() const { return context() != nullptr; }

 private:
  friend class TlsDraft;

  std::mutex changing_;  // One change at a time, from its first look to its end.
  mutable std::mutex mutex_;
  net::TlsOptions options_;           // Guarded by mutex_.
  net::TlsContext::Pointer context_;  // Guarded by mutex_.
};

/// Several settings of TLS that change together or not at all: certificate and key fit only each other.
///
/// Threads  Of the one that made it.
class TlsDraft {
 public:
  explicit TlsDraft(TlsSettings& settings) : settings_(settings) {}

  /// To be written to. From the first call on, no other draft is.
  net::TlsOptions& options();
  /// Reads what it names, if TLS is in use. Errors: TlsContext's. Afterwards apply() cannot fail.
  Result<void> prepare();
  void apply();

 private:
  TlsSettings& settings_;
  std::unique_lock<std::mutex> changing_;
  net::TlsOptions options_;
  net::TlsContext::Pointer context_;
};

}  // namespace larder::server
