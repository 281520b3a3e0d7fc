#include "apps/dns_study.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "apps/command.hpp"
#include "apps/dns_redis.hpp"
#include "dns/name.hpp"
#include "dns/service.hpp"
#include "manage/info_text.hpp"

namespace larder::apps {
namespace {

constexpr int kWarmUp = 200;

/// One answer, waited for.
class Waiter {
 public:
  void give(dns::Outcome outcome) {
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
    given_.notify_one();
  }
  dns::Outcome take() {
    std::unique_lock lock(mutex_);
    given_.wait(lock, [this] { return outcome_.has_value(); });
    return std::move(*outcome_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<dns::Outcome> outcome_;  // guarded by mutex_
};

const StudyScheme* find_scheme(const std::string& name) {
  const auto& all = study_schemes();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const StudyScheme& scheme) { return name == scheme.name; });
  return found == all.end() ? nullptr : &*found;
}

class DnsStudySubject final : public lab::StudySubject {
 public:
  DnsStudySubject(const std::vector<std::string>& names, std::uint32_t ttl_s,
                  base::Millis stub_delay)
      : names_(names), ttl_s_(ttl_s), stub_delay_(stub_delay) {}

  Result<void> begin(const lab::StudyCell& cell) override {
    if (!redis_ || redis_->nodes() != cell.partitions) {
      redis_.reset();  // Theirs is the memory and the processor that the next ones need.
      redis_ = std::make_unique<OwnRedis>(cell.partitions);
    }
    // Redis 7's histograms of each command's latency take 70 KB from their first use on: they would count as ours.
    (void)redis_->ask_each({"CONFIG", "SET", "latency-tracking", "no"});
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"FLUSHALL"},
             {"CONFIG", "SET", "maxmemory", "0"},
             {"CONFIG", "SET", "maxmemory-policy", cell.policy}}) {
      if (auto told = redis_->ask_each(words); !told) return told.error();
    }
    if (auto started = start_service(cell); !started) return started;
    // What an empty server with our connections in use needs is not the cache's: the bound comes on top of it.
    for (int i = 0; i < kWarmUp; ++i) ask("n" + std::to_string(i) + ".warm.invalid");
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"FLUSHALL"}, {"CONFIG", "RESETSTAT"}}) {
      if (auto told = redis_->ask_each(words); !told) return told.error();
    }
    auto used = numbers("used_memory");
    if (!used) return used.error();
    empty_ = std::move(*used);
    return bound_memory(cell);
  }

  Reply ask(const std::string& name) override {
    const auto waiter = std::make_shared<Waiter>();
    auto wire = dns::name_from_text(name);
    if (!wire) return {};
    service_->resolver().resolve({.name = std::move(*wire)}, {}, [waiter](dns::Outcome outcome) {
      waiter->give(std::move(outcome));
    });
    const auto outcome = waiter->take();
    return {.answered = outcome.has_value(),
            .hit = outcome && outcome->origin != dns::Origin::upstream &&
                   outcome->origin != dns::Origin::stub};
  }

  Result<std::vector<lab::StudyPartition>> end() override {
    auto info = redis_->ask_each({"INFO"});
    service_->stop();
    service_.reset();
    if (!info) return info.error();
    std::vector<lab::StudyPartition> partitions;
    for (std::size_t i = 0; i < info->size(); ++i) {
      const std::string& text = (*info)[i];
      const auto hits = manage::info_number(text, "keyspace_hits"),
                 used = manage::info_number(text, "used_memory");
      partitions.push_back({.requests = hits + manage::info_number(text, "keyspace_misses"),
                            .hits = hits,
                            .keys = manage::info_keys(text),
                            .bytes = used - std::min(used, empty_[i]),
                            .evictions = manage::info_number(text, "evicted_keys")});
    }
    return partitions;
  }

 private:
  Result<void> start_service(const lab::StudyCell& cell) {
    const auto* scheme = find_scheme(cell.scheme);
    const bool range = std::string_view(scheme->ring_scheme) == "range";
    const auto splits = range ? range_splits(cell.partitions, names_,
                                             std::string_view(scheme->name) == "range-learnt")
                              : std::vector<std::string>{};
    StoreOptions store_options;
    store_options.client_name = "larder-dns-experiment";
    auto store = Store::open(redis_->url(scheme->ring_scheme, splits), store_options);
    if (!store) return store.error();

    dns::ServiceOptions options;
    options.shared = std::move(*store);
    // What is measured is the partitions: nothing may answer before they are asked.
    options.near_bytes_max = 1;
    options.near_policy = "noeviction";
    dns::StubOptions stub;
    stub.ttl_s = ttl_s_;
    stub.delay = stub_delay_;
    options.stub = stub;
    options.cache.prefetch_percent = 0;
    options.cache.stale_max = std::chrono::seconds{0};
    // A late read would count as a miss, and the load would look like the policy's doing.
    options.cache.shared_read = base::Millis{2'000};
    auto service = dns::Service::start(std::move(options), base::SystemClock::instance());
    if (!service) return service.error();
    service_ = std::move(*service);
    return {};
  }

  Result<std::vector<std::uint64_t>> numbers(std::string_view field) {
    const auto info = redis_->ask_each({"INFO"});
    if (!info) return info.error();
    std::vector<std::uint64_t> values;
    for (const auto& text : *info) values.push_back(manage::info_number(text, field));
    return values;
  }

  Result<void> bound_memory(const lab::StudyCell& cell) {
    if (cell.memory_bytes == 0) return {};
    // One bound for all: by the mean, no number of servers has more to spare than another.
    std::uint64_t sum = 0;
    for (const auto bytes : empty_) sum += bytes;
    const auto bound = sum / empty_.size() + cell.memory_bytes / cell.partitions;
    auto told = redis_->ask_each({"CONFIG", "SET", "maxmemory", std::to_string(bound)});
    return told ? Result<void>{} : told.error();
  }

  const std::vector<std::string>& names_;
  const std::uint32_t ttl_s_;
  const base::Millis stub_delay_;
  std::unique_ptr<OwnRedis> redis_;
  std::unique_ptr<dns::Service> service_;
  std::vector<std::uint64_t> empty_;
};

}  // namespace

