#include "dns/cache.hpp"

#include <algorithm>
#include <cstring>

#include "base/random.hpp"
#include "dns/cache_counters.hpp"
#include "dns/cache_lane.hpp"
#include "dns/entry.hpp"
#include "dns/errands.hpp"
#include "dns/near_tier.hpp"
#include "dns/shared_tier.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

/// The lane whose thread this is.
thread_local const CacheLane* own_lane = nullptr;

std::optional<Error> bad_question(const Question& question) {
  const auto refuse = [](std::string why) {
    return Error{Errc::bad_argument, Effect::refused, std::move(why)};
  };
  const auto back = name_from_text(name_to_text(question.name));
  if (!back || *back != question.name) return refuse("the question's name is not in wire form");
  if (question.klass != kClassIn)
    return refuse("class " + class_text(question.klass) + ": only IN is answered");
  if (is_meta_type(question.type) && question.type != type::kAny) {
    return refuse("type " + type_text(question.type) + ": no record has it");
  }
  return std::nullopt;
}

bool is_ageing(const Entry& entry, std::int64_t now_ms, unsigned percent) noexcept {
  if (entry.facts.pinned || percent == 0) return false;
  const std::int64_t life_ms = std::int64_t{entry.facts.ttl_s} * 1'000;
  return (life_ms - entry.age_ms(now_ms)) * 100 < life_ms * percent;
}

}  // namespace

DnsCache::DnsCache(Store near, std::optional<Store> shared, const std::vector<Lane>& lanes,
                   CacheOptions options, const base::Clock& clock)
    : clock_(clock),
      lane_key_(base::random_hash_key()),
      counters_(std::make_shared<CacheCounters>()),
      near_(std::make_unique<NearTier>(std::move(near), clock)),
      sources_(lanes) {
  kept_.push_back(std::make_unique<const CacheOptions>(std::move(options)));
  options_ = kept_.back().get();
  if (shared) {
    const auto servers = std::max<std::size_t>(this->options().partitions.servers.size(), 1);
    for (std::size_t i = 0; i < servers; ++i) counters_->partitions.emplace_back();
    shared_ =
        std::make_shared<SharedTier>(std::move(*shared), this->options().key_prefix,
                                     this->options().shared_read, this->options().shared_write);
  }
  errands_ = std::make_unique<Errands>(!shared_ || shared_->answers_at_once());
  for (const Lane& lane : lanes) {
    lanes_.push_back(std::make_unique<CacheLane>(lane, *near_, shared_, options_, counters_));
  }
}

DnsCache::~DnsCache() = default;

void DnsCache::enter_lane(std::size_t lane) const noexcept { own_lane = lanes_[lane].get(); }

CacheLane& DnsCache::lane_of(std::string_view key) const noexcept {
  if (lanes_.size() == 1) return *lanes_.front();
  return *lanes_[base::keyed_hash(key, lane_key_) % lanes_.size()];
}

void DnsCache::resolve(const Question& question, base::Instant deadline, Resolver::Done done) {
  counters_->questions.add();
  if (auto bad = bad_question(question)) return done(*std::move(bad));
  const NearKey key(question);
  if (!question.bypass_cache) {
    if (const auto bytes = near_->get(key.view())) {
      const auto entry = open_near_entry(*bytes);
      const std::int64_t now_ms = near_->now_ms();
      if (entry && entry->is_fresh(now_ms)) {
        (entry->facts.pinned ? counters_->pinned_served : counters_->near_hits).add();
        if (is_ageing(*entry, now_ms, options().prefetch_percent))
          consider_prefetch(key.view(), question);
        return done(
            answer_from(*entry, question.name, now_ms, options().stale_ttl_s, Origin::near));
      }
    }
  }
  CacheLane& lane = lane_of(key.view());
  if (&lane == own_lane) return lane.start(question, deadline, std::move(done));
  counters_->under_way.add();  // From here on: what is posted is no flight yet.
  lane.loop().post(
      [&lane, counters = counters_, question, deadline, done = std::move(done)]() mutable {
        counters->under_way.sub();
        lane.start(question, deadline, std::move(done));
      });
}

std::optional<DnsCache::NearHit> DnsCache::near_reply(const Query& query, std::span<char> room) {
  const NearKey key(query.name, query.type, query.dnssec_ok, query.checking_disabled());
  const auto bytes = near_->get(key.view());
  if (!bytes) return std::nullopt;
  const auto entry = open_near_entry(*bytes);
  const std::int64_t now_ms = near_->now_ms();
  if (!entry || !entry->is_fresh(now_ms)) return std::nullopt;
  counters_->questions.add();
  (entry->facts.pinned ? counters_->pinned_served : counters_->near_hits).add();
  if (is_ageing(*entry, now_ms, options().prefetch_percent))
    consider_prefetch(key.view(), query.question());
  NearHit hit{entry->wire.size(), static_cast<std::uint16_t>(load16(entry->wire.data() + 2) & 15),
              entry->facts.made_up};
  if (entry->wire.size() <= room.size()) {
    render(room.data(), *entry, query.name, now_ms, options().stale_ttl_s);
    return hit;
  }
  Entry head = *entry;
  hit.bytes = kHeaderBytes + query.name.size() + 4;
  head.wire = head.wire.substr(0, hit.bytes);
  head.places = {};
  render(room.data(), head, query.name, now_ms, options().stale_ttl_s);
  store16(room.data() + 2, static_cast<std::uint16_t>(load16(room.data() + 2) | flag::kTruncated));
  std::memset(room.data() + 6, 0, 6);
  return hit;
}

/// Never on the answering path: the lane does it.
void DnsCache::consider_prefetch(std::string_view key, const Question& question) {
  if (!near_->is_hot(key, options().prefetch_hits)) return;
  CacheLane& lane = lane_of(key);
  lane.loop().post([&lane, question] { lane.refresh(question); });
}

std::size_t DnsCache::under_way() const noexcept {
  const auto count = counters_->under_way.value();
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::string DnsCache::trouble() const {
  for (const Lane& lane : sources_) {
    if (auto why = lane.source->trouble(); !why.empty()) return why;
  }
  return {};
}

DnsStats DnsCache::stats() const {
  const CacheCounters& c = *counters_;
  DnsStats stats;
  stats.questions = c.questions.value();
  stats.near_hits = c.near_hits.value();
  stats.shared_hits = c.shared_hits.value();
  stats.misses = c.misses.value();
  stats.stale_served = c.stale_served.value();
  stats.pinned_served = c.pinned_served.value();
  stats.joined = c.joined.value();
  stats.prefetches = c.prefetches.value();
  stats.shared_errors = c.shared_errors.value();
  stats.shared_late = c.shared_late.value();
  stats.shared_bad = c.shared_bad.value();
  stats.write_errors = c.write_errors.value();
  stats.failures = c.failures.value();
  for (const Lane& lane : sources_) lane.source->count(stats);
  if (const auto entries = near_->store().size()) stats.near_entries = *entries;
  if (const auto info = near_->store().info()) {
    const auto at = info->find("used_memory:");
    if (at != std::string::npos)
      stats.near_bytes = std::strtoull(info->c_str() + at + 12, nullptr, 10);
  }
  return stats;
}

}  // namespace larder::dns
