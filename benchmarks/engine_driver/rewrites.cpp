// Rewrites: the same keys written over and over with sizes drawn anew. What a store holds then,
// against the ideal: the live bytes and, for each entry, what it cost beyond them when first loaded.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "keys.hpp"
#include "line.hpp"
#include "machine.hpp"
#include "parts.hpp"
#include "target.hpp"

namespace larder::bench {
namespace {

struct Sizes {
  std::uint64_t least;
  std::uint64_t most;
};

class Rewriting {
 public:
  Rewriting(Target& target, std::uint64_t entries, Sizes sizes)
      : target_(target), sizes_(sizes), now_(entries, 0), value_(sizes.most, 'v') {
    before_ = target_.resident();
    for (std::size_t i = 0; i < entries; ++i) write(i);
    overhead_ = static_cast<double>(held()) - live();
  }

  void rewrite(std::uint64_t operations) {
    for (std::uint64_t i = 0; i < operations; ++i) write(random_.below(now_.size()));
  }

  void report(std::uint64_t operations) {
    sleep_ms(200);
    Line line;
    line.add("operations", static_cast<double>(operations))
        .add("live_bytes", live())
        .add("overhead_at_load", overhead_ / static_cast<double>(now_.size()))
        .add("resident_bytes", static_cast<double>(held()))
        .add("of_ideal", static_cast<double>(held()) / (live() + overhead_))
        .add("of_live", static_cast<double>(held()) / live());
    if (const auto accounted = target_.accounted()) {
      line.add("accounted_bytes", static_cast<double>(*accounted));
    }
  }

 private:
  void write(std::size_t key) {
    const std::uint64_t bytes = sizes_.least + random_.below(sizes_.most - sizes_.least + 1);
    value_bytes_ += bytes - now_[key];
    now_[key] = static_cast<std::uint16_t>(bytes);
    target_.set(Key16(key).full(), std::string_view(value_).substr(0, bytes), 0);
  }
  std::uint64_t held() const { return target_.resident() - before_; }
  double live() const { return static_cast<double>(value_bytes_ + now_.size() * sizeof(Key16)); }

  Target& target_;
  Sizes sizes_;
  std::vector<std::uint16_t> now_;  ///< Each value's size.
  std::string value_;
  std::uint64_t value_bytes_ = 0;
  std::uint64_t before_ = 0;
  double overhead_ = 0;
  base::Random random_{13};
};

constexpr std::uint64_t kLooks = 10;

}  // namespace

void measure_rewrites(const Options& options) {
  const auto target = make_store_target(options);
  const std::uint64_t operations = options.number("operations", 1'000'000);
  Rewriting rewriting{*target,
                      options.number("entries", 1'000'000),
                      {options.number("least", 16), options.number("most", 1024)}};
  rewriting.report(0);
  for (std::uint64_t look = 1; look <= kLooks; ++look) {
    rewriting.rewrite(operations / kLooks);
    rewriting.report(operations / kLooks * look);
  }
}

}  // namespace larder::bench
