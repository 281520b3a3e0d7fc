// Speed: reads and writes by one thread and by two, beside the memory floor. All contenders take
// turns, each going on in the same sequence of keys; a turn's figure is the thread's processor time.
#include <larder/cache.hpp>
#include <larder/store.hpp>

#include <algorithm>
#include <barrier>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "floor.hpp"
#include "keys.hpp"
#include "line.hpp"
#include "machine.hpp"
#include "node/node.hpp"
#include "node/reader.hpp"
#include "parts.hpp"
#include "store/local/driver.hpp"

namespace larder::bench {
namespace {

constexpr std::size_t kValueBytes = 64;
constexpr char kLetter = 'v';  ///< All values consist of it.
constexpr std::size_t kBatch = Floor::kBatch;
constexpr unsigned kQuarters = 4;  ///< A turn goes through one of them.

/// Runs through some draws and returns how many of them it found.
using Pass = std::function<std::size_t(std::span<const Key16> draws)>;

template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// The same entries, everywhere.
struct Scene {
  Scene(std::uint64_t entries, const Options& options)
      : floor(entries, kValueBytes, HugePages::yes),
        small_floor(entries, kValueBytes, HugePages::no),
        store(Store::open(options.text("url", "memory:")).value()),
        draws(zipf_draws(entries, options.number("draws", 4'000'000))) {
    SetOptions lasting;
    if (const std::uint64_t ttl_ms = options.number("ttl-ms", 0)) lasting.ttl = Millis{ttl_ms};
    for (std::uint64_t i = 0; i < entries; ++i) {
      const Key16 key(i);
      floor.insert(key, value);
      small_floor.insert(key, value);
      store.set(key.full(), value, lasting).value();
    }
    for (const Key16& draw : draws) names.push_back(draw.in_space());
  }

  Bytes value{std::string(kValueBytes, kLetter)};
  Floor floor;
  Floor small_floor;
  Store store;
  Cache<Bytes> cache{store, std::string(Key16::kSpace), {.ttl = forever}};
  node::Node& node = static_cast<store::LocalDriver&>(*store.driver()).node();
  std::vector<Key16> draws;
  std::vector<std::string_view> names;  ///< Of each draw, within its space.

