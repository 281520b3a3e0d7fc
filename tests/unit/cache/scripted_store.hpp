// A store in a map that fails when told to and calls back before it writes: what the races of a
// cache need.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "store/driver.hpp"

namespace larder::cache::test {

class ScriptedDriver;
using ScriptedBase = store::RunsEach<ScriptedDriver, store::Operations, StoreDriver>;

/// Threads  Safe from any thread; the script is set before they start.
class ScriptedDriver final : public ScriptedBase {
 public:
  struct Entry {
    std::string value;
    std::optional<Millis> ttl;
  };

  // The script.
  std::optional<Error> read_error, write_error;
  std::function<void()> before_set;  ///< Outside the lock: may block, may call the store.

  // What has become of it.
  std::map<std::string, Entry, std::less<>> entries;
  std::atomic<int> reads{0}, writes{0};

  std::string_view url() const noexcept override { return "scripted:"; }
  std::string metrics_text() const override { return {}; }
  bool answers_at_once() const noexcept override { return true; }

  Result<std::optional<Bytes>> answer(const store::Get& op, const CallOptions&) {
    const std::lock_guard lock(mutex_);
    ++reads;
    if (read_error) return *read_error;
    const auto found = entries.find(op.key);
    if (found == entries.end()) return std::optional<Bytes>();
    return std::optional<Bytes>(Bytes(found->second.value));
  }
  Result<bool> answer(const store::Set& op, const CallOptions&) {
    if (before_set) before_set();
    const std::lock_guard lock(mutex_);
    ++writes;
    if (write_error) return *write_error;
    const bool there = entries.contains(op.key);
    if (op.options.condition == SetIf::absent && there) return false;
    if (op.options.condition == SetIf::present && !there) return false;
    entries[std::string(op.key)] = {std::string(op.value), op.options.ttl};
    return true;
  }
  Result<bool> answer(const store::CompareAndSet& op, const CallOptions&) {
    const std::lock_guard lock(mutex_);
    const auto found = entries.find(op.key);
    if (found == entries.end() || found->second.value != op.expected) return false;
    found->second = {std::string(op.value), op.options.ttl};
    return true;
  }
  Result<bool> answer(const store::Erase& op, const CallOptions&) {
    const std::lock_guard lock(mutex_);
    return entries.erase(std::string(op.key)) > 0;
  }
  Result<bool> answer(const store::Expire& op, const CallOptions&) {
    const std::lock_guard lock(mutex_);
    return entries.contains(op.key);
  }
  template <class Op>
  Result<typename Op::Answer> answer(const Op&, const CallOptions&) {
    return Error{Errc::unsupported, Effect::refused, "not in the script"};
  }

 private:
  std::mutex mutex_;
};

}  // namespace larder::cache::test
