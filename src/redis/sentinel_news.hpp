// SentinelNews: hears at once when sentinels have made another server the primary. Each of them tells so on its channel
// +switch-master; who relies on it must ask as well, for what is published while a connection is away is lost.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "redis/client.hpp"
#include "redis/errand.hpp"
#include "redis/listener.hpp"

namespace larder::redis {

/// What one sentinel says, as it comes. Pure; threads: those of a Listener.
class SwitchListener final : public Listener {
 public:
  SwitchListener(std::string_view primary, std::function<void()> switched)
      : begins_(std::string(primary) + " "), switched_(std::move(switched)) {}
  bool hears(const resp::Value& value) override;
  void heard() override;

 private:
  const std::string begins_;
  const std::function<void()> switched_;
  bool is_switched_ = false;
};

/// Threads  Safe from any.
class SentinelNews : public std::enable_shared_from_this<SentinelNews> {
 public:
  /// Connects to each sentinel, and again when a connection is lost. `switched` runs on a client's thread.
  static std::shared_ptr<SentinelNews> listen(const std::vector<ClientOptions>& sentinels,
                                              std::string_view primary,
                                              const std::function<void()>& switched,
                                              const base::Clock& clock);
  ~SentinelNews();
  SentinelNews(const SentinelNews&) = delete;
  SentinelNews& operator=(const SentinelNews&) = delete;

  explicit SentinelNews(const base::Clock& clock) noexcept : clock_(clock) {}

 private:
  struct Line {
    std::unique_ptr<Client> client;
    std::shared_ptr<Errand> question;
  };

  void subscribe(std::size_t line);

  const base::Clock& clock_;
  std::mutex mutex_;
  std::vector<Line> lines_;  ///< Guarded by mutex_.
};

}  // namespace larder::redis
