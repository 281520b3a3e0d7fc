// KeyRun: neighbours in a pipeline that are all plain GETs, or all plain SETs, done together. Their keys are hashed and
// fetched into the cache side by side and each shard is locked once; one by one, every lookup would wait for memory.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/buffer.hpp"
#include "resp/writer.hpp"
#include "server/client.hpp"
#include "server/command.hpp"
#include "server/context.hpp"

namespace larder::server {

class KeyRun {
 public:
  /// As many as a node fetches side by side; 32 cover the wait for memory.
  static constexpr std::size_t kRequestsMax = 32;

  bool empty() const noexcept { return count_ == 0; }
  bool full() const noexcept { return count_ == kRequestsMax; }

  /// True, and taken in: a request that may wait for its neighbours. Its arguments must stay where they are until
  /// execute(). `begin` is where it starts in the input.
  bool take(std::span<const std::string_view> args, std::string_view input, std::size_t begin);

  /// Executes the run and empties it. Returns where in the input to go on: behind the run, or, when `output_bytes` of
  /// replies were reached, at the first request that was not executed.
  std::size_t execute(Context& context, Client& client, base::Buffer& out, std::size_t behind,
                      std::size_t output_bytes);

 private:
  void get(Context& context, Client& client, base::Buffer& out, std::size_t output_bytes,
           std::size_t& answered);
  void set(Context& context, Client& client, base::Buffer& out, std::size_t& answered);

  const Command* command_ = nullptr;
  std::size_t count_ = 0;
  std::array<std::string_view, kRequestsMax> keys_;
  std::array<std::string_view, kRequestsMax> values_;
  std::array<std::size_t, kRequestsMax> begins_;
};

}  // namespace larder::server
