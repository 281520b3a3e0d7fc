// Settings: what CONFIG SET changes while the server runs, as those who act on it read it.
//
// Every value has one writer at a time and is read without a lock, except the password and TLS: those take one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "server/server.hpp"
#include "server/shown.hpp"
#include "server/tls_settings.hpp"

namespace larder::server {

/// The password that clients must give. It can be compared and written to the file it came from, never shown.
///
/// Threads  Safe from any.
class Password {
 public:
  explicit Password(std::string text) : is_set_(!text.empty()), text_(std::move(text)) {}

  bool is_set() const noexcept { return is_set_; }
  void set(std::string text) {
    const std::lock_guard lock(mutex_);
    is_set_ = !text.empty();
    text_ = std::move(text);
  }
  /// In time that tells lengths at most. With no password, any fits.
  bool fits(std::string_view given) const {
    const std::lock_guard lock(mutex_);
    return text_.empty() || base::same_secret(text_, given);
  }
  /// For the file alone.
  std::string reveal() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  Shown<bool> is_set_;
  mutable std::mutex mutex_;
  std::string text_;
};

/// Replies that wait for their reader: client-output-buffer-limit. 0 is no limit of its own.
struct OutputLimit {
  Shown<std::size_t> hard_bytes;  ///< Closes the connection at once.
  Shown<std::size_t> soft_bytes;  ///< Closes it when it stands so for `soft_seconds`.
  Shown<std::int64_t> soft_seconds;
};

/// The classes of clients that Redis tells apart. Nobody replicates from us; that one is kept for those who ask.
enum class ClientClass : std::uint8_t { normal, replica, pubsub };

/// Threads  Safe from any.
struct Settings {
  explicit Settings(const ServerOptions& options)
      : password(options.password), tls(options.tls), clients_max(options.clients_max) {}

  const OutputLimit& output(ClientClass of = ClientClass::normal) const noexcept {
    return output_limits[static_cast<std::size_t>(of)];
  }
  /// Whether so many bytes of replies wait that the connection is to be closed at once.
  bool is_too_much_output(std::size_t bytes) const noexcept {
    return is_too_much_output(bytes, output());
  }
  static bool is_too_much_output(std::size_t bytes, const OutputLimit& limit) noexcept {
    const std::size_t hard = limit.hard_bytes;
    return bytes > (hard != 0 ? hard : base::limits::kOutputLastBytesMax);
  }
  /// Protected mode, and no password to tell friends by.
  bool denies_strangers() const noexcept { return is_protected && !password.is_set(); }
  /// Remembers what CONFIG SET changed, for CONFIG REWRITE.
  void note_change(std::string_view setting) {
    const std::lock_guard lock(changed_mutex_);
    changed_.insert(setting);
  }
  std::set<std::string_view> changed() const {
    const std::lock_guard lock(changed_mutex_);
    return changed_;
  }

  Password password;
  TlsSettings tls;
  Shown<bool> is_protected = true;  ///< Without a password, only this machine is served.
  Shown<std::size_t> clients_max;
  Shown<std::int64_t> idle_seconds_max = std::int64_t{0};  ///< 0: a client may be silent for ever.
  Shown<std::int64_t> keepalive_seconds =
      std::int64_t{std::chrono::seconds(base::limits::kKeepaliveIdle).count()};  ///< 0: none.
  /// Of all connections together; 0 is no limit. As a share of maxmemory if the other is set.
  Shown<std::size_t> client_bytes_max = base::limits::kOutputTotalBytesMax;
  Shown<unsigned> client_percent_max = 0U;
  OutputLimit output_limits[3] = {
      {base::limits::kOutputHardBytesMax, base::limits::kOutputSoftBytesMax,
       std::int64_t{base::limits::kOutputSoftTime.count()}},
      {256 * base::limits::kMiB, 64 * base::limits::kMiB, std::int64_t{60}},
      {32 * base::limits::kMiB, 8 * base::limits::kMiB, std::int64_t{60}},
  };

 private:
  mutable std::mutex changed_mutex_;
  std::set<std::string_view> changed_;  // Names of the table, which stays.
};

}  // namespace larder::server
