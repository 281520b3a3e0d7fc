// The shared store as the cache sees it: reads and writes that answer later, on whatever thread, and never block.
#pragma once

#include <larder/store.hpp>

#include <functional>
#include <string>
#include <vector>

#include "dns/resolver.hpp"

namespace larder::dns {

/// Threads  Safe from any thread. A `done` runs on a thread of the store's, or on the caller's for a store in this process, and
///          must be quick.
class SharedTier {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  SharedTier(Store store, std::string prefix, Millis read_deadline, Millis write_deadline);

  /// "dns:{www.example.com.}/AAAA/dc": the name in lower case, the type, `d` for DO and `c` for CD. The braces make the name alone
  /// say which server of several keeps it: all of a name is together, and ranges are ranges of names.
  std::string key_of(const Question& question) const;
  /// Takes such a key apart; none: it is not one.
  std::optional<Question> question_of(std::string_view key) const;
  const std::string& prefix() const noexcept { return prefix_; }
  Millis read_deadline() const noexcept { return read_deadline_; }

  void get(std::string key, Done<std::optional<Bytes>> done) const;
  /// The value, or leave for one process of all to fetch it, for `time`.
  void lease(std::string key, Millis time, Done<Lease> done) const;
  /// Writes what the lease was for. False: its time was over, or somebody wrote or erased meanwhile.
  void fill(std::string key, std::string value, std::uint64_t token, std::optional<Millis> ttl,
            Done<bool> done) const;
  void get_many(std::vector<std::string> keys, Done<std::vector<std::optional<Bytes>>> done) const;
  /// As `get` of each, in one call: for keys of one server, since they are late together.
  void get_together(std::vector<std::string> keys,
                    Done<std::vector<std::optional<Bytes>>> done) const;
  /// Whether all keys are one server's, as far as the store's URL tells.
  bool is_one_server() const noexcept;
  void set(std::string key, std::string value, std::optional<Millis> ttl, Done<bool> done) const;
  void erase_many(std::vector<std::string> keys, Done<std::size_t> done) const;
  void ping(Done<void> done) const;
  void size(Done<std::size_t> done) const;
  /// What the server says of itself.
  void info(Done<std::string> done) const;

  const Store& store() const noexcept { return store_; }
  /// A store of this process: every `done` runs before the call returns.
  bool answers_at_once() const noexcept;

 private:
  void get_all(std::vector<std::string> keys, Millis deadline,
               Done<std::vector<std::optional<Bytes>>> done) const;

  const Store store_;
  const std::string prefix_;
  const Millis read_deadline_, write_deadline_;
};

}  // namespace larder::dns
