// What the chapters of the tour share: the store, the voice, and the score of promises kept.
#pragma once

#include <larder/store.hpp>

#include <concepts>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "lab/output.hpp"

namespace larder::lab {

/// Threads  say and promise on one thread.
class Stage {
 public:
  Stage(Store store, std::string space, bool fast, std::FILE* out);

  const Store& store() const noexcept { return store_; }
  /// The prefix of a chapter's keys: nothing of an earlier tour is in it.
  std::string space(std::string_view chapter) const;
  bool fast() const noexcept { return fast_; }
  const base::Clock& clock() const noexcept { return clock_; }

  void title(std::string_view text);
  /// A line: what was called, and what came of it.
  void say(std::string_view call, std::string_view answer);
  /// A line that tells whether what must hold did hold.
  void promise(bool held, std::string_view text);

  /// A call's value. Throws Failure, which ends the tour, if the store failed.
  template <class T>
  static T need(Result<T> result) {
    return std::move(result).value();
  }

  /// Every promise so far, as the elements of a JSON array.
  const std::string& promises_json() const noexcept { return promises_json_; }
  unsigned kept() const noexcept { return kept_; }
  unsigned broken() const noexcept { return broken_; }

  /// Waits, for real.
  static void wait(base::Millis time);

 private:
  Store store_;
  std::string space_;
  bool fast_;
  std::FILE* out_;
  const base::Clock& clock_;
  unsigned chapter_ = 0;
  unsigned kept_ = 0;
  unsigned broken_ = 0;
  std::string promises_json_;
};

// The chapters, in the order in which they are played.
void show_expiry(Stage& stage);
void show_invalidation(Stage& stage);
void show_counter(Stage& stage);
void show_values(Stage& stage);
void show_single_load(Stage& stage);
void show_speed(Stage& stage);

}  // namespace larder::lab
