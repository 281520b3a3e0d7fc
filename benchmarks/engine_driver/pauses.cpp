// Pauses: what single calls cost at worst while a store grows from nothing, and while millions of
// its entries expire within one second. Every call's processor time is recorded; wall time stands
// beside it, since a call that waits for a lock burns none.
#include <larder/store.hpp>

#include <stdexcept>
#include <string>
#include <vector>

#include "base/histogram.hpp"
#include "keys.hpp"
#include "line.hpp"
#include "machine.hpp"
#include "parts.hpp"

namespace larder::bench {
namespace {

const std::string kValue(32, 'v');

/// One reading of each clock a call: where one call's time ends, the next one's begins.
class CallTimes {
 public:
  void start() noexcept {
    cpu_last_ = thread_cpu_ns();
    wall_last_ = wall_ns();
  }
  void call_ended() noexcept {
    const std::uint64_t wall = wall_ns(), cpu = thread_cpu_ns();
    cpu_.record(cpu - cpu_last_);
    wall_.record(wall - wall_last_);
    start_from(cpu, wall);
  }
  void describe(Line& line) const {
    describe(line, "cpu", cpu_);
    describe(line, "wall", wall_);
    line.add("calls", static_cast<double>(cpu_.count()));
  }

 private:
  void start_from(std::uint64_t cpu, std::uint64_t wall) noexcept {
    cpu_last_ = cpu;
    wall_last_ = wall;
  }
  static void describe(Line& line, const std::string& clock, const base::Histogram& times) {
    line.add(clock + "_us_p50", static_cast<double>(times.percentile(50)) / 1e3)
        .add(clock + "_us_p99", static_cast<double>(times.percentile(99)) / 1e3)
        .add(clock + "_us_p99_99", static_cast<double>(times.percentile(99.99)) / 1e3)
        .add(clock + "_us_max", static_cast<double>(times.max()) / 1e3);
  }

  base::Histogram cpu_;
  base::Histogram wall_;
  std::uint64_t cpu_last_ = 0;
  std::uint64_t wall_last_ = 0;
};

constexpr std::uint64_t kSecond = 1'000'000'000;

/// Entries that die within one second, among others that stay.
class MassExpiry {
 public:
  MassExpiry(const Options& options)
      : store_(Store::open(options.text("url", "memory:")).value()),
        staying_(options.number("staying", 1'000'000)),
        dying_(options.number("entries", 5'000'000)),
        patience_ns_(options.number("patience-s", 30) * kSecond) {
    for (std::uint64_t i = 0; i < staying_; ++i) store_.set(Key16(i).full(), kValue).value();
    resident_before_ = resident_bytes();
    // The end must lie behind the last write, and how long writing takes is not known beforehand.
    for (std::uint64_t seconds = 2 + dying_ / 200'000; !filled(seconds); seconds *= 2) {
      if (seconds > 600) throw std::runtime_error("filling takes more than ten minutes");
    }
    resident_full_ = resident_bytes();
  }

  /// Reads and writes from a second before the end until the memory is back.
  void watch() {
    while (wall_ns() + kSecond < end_) sleep_ms(1);
    const std::uint64_t give_up = end_ + patience_ns_;
    times_.start();
    for (std::uint64_t calls = 0; !back_; ++calls) {
      if (calls % 64 != 0) {
        call(calls);
        times_.call_ended();
      } else if (wall_ns() > next_look_) {
        look();
        times_.start();
        if (wall_ns() > give_up) break;
      }
    }
  }

  void report() const {
    Line line;
    line.add("part", "expiring").add("entries", static_cast<double>(dying_));
    times_.describe(line);
    line.add("resident_full", static_cast<double>(resident_full_ - resident_before_))
        .add("resident_after",
             static_cast<double>(resident_bytes()) - static_cast<double>(resident_before_))
        .add("entries_gone_seconds", gone_seconds_)
        .add("memory_back_seconds", back_ ? back_seconds_ : -1);
  }

 private:
  bool filled(std::uint64_t seconds) {
    const std::uint64_t last = wall_ns() + seconds * kSecond;
    for (std::uint64_t i = 0; i < dying_; ++i) {
      const std::uint64_t at = last - i % 1'000 * 1'000'000, now = wall_ns();
      if (at < now + kSecond) return false;
      store_.set(Key16(staying_ + i).full(), kValue, {.ttl = Millis{(at - now) / 1'000'000}})
          .value();
    }
    end_ = last;
    return true;
  }

  // One in eight reads asks for what is about to die: readers may help, but are not the sweep.
  void call(std::uint64_t number) {
    if (number % 2 == 0) {
      store_.set(Key16(random_.below(staying_)).full(), kValue).value();
    } else {
      const bool of_dying = number % 16 == 1;
      store_
          .get(Key16(of_dying ? staying_ + random_.below(dying_) : random_.below(staying_)).full())
          .value();
    }
  }

  /// Back is: nine tenths of what the dying had taken are the system's again.
  void look() {
    const std::uint64_t now = wall_ns(), resident = resident_bytes();
    next_look_ = now + kSecond / 10;
    const double since = (static_cast<double>(now) - static_cast<double>(end_)) / 1e9;
    if (gone_seconds_ < 0 && store_.size().value() <= staying_) gone_seconds_ = since;
    back_ = resident < resident_before_ + (resident_full_ - resident_before_) / 10;
    back_seconds_ = since;
  }

  Store store_;
  std::uint64_t staying_;
  std::uint64_t dying_;
  std::uint64_t patience_ns_;
  std::uint64_t resident_before_ = 0;
  std::uint64_t resident_full_ = 0;
  std::uint64_t end_ = 0;  ///< When the last of them is dead.
  std::uint64_t next_look_ = 0;
  bool back_ = false;
  double back_seconds_ = -1;
  double gone_seconds_ = -1;
  CallTimes times_;
  base::Random random_{17};
};

}  // namespace

void measure_growing(const Options& options) {
  const Store store = Store::open(options.text("url", "memory:")).value();
  const std::uint64_t entries = options.number("entries", 20'000'000);
  CallTimes times;
  times.start();
  for (std::uint64_t i = 0; i < entries; ++i) {
    store.set(Key16(i).full(), kValue).value();
    times.call_ended();
  }
  Line line;
  line.add("part", "growing").add("entries", static_cast<double>(entries));
  times.describe(line);
}

void measure_expiring(const Options& options) {
  MassExpiry expiry(options);
  expiry.watch();
  expiry.report();
}

}  // namespace larder::bench
