// Memory: what entries cost beyond their key and value bytes, by resident memory: after loading,
// after every entry was replaced once by an erase and an insert of another key, and after as many
// overwrites.
#include <string>
#include <vector>

#include "keys.hpp"
#include "line.hpp"
#include "machine.hpp"
#include "parts.hpp"
#include "target.hpp"

namespace larder::bench {
namespace {

class Filling {
 public:
  Filling(Target& target, const Options& options)
      : target_(target),
        numbers_(options.number("entries", 5'000'000)),
        value_(options.number("value-bytes", 32), 'v'),
        with_ttl_(options.number("ttl", 0) != 0),
        settle_ms_(static_cast<unsigned>(options.number("settle-ms", 500))) {
    for (std::uint32_t& number : numbers_) number = next_++;
    before_ = target_.resident();
  }

  void load() {
    for (const std::uint32_t number : numbers_) write(number);
    report("load");
  }
  void churn() {
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      std::uint32_t& number = numbers_[random_.below(numbers_.size())];
      target_.erase(Key16(number).full());
      number = next_++;
      write(number);
    }
    report("churn");
  }
  void overwrite() {
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      write(numbers_[random_.below(numbers_.size())]);
    }
    report("overwrite");
  }

 private:
  // An hour and some, no two neighbours at the same millisecond.
  void write(std::uint32_t number) {
    target_.set(Key16(number).full(), value_, with_ttl_ ? 3'600'000 + number % 59'999 : 0);
  }

  void report(std::string_view phase) {
    target_.finish();
    sleep_ms(settle_ms_);  // What is given back in the background has its chance.
    Line line;
    line.add("phase", phase)
        .add("entries", static_cast<double>(numbers_.size()))
        .add("data_bytes", static_cast<double>(numbers_.size() * (sizeof(Key16) + value_.size())))
        .add("resident_bytes", static_cast<double>(target_.resident() - before_));
    if (const auto accounted = target_.accounted()) {
      line.add("accounted_bytes", static_cast<double>(*accounted));
    }
  }

  Target& target_;
  std::vector<std::uint32_t> numbers_;
  std::string value_;
  bool with_ttl_;
  unsigned settle_ms_;
  std::uint32_t next_ = 0;
  std::uint64_t before_;
  base::Random random_{11};
};

}  // namespace

void measure_memory(const Options& options) {
  const auto target =
      options.text("protocol").empty() ? make_store_target(options) : make_server_target(options);
  Filling filling(*target, options);
  filling.load();
  filling.churn();
  filling.overwrite();
}

}  // namespace larder::bench
