// Errand: one request whose asker may be gone before the answer comes.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "redis/client.hpp"

namespace larder::redis {

class Errand final : public Call, public std::enable_shared_from_this<Errand> {
 public:
  using Read = std::function<void(const resp::Value& reply)>;
  using Done = std::function<void(std::optional<Error> failure)>;

  /// Sends; `read` gets each reply, `done` runs once, on the client's thread, or here if nothing could be sent. An error
  /// reply is a reply.
  /// Lifetime  The client outlives the errand, or it is abandoned first.
  static std::shared_ptr<Errand> send(Client& client, std::string_view request,
                                      std::uint32_t replies, base::Instant deadline, Read read,
                                      Done done);

  /// From now on nothing of it begins to run; what runs this very moment on another thread may still end.
  void abandon();
  /// The client has let go of it.
  bool is_over() const;

  Errand(Client& client, Read read, Done done)
      : client_(client), read_(std::move(read)), done_(std::move(done)) {}
  void received(const resp::Value& reply) override;
  void completed(std::optional<Error> failure) noexcept override;

 private:
  Client& client_;
  const Read read_;
  const Done done_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::shared_ptr<Errand> self_;  ///< While the client has it.
  Ticket ticket_ = 0;
  bool abandoned_ = false;
};

}  // namespace larder::redis
