// Flooding: keys chosen to collide, against as many ordinary ones. They collide for MurmurHash64A
// whatever its seed, and so for libstdc++'s std::hash, which is MurmurHash64A with a seed of its own.
#include <larder/store.hpp>

#include <cstring>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "line.hpp"
#include "machine.hpp"
#include "parts.hpp"
#include "support/colliding_keys.hpp"

namespace larder::bench {
namespace {

constexpr std::uint64_t kMultiplier = test::kMurmurMultiplier;

/// Austin Appleby's MurmurHash64A, for whole 8-byte blocks.
std::uint64_t murmur64a(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = seed ^ (text.size() * kMultiplier);
  for (std::size_t at = 0; at + 8 <= text.size(); at += 8) {
    std::uint64_t block = 0;
    std::memcpy(&block, text.data() + at, 8);
    block *= kMultiplier;
    block ^= block >> 47;
    hash = (hash ^ (block * kMultiplier)) * kMultiplier;
  }
  hash = (hash ^ (hash >> 47)) * kMultiplier;
  return hash ^ (hash >> 47);
}

std::vector<std::string> ordinary(const std::vector<std::string>& like) {
  base::Random random{19};
  std::vector<std::string> keys = like;
  for (std::string& key : keys) {
    for (char& c : key) c = static_cast<char>(random());
  }
  return keys;
}

void require_collisions(const std::vector<std::string>& keys) {
  std::set<std::uint64_t> standard, murmur, seeded;
  for (const std::string& key : keys) {
    standard.insert(std::hash<std::string>{}(key));
    murmur.insert(murmur64a(key, 0));
    seeded.insert(murmur64a(key, 0xadc83b19));
  }
  if (standard.size() != 1 || murmur.size() != 1 || seeded.size() != 1) {
    throw std::runtime_error("the keys do not collide: the attack itself must work");
  }
}

double write_and_read_ns(const std::string& url, const std::vector<std::string>& keys) {
  const Store store = Store::open(url).value();
  const std::uint64_t before = thread_cpu_ns();
  for (const std::string& key : keys) store.set(key, "v").value();
  for (const std::string& key : keys) {
    if (!store.get(key).value()) throw std::runtime_error("a key was not found");
  }
  return static_cast<double>(thread_cpu_ns() - before) / static_cast<double>(2 * keys.size());
}

}  // namespace

void measure_flooding(const Options& options) {
  pin_to(0);
  const std::string url = options.text("url", "memory:");
  const auto flood = test::colliding_keys(static_cast<unsigned>(options.number("bits", 15)));
  const auto usual = ordinary(flood);
  require_collisions(flood);
  for (std::uint64_t round = 0; round < options.number("rounds", 9); ++round) {
    const double usual_ns = write_and_read_ns(url, usual);
    const double flood_ns = write_and_read_ns(url, flood);
    Line()
        .add("keys", static_cast<double>(flood.size()))
        .add("ordinary_ns", usual_ns)
        .add("colliding_ns", flood_ns);
  }
}

}  // namespace larder::bench
