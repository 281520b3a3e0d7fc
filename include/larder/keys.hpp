// Keys: the keys of a Store that match a pattern, one after another, a page at a time.
#pragma once

#include <larder/store.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace larder {

/// A stream of keys, as lazy as it can be: a page is fetched when the one before was read. One that stays in the store
/// all the while comes at least once, and may come again; one that comes or goes meanwhile may come.
///
///     larder::Keys keys{store, {.match = "user:*"}};
///     while (auto key = keys.next().value()) use(*key);
///
/// Threads  One at a time.
/// Cost     One round trip a page; a page's keys in memory.
class Keys {
 public:
  /// `with_side_keys`: also what Larder keeps beside entries (docs/formats/keys.md).
  explicit Keys(Store store, ScanOptions options = {}, bool with_side_keys = false)
      : store_(std::move(store)), options_(std::move(options)), with_side_keys_(with_side_keys) {}

  /// None: that was the last. Errors: as Store::scan; the next call then asks for that page again.
  Result<std::optional<std::string>> next(const CallOptions& call = {});
  /// What is left of the page at hand, or the next one; empty: that was the last. Errors: the same.
  Result<std::vector<std::string>> next_page(const CallOptions& call = {});

 private:
  Result<bool> fetch(const CallOptions& call);

  Store store_;
  ScanOptions options_;
  bool with_side_keys_;
  std::vector<std::string> page_;
  std::size_t read_ = 0;  ///< Of page_.
  std::uint64_t cursor_ = 0;
  bool begun_ = false;
};

}  // namespace larder