const std::vector<StudyScheme>& study_schemes() {
  static const std::vector<StudyScheme> kSchemes{
      {"hash", "modulo", "hash of the key modulo the number of partitions"},
      {"range", "range", "the alphabet in equal parts"},
      {"range-learnt", "range", "the names in equal parts"},
      {"ring", "ketama", "a circle of hashes"},
      {"rendezvous", "rendezvous", "the highest bid"},
      {"jump", "jump", "jump consistent hashing"},
  };
  return kSchemes;
}

std::vector<std::string> range_splits(unsigned partitions, const std::vector<std::string>& names,
                                      bool learnt) {
  // Of a key, dns:{www.example.com.}/A/, the name alone decides.
  std::vector<std::string> splits, sorted;
  if (learnt) {
    sorted = names;
    std::sort(sorted.begin(), sorted.end());
  }
  for (unsigned i = 1; i < partitions; ++i) {
    if (learnt) {
      splits.push_back(sorted[sorted.size() * i / partitions]);
    } else {
      splits.emplace_back(1, static_cast<char>('a' + 26 * i / partitions));
    }
  }
  splits.erase(std::unique(splits.begin(), splits.end()), splits.end());
  return splits;
}

std::unique_ptr<lab::StudySubject> make_study_subject(const std::vector<std::string>& names,
                                                      std::uint32_t ttl_s,
                                                      base::Millis stub_delay) {
  return std::make_unique<DnsStudySubject>(names, ttl_s, stub_delay);
}

}  // namespace larder::apps
