// A life in ten milliseconds, two thousand times: writes of all kinds, transactions, expiry, eviction, snapshots and
// failures of the disk in an order by chance, and an end by chance. What comes back must be what was there after the
// first m steps, with every acknowledged step among them.
//
// LARDER_SEED=N plays one of them again; LARDER_SEEDS=100000 plays so many.
#include <cerrno>
#include <cstdlib>

#include "base/random.hpp"
#include "durable_fixture.hpp"

namespace larder::node::test {
namespace {

using Deed = base::MemoryDisk::Deed;
using engine::Change;

/// What the change stream says there is, after each step. It knows nothing of logs.
class Model final : public engine::ChangeSink {
 public:
  void follow(Life& life, std::uint64_t sequence) {
    life_ = &life;
    bridge_ = std::make_unique<base::WallBridge>(life.node.clock());
    states_.resize(sequence + 1);
    now_ = states_.back();
    life.node.listen(*this);
  }
  void changed(const Change& change) noexcept override {
    const std::pair key{static_cast<unsigned>(change.db), std::string(change.key)};
    std::optional<std::int64_t> deadline;
    if (change.deadline) deadline = bridge_->to_wall(*change.deadline).count();
    switch (change.what) {
      case Change::What::write:
        now_[key] = {shortened(change.value), deadline};
        break;
      case Change::What::deadline:
        now_[key].second = deadline;
        break;
      case Change::What::erase:
      case Change::What::expire:
      case Change::What::evict:
        now_.erase(key);
        break;
      case Change::What::flush:
        std::erase_if(now_, [&](const auto& entry) { return entry.first.first == change.db; });
        break;
      case Change::What::swap:
        if (change.shard == 0) swap(change.db, change.other_db);
        break;
    }
  }
  void committed(std::span<const std::uint32_t>) noexcept override {
    // Nothing is logged for what only ran out of time while the disk refused.
    const std::uint64_t sequence = life_->durability->mark();
    if (sequence == states_.size()) states_.push_back(now_);
  }
  std::uint64_t sent() const { return states_.size() - 1; }
  const Content& now() const { return now_; }
  const Content& at(std::uint64_t sequence) const { return states_.at(sequence); }

 private:
  void swap(unsigned a, unsigned b) {
    Content swapped;
    for (auto& [key, shown] : now_) {
      const unsigned db = key.first == a ? b : key.first == b ? a : key.first;
      swapped[{db, key.second}] = std::move(shown);
    }
    now_ = std::move(swapped);
  }

