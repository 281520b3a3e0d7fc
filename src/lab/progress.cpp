#include "lab/progress.hpp"

#include <algorithm>

#include "base/units.hpp"

namespace larder::lab {

ProgressBar::ProgressBar(std::FILE* out, bool on, const base::Clock& clock)
    : out_(out), on_(on), clock_(clock) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs("\r\033[K", out_);
}

std::string bar_text(std::optional<double> done) {
  if (!done) return {};
  constexpr std::size_t kWidth = 24;
  const double part = std::clamp(*done, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(part * kWidth);
  std::string percent = std::to_string(static_cast<int>(part * 100));
  percent.insert(0, 3 - percent.size(), ' ');
  return "[" + std::string(full, '#') + std::string(kWidth - full, '-') + "] " + percent + " %";
}

void ProgressBar::update(std::string_view what, std::optional<double> done,
                         std::string_view facts) {
  if (!on_) return;
  const base::Instant now = clock_.now();
  if (now < next_ && what == what_) return;
  next_ = now + base::Millis{100};
  if (what != what_) {
    what_ = what;
    began_ = now;
  }
  std::string line = what_ + " " + bar_text(done) + "  " + std::string(facts);
  // Too early, the guess would jump about.
  if (done && *done > 0.02 && *done < 1) {
    const auto spent = static_cast<double>((now - began_).count());
    const auto left = base::Nanos{static_cast<std::int64_t>(spent * (1 - *done) / *done)};
    line += "  " + base::duration_text(std::chrono::ceil<std::chrono::seconds>(left)) + " left";
  }
  std::fprintf(out_, "\r%s\033[K", line.c_str());
  std::fflush(out_);
  drawn_ = true;
}

}  // namespace larder::lab
