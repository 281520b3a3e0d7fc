// One line of a terminal that draws itself again: how far, how fast, how long yet.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace larder::lab {

/// Draws at most ten times a second. Erases its line when it goes away.
class ProgressBar {
 public:
  /// Draws nothing if `on` is false.
  ProgressBar(std::FILE* out, bool on, const base::Clock& clock);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `done` is 0 to 1, or none where nobody knows. The time left is measured since `done` last fell
  /// or `what` changed.
  void update(std::string_view what, std::optional<double> done, std::string_view facts);

 private:
  std::FILE* out_;
  bool on_;
  bool drawn_ = false;
  const base::Clock& clock_;
  base::Instant next_{};
  base::Instant began_{};
  std::string what_;
};

/// "[########----]  63 %", or nothing without a number.
std::string bar_text(std::optional<double> done);

}  // namespace larder::lab