  Life* life_ = nullptr;
  std::unique_ptr<base::WallBridge> bridge_;
  std::vector<Content> states_{Content{}};
  Content now_;
};

/// Where two contents differ, in few words; empty: nowhere.
std::string difference(const Content& is, const Content& should_be) {
  const auto words = [](const Content& content, const Content::key_type& key) {
    const auto found = content.find(key);
    if (found == content.end()) return std::string("nothing");
    const auto& [value, deadline] = found->second;
    return value + " until " + (deadline ? std::to_string(*deadline) : "ever");
  };
  Content all = is;
  all.insert(should_be.begin(), should_be.end());
  for (const auto& [key, shown] : all) {
    const std::string have = words(is, key), want = words(should_be, key);
    if (is.contains(key) && should_be.contains(key) && is.at(key) == should_be.at(key)) continue;
    return std::to_string(key.first) + ":" + key.second + " is " + have + ", should be " + want;
  }
  return {};
}

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed), disk_(seed) {
    options_.fsync = static_cast<Fsync>(random_.below(3));
    options_.snapshot_every = base::Millis{pick({0, 50, 1'000})};
    options_.log_bytes_min = static_cast<std::uint64_t>(pick({500, 5'000, 1'000'000}));
    if (random_.below(2) == 0)
      options_.compression = compression_from("zstd").value_or(Compression::none);
    node_options_ = {.shards = 4, .databases = 3, .seed = seed + 1};
    if (random_.below(3) == 0) node_options_.bytes_max = 200'000;
    node_options_.eviction =
        random_.below(2) == 0 ? policy::Eviction::adaptive : policy::Eviction::allkeys_lru;
    value_bytes_ = node_options_.bytes_max == 0 ? 30 : 10'000;
  }

  void run() {
    for (auto lives = 2 + random_.below(3); lives > 0 && !failed(); --lives) {
      begin();
      for (auto steps = random_.below(150); steps > 0 && !failed(); --steps) act();
      if (!failed()) die();
    }
    if (!failed()) begin();
  }

 private:
  static bool failed() { return ::testing::Test::HasFailure(); }
  std::int64_t pick(std::initializer_list<std::int64_t> list) {
    return *(list.begin() + random_.below(list.size()));
  }

  // ---- birth -----------------------------------------------------------------------------------------

  void begin() {
    life_ = std::make_unique<Life>(disk_, clock_, node_options_, options_);
    if (!life_->error.empty() && faults_) {
      heal();
      life_.reset();
      life_ = std::make_unique<Life>(disk_, clock_, node_options_, options_);
    }
    ASSERT_EQ(life_->error, "");
    const std::uint64_t m = life_->durability->recovered().sequence;
    ASSERT_GE(m, safe_);
    ASSERT_LE(m, model_.sent());
    ASSERT_EQ(difference(content_of(life_->node), alive(model_.at(m))), "") << "after step " << m;
    safe_ = in_kernel_ = m;
    model_.follow(*life_, m);
  }

  /// What has not run out of time. Eviction is off the table while loading: the bound has room.
  Content alive(const Content& content) const {
    Content left;
    const auto now = clock_.wall().time_since_epoch().count();
    for (const auto& [key, shown] : content) {
      if (!shown.second || *shown.second >= now) left.emplace(key, shown);
    }
    return left;
  }

  // ---- life ------------------------------------------------------------------------------------------

  std::string key() { return "k" + std::to_string(random_.below(30)); }
  unsigned db() { return static_cast<unsigned>(random_.below(3)); }
  std::string value() {
    return std::string(random_.below(value_bytes_), static_cast<char>('a' + random_.below(26)));
  }
  Deadline deadline() {
    switch (random_.below(4)) {
      case 0:
        return Deadline::at(life_->node.clock().now() + base::Millis{random_.below(2'000)});
      case 1:
        return Deadline::keep();
      default:
        return Deadline::none();
    }
  }

  template <class Where>
  void write(Where& where, unsigned database, const std::string& name) {
    where.visit(database, name, Mode::write, [&](Entry& entry) {
      const auto what = random_.below(8);
      if (what < 3) {
        (void)entry.assign(value(), deadline());
      } else if (what == 3) {
        (void)entry.append(value());
      } else if (!entry.exists()) {
        return;
      } else if (what == 4) {
        const auto size = entry.value().size();
        const auto offset = random_.below(size + 1);
        entry.overwrite(offset, std::string(random_.below(size - offset + 1), '#'));
      } else if (what == 5) {
        const Deadline when = deadline();
        if (when.mode == Deadline::Mode::at) entry.set_deadline(when.when);
      } else if (what == 6) {
        entry.set_deadline(std::nullopt);
      } else {
        entry.erase();
      }
    });
  }

  void rename() {
    const std::string from = key(), to = key();
    const std::string_view keys[] = {from, to};
    const unsigned database = db();
    auto held = life_->node.hold(keys);
    const auto old = get_in(held, from, database);
    if (!old || from == to) return;
    if (!set_in(held, to, *old, database)) return;
    held.visit(database, from, Mode::write, [](Entry& entry) { entry.erase(); });
  }

  void transaction() {
    const bool whole = random_.below(4) == 0;
    std::vector<std::string> names;
    for (auto count = 1 + random_.below(6); count > 0; --count) names.push_back(key());
    const std::vector<std::string_view> keys(names.begin(), names.end());
    auto held = whole ? life_->node.hold_all() : life_->node.hold(keys);
    for (const std::string& name : names) {
      write(held, db(), name);
      if (whole && random_.below(4) == 0) held.flush(db());
      if (whole && random_.below(4) == 0) held.swap_databases(db(), db());
    }
  }

  void act() {
    Durability& durability = *life_->durability;
    const auto what = random_.below(40);
    // Who serves clients refuses their writes meanwhile.
    if (what < 26 && durability.refuses()) return rest();
    if (what < 16) {
      write(life_->node, db(), key());
    } else if (what < 20) {
      transaction();
    } else if (what < 23) {
      rename();
    } else if (what == 23) {
      life_->node.flush(db());
    } else if (what == 24) {
      life_->node.hold_all().swap_databases(0, 1);
    } else if (what == 25) {
      (void)life_->node.sweep();
    } else if (what < 28) {
      get_in(life_->node, key(), db());
    } else if (what < 33) {
      flush();
    } else if (what == 33) {
      durability.save_later();
    } else if (what == 34 && random_.below(3) == 0) {
      break_something();
    } else {
      rest();
    }
    if (random_.below(10) == 0) {
      ASSERT_EQ(difference(alive(content_of(life_->node)), alive(model_.now())), "");
    }
  }

  void flush() {
    const std::uint64_t upto = model_.sent();
    if (!life_->durability->flush()) return;
    in_kernel_ = std::max(in_kernel_, upto);
    if (options_.fsync == Fsync::always) safe_ = std::max(safe_, upto);
  }

  /// Some time, or a slice of the clockwork.
  void rest() {
    if (random_.below(3) == 0) clock_.advance(base::Millis{random_.below(400)});
    if (random_.below(20) == 0) heal();
    life_->durability->tick();
    note_what_is_safe();
  }

  /// On the disk by the journal's own word, or in a snapshot.
  void note_what_is_safe() {
    const DurabilityStats stats = life_->durability->stats();
    if (stats.saves == 0 && options_.fsync == Fsync::no) return;
    safe_ = std::max(safe_, stats.log.synced);
    if (stats.saves > 0) safe_ = std::max(safe_, model_.sent() - stats.changes);
    in_kernel_ = std::max(in_kernel_, safe_);
  }

  /// One thing at a time.
  void break_something() {
    heal();
    faults_ = true;
    constexpr Deed kDeeds[] = {Deed::open,   Deed::write,  Deed::truncate,   Deed::sync,
                               Deed::rename, Deed::remove, Deed::sync_folder};
    switch (random_.below(4)) {
      case 0:
        disk_.set_capacity(used() + random_.below(2'000));
        break;
      case 1:
        disk_.tear_write(1 + random_.below(4), random_.below(60));
        break;
      default:
        disk_.fail(kDeeds[random_.below(std::size(kDeeds))], 1 + random_.below(6), EIO,
                   random_.below(4) == 0);
    }
  }
  std::uint64_t used() {
    std::uint64_t bytes = 0;
    const auto names = disk_.list();
    for (const std::string& name : *names) bytes += disk_.content(name).size();
    return bytes;
  }
  void heal() {
    constexpr std::uint64_t kNeverAgain = std::uint64_t{1} << 60;
    disk_.set_capacity(~std::uint64_t{0});
    disk_.tear_write(kNeverAgain, 0);
    for (const Deed deed : {Deed::open, Deed::write, Deed::truncate, Deed::sync, Deed::rename,
                            Deed::remove, Deed::sync_folder}) {
      disk_.fail(deed, kNeverAgain, EIO);
    }
  }

  // ---- death -----------------------------------------------------------------------------------------

  void die() {
    note_what_is_safe();
    switch (random_.below(4)) {
      case 0:  // kill -9: the kernel has what it was given.
        safe_ = in_kernel_;
        break;
      case 1:
        disk_.power_cut();
        break;
      case 2:
        disk_.power_cut(true);
        break;
      default:
        if (life_->durability->close(random_.below(2) == 0)) safe_ = model_.sent();
        if (random_.below(2) == 0) disk_.power_cut();
    }
    // What its destructor still does is no part of its life where that ended by force: the files are dead, or it is told
    // to the model as sent.
    life_.reset();
    if (random_.below(2) == 0) heal();
    clock_.advance(base::Millis{random_.below(1'000)});
  }

  base::Random random_;
  base::MemoryDisk disk_;
  base::ManualClock clock_;
  DurabilityOptions options_;
  NodeOptions node_options_;
  std::size_t value_bytes_ = 30;
  std::unique_ptr<Life> life_;
  Model model_;
  std::uint64_t safe_ = 0;       // No end may lose so many steps.
  std::uint64_t in_kernel_ = 0;  // No end of the process alone.
  bool faults_ = false;
};

TEST(DurableSimulation, WhatComesBackIsWhatWasThereAfterSomeStepWithNothingAcknowledgedMissing) {
  const char* const one = std::getenv("LARDER_SEED");
  const char* const many = std::getenv("LARDER_SEEDS");
  const std::uint64_t first = one ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t count = many ? std::strtoull(many, nullptr, 10) : one ? 1 : 2'000;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed));
    Simulation(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace larder::node::test