  std::span<const std::string_view> names_of(std::span<const Key16> some) const {
    return std::span(names).subspan(static_cast<std::size_t>(some.data() - draws.data()),
                                    some.size());
  }
};

// ---- what takes turns -----------------------------------------------------------------------------

std::size_t floor_get(const Floor& floor, std::span<const Key16> draws) {
  char copy[kValueBytes];
  std::size_t found = 0;
  for (const Key16& key : draws) {
    found += floor.get(key, copy) == kValueBytes;
    keep(copy);
  }
  return found;
}

/// The next key is known only once the last value has come: what memory takes where no two reads overlap.
std::size_t floor_get_waiting(const Floor& floor, std::span<const Key16> draws) {
  char copy[kValueBytes];
  std::size_t found = 0;
  for (std::size_t i = 0; i < draws.size(); i += 1 + static_cast<std::size_t>(copy[0] - kLetter)) {
    found += floor.get(draws[i], copy) == kValueBytes;
    keep(copy);
  }
  return found;
}

std::size_t floor_batch(const Floor& floor, std::span<const Key16> draws) {
  char copies[kBatch][kValueBytes];
  std::size_t found = 0;
  for (std::size_t i = 0; i < draws.size(); i += kBatch) {
    found += floor.get_batch(&draws[i], copies);
    keep(copies);
  }
  return found;
}

std::size_t node_get(node::Node& node, std::span<const Key16> draws) {
  char copy[kValueBytes];
  std::size_t found = 0;
  for (const Key16& key : draws) {
    node.visit(0, key.full(), node::Mode::read, [&](engine::Entry& entry) {
      if (entry.exists()) found += entry.value().copy(copy, sizeof copy) == kValueBytes;
    });
    keep(copy);
  }
  return found;
}

std::size_t node_read(node::Node& node, std::span<const Key16> draws) {
  std::optional<std::string> copy;
  std::size_t found = 0;
  for (const Key16& key : draws) {
    found += node::Reader(node).read(0, key.full(), copy) == node::Found::string;
    keep(copy);
  }
  return found;
}

std::size_t node_read_batch(node::Node& node, std::span<const Key16> draws) {
  std::optional<std::string> copies[kBatch];
  std::string_view keys[kBatch];
  node::Found outcome[kBatch];
  std::size_t found = 0;
  for (std::size_t first = 0; first < draws.size(); first += kBatch) {
    for (std::size_t i = 0; i < kBatch; ++i) keys[i] = draws[first + i].full();
    node::Reader(node).read_group<std::string>(0, keys, copies, outcome);
    found += static_cast<std::size_t>(
        std::count(std::begin(outcome), std::end(outcome), node::Found::string));
    keep(copies);
  }
  return found;
}

std::size_t node_batch(node::Node& node, std::span<const Key16> draws) {
  char copies[kBatch][kValueBytes];
  std::string_view keys[kBatch];
  std::size_t found = 0;
  for (std::size_t first = 0; first < draws.size(); first += kBatch) {
    for (std::size_t i = 0; i < kBatch; ++i) keys[i] = draws[first + i].full();
    node.visit_many(0, keys, node::Mode::read, [&](std::size_t i, engine::Entry& entry) {
      if (entry.exists()) found += entry.value().copy(copies[i], kValueBytes) == kValueBytes;
    });
    keep(copies);
  }
  return found;
}

std::size_t node_set(node::Node& node, const Bytes& value, std::span<const Key16> draws) {
  std::size_t written = 0;
  for (const Key16& key : draws) {
    node.visit(0, key.full(), node::Mode::write, [&](engine::Entry& entry) {
      written += entry.assign(value, engine::Deadline::none()).has_value();
    });
  }
  return written;
}

std::size_t store_get(const Store& store, std::span<const Key16> draws) {
  std::size_t found = 0;
  for (const Key16& key : draws) {
    const auto value = store.get(key.full());
    found += value && *value && (*value)->size() == kValueBytes;
    keep(value);
  }
  return found;
}

std::size_t cache_get(const Scene& scene, std::span<const Key16> draws) {
  std::size_t found = 0;
  for (const std::string_view name : scene.names_of(draws)) {
    const auto value = scene.cache.get(name);
    found += value && *value && (*value)->size() == kValueBytes;
    keep(value);
  }
  return found;
}

std::size_t cache_batch(const Scene& scene, std::span<const Key16> draws) {
  const auto names = scene.names_of(draws);
  std::size_t found = 0;
  for (std::size_t i = 0; i < names.size(); i += kBatch) {
    const auto values = scene.cache.get_many(names.subspan(i, kBatch));
    for (const auto& value : *values) found += value && value->size() == kValueBytes;
    keep(values);
  }
  return found;
}

std::size_t cache_set(const Scene& scene, std::span<const Key16> draws) {
  std::size_t written = 0;
  for (const std::string_view name : scene.names_of(draws)) {
    written += scene.cache.set(name, scene.value).value();
  }
  return written;
}

struct Contender {
  std::string name;
  Pass pass;
  bool in_two_threads = false;
};

std::vector<Contender> contenders(Scene& scene) {
  return {
      {"floor", [&](auto draws) { return floor_get(scene.floor, draws); }, true},
      {"floor_small_pages", [&](auto draws) { return floor_get(scene.small_floor, draws); }},
      {"floor_waiting", [&](auto draws) { return floor_get_waiting(scene.floor, draws); }},
      {"node_get", [&](auto draws) { return node_get(scene.node, draws); }},
      {"node_read", [&](auto draws) { return node_read(scene.node, draws); }, true},
      {"store_get", [&](auto draws) { return store_get(scene.store, draws); }},
      {"cache_get", [&](auto draws) { return cache_get(scene, draws); }, true},
      {"floor_batch", [&](auto draws) { return floor_batch(scene.floor, draws); }},
      {"node_batch", [&](auto draws) { return node_batch(scene.node, draws); }},
      {"node_read_batch", [&](auto draws) { return node_read_batch(scene.node, draws); }},
      {"cache_batch", [&](auto draws) { return cache_batch(scene, draws); }},
      {"node_set", [&](auto draws) { return node_set(scene.node, scene.value, draws); }},
      {"cache_set", [&](auto draws) { return cache_set(scene, draws); }},
  };
}

// ---- turns ------------------------------------------------------------------------------------------

struct Turn {
  double cpu_ns = 0;   ///< For each call and thread.
  double wall_ns = 0;  ///< For each call and thread.
};

/// `before` is asked for first and not counted: a turn begins with its code and its hot entries in
/// the processor's caches, whoever had the turn before.
Turn take_turn(const Pass& pass, std::span<const Key16> draws, std::span<const Key16> before) {
  pass(before);
  const std::uint64_t wall = wall_ns(), cpu = thread_cpu_ns();
  if (pass(draws) != draws.size()) throw std::runtime_error("a key was not found");
  const auto calls = static_cast<double>(draws.size());
  return {static_cast<double>(thread_cpu_ns() - cpu) / calls,
          static_cast<double>(wall_ns() - wall) / calls};
}

/// Two threads at once, each on a core and with draws of its own.
Turn take_turn_together(const Pass& pass, std::span<const Key16> one, std::span<const Key16> two,
                        std::span<const Key16> before) {
  Turn turns[2];
  std::barrier start(2);
  auto run = [&](unsigned core) {
    pin_to(core);
    start.arrive_and_wait();
    turns[core] = take_turn(pass, core == 0 ? one : two, before);
  };
  std::thread other(run, 1U);
  run(0);
  other.join();
  return {(turns[0].cpu_ns + turns[1].cpu_ns) / 2, std::max(turns[0].wall_ns, turns[1].wall_ns)};
}

void report(std::string_view name, std::uint64_t entries, unsigned threads, unsigned round,
            const Turn& turn) {
  Line()
      .add("name", name)
      .add("entries", static_cast<double>(entries))
      .add("threads", threads)
      .add("round", round)
      .add("cpu_ns", turn.cpu_ns)
      .add("wall_ns", turn.wall_ns);
}

}  // namespace

void measure_speed(const Options& options) {
  pin_to(0);
  const std::uint64_t entries = options.number("entries", 100'000);
  const auto rounds = static_cast<unsigned>(options.number("rounds", 7));
  Scene scene(entries, options);
  const std::size_t calls = scene.draws.size() / kQuarters / kBatch * kBatch;
  const auto quarter = [&](unsigned number) {
    return std::span(scene.draws).subspan(number % kQuarters * calls, calls);
  };
  const auto all = contenders(scene);
  for (unsigned round = 0; round < rounds; ++round) {
    const auto draws = quarter(round),
               before = quarter(round + 1).first(calls / 8 / kBatch * kBatch);
    for (const Contender& one : all) {
      report(one.name, entries, 1, round, take_turn(one.pass, draws, before));
      if (!one.in_two_threads) continue;
      const Turn together = take_turn_together(one.pass, draws, quarter(round + 2), before);
      report(one.name, entries, 2, round, together);
    }
  }
}

}  // namespace larder::bench
