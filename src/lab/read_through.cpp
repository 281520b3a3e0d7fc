#include "lab/read_through.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/hash.hpp"
#include "lab/value_pattern.hpp"

namespace larder::lab {
namespace {

std::uint64_t hash_of(std::string_view key) noexcept { return base::keyed_hash(key, {1, 2}); }

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const noexcept { return hash_of(key); }
};
struct KeyEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
};

/// One thread's part: the requests for its keys, and what it knows of them.
class Reader {
 public:
  Reader(const Cache<Bytes>& cache, const ReadThroughOptions& options, const base::Clock& clock)
      : cache_(cache), options_(options), clock_(clock) {}

  /// False: the store failed; see report().
  bool request(const Request& request) {
    const std::uint64_t place = hash_of(request.key);
    ++report_.requests;
    const base::Instant start = clock_.now();
    const auto found = cache_.get(request.key);
    const base::Instant got = clock_.now();
    if (!found) return fail(found.error());
    if (*found) {
      hit(request, place, **found);
      report_.hit_ns.record(static_cast<std::uint64_t>((got - start).count()));
      return true;
    }
    if (!load(request, place)) return false;
    report_.miss_ns.record(static_cast<std::uint64_t>((clock_.now() - start).count()));
    remember(request.key, value_size(request));
    return true;
  }

  /// Erases what it wrote.
  void erase() {
    std::vector<std::string> batch;
    const auto flush = [&] {
      const auto erased = cache_.erase_many(batch);
      batch.clear();
      return erased || fail(erased.error());
    };
    for (const auto& [key, size] : written_) {
      batch.push_back(key);
      if (batch.size() == kEraseBatch && !flush()) return;
    }
    if (!batch.empty()) flush();
  }

  const ReadThroughReport& report() {
    report_.distinct = written_.size();
    return report_;
  }
  std::uint64_t requests() const noexcept { return report_.requests; }
  std::uint64_t hits() const noexcept { return report_.hits; }

 private:
  static constexpr std::size_t kEraseBatch = 500;

  static std::size_t value_size(const Request& request) noexcept {
    return request.size > request.key.size() ? request.size - request.key.size() : 0;
  }

  void hit(const Request& request, std::uint64_t place, const Bytes& value) {
    ++report_.hits;
    const auto known = written_.find(request.key);
    if (known == written_.end()) {
      // Nobody wrote it in this run: a hit all the same, and then hits exceed what can be.
      remember(request.key, value.size());
      ++report_.wrong;
      return;
    }
    pattern_.reserve(value.size());
    if (value.size() != known->second || value != pattern_.value(place, value.size())) {
      ++report_.wrong;
    }
  }

  bool load(const Request& request, std::uint64_t place) {
    const std::size_t size = value_size(request);
    pattern_.reserve(size);
    value_.assign(pattern_.value(place, size));
    WriteOptions write;
    if (options_.ttl && request.ttl_s > 0) write.ttl = std::chrono::seconds(request.ttl_s);
    const auto set = cache_.set(request.key, value_, write);
    return set || fail(set.error());
  }

  void remember(std::string_view key, std::size_t size) {
    const auto known = written_.find(key);
    if (known != written_.end()) {
      known->second = static_cast<std::uint32_t>(size);
    } else {
      written_.emplace(std::string(key), static_cast<std::uint32_t>(size));
    }
  }

  bool fail(const Error& error) {
    if (!report_.failure) report_.failure = error;
    return false;
  }

  const Cache<Bytes>& cache_;
  const ReadThroughOptions& options_;
  const base::Clock& clock_;
  ValuePattern pattern_;
  Bytes value_;
  boost::unordered_flat_map<std::string, std::uint32_t, KeyHash, KeyEqual> written_;
  ReadThroughReport report_;
};

/// Requests on their way to a thread: copied out of the source, in batches.
struct Batch {
  struct Item {
    std::uint32_t key_end;  ///< In keys; it begins where the one before ends.
    std::uint32_t size;
    std::uint32_t ttl_s;
  };
  static constexpr std::size_t kItems = 256;
  std::string keys;
  std::vector<Item> items;

  void add(const Request& request) {
    keys += request.key;
    items.push_back({static_cast<std::uint32_t>(keys.size()), request.size, request.ttl_s});
  }
};

/// A bounded queue between the thread that reads the trace and one that plays it.
class Lane {
 public:
  /// False: the player has given up.
  bool put(Batch batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || waiting_.size() < kBatchesMax; });
    if (closed_) return false;
    waiting_.push_back(std::move(batch));
    changed_.notify_all();
    return true;
  }
  /// None: there will be no more.
  std::optional<Batch> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return std::nullopt;
    Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    return batch;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  static constexpr std::size_t kBatchesMax = 8;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> waiting_;  // Guarded by mutex_.
  bool closed_ = false;        // Guarded by mutex_.
};

/// Reader, lane and thread of one share of the keys.
class Replayer {
 public:
  Replayer(const Cache<Bytes>& cache, const ReadThroughOptions& options, const base::Clock& clock)
      : reader(cache, options, clock), thread_([this] { play(); }) {}

  bool give(const Request& request) {
    next_.add(request);
    return next_.items.size() < Batch::kItems || hand_over();
  }
  /// Waits until all that was given is done.
  void finish() {
    if (!next_.items.empty()) hand_over();
    lane_.close();
    thread_.join();
  }

  Reader reader;
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> hits{0};

 private:
  bool hand_over() { return lane_.put(std::exchange(next_, {})); }

  void play() {
    while (auto batch = lane_.take()) {
      std::uint32_t begin = 0;
      for (const Batch::Item& item : batch->items) {
        const std::string_view key(batch->keys.data() + begin, item.key_end - begin);
        begin = item.key_end;
        if (!reader.request({key, item.size, item.ttl_s})) return lane_.close();
      }
      requests.store(reader.requests(), std::memory_order_relaxed);
      hits.store(reader.hits(), std::memory_order_relaxed);
    }
  }

  Lane lane_;
  Batch next_;
  std::thread thread_;
};

/// Hands every request of `source` to `take` until one of them ends it.
template <class Take>
std::optional<Error> feed(RequestSource& source, std::uint64_t requests_max, Take&& take) {
  Request request;
  for (std::uint64_t done = 0; requests_max == 0 || done < requests_max; ++done) {
    const auto more = source.next(request);
    if (!more) return more.error();
    if (!*more || !take(request, done)) break;
  }
  return std::nullopt;
}

bool is_time_to_tell(std::uint64_t requests) { return requests % 1'024 == 0; }

ReadThroughReport with_one_thread(const Cache<Bytes>& cache, RequestSource& source,
                                  const ReadThroughOptions& options, const base::Clock& clock,
                                  const ReadThroughProgress& progress) {
  Reader reader(cache, options, clock);
  const base::Instant start = clock.now();
  const auto failure = feed(source, options.requests, [&](const Request& request, std::uint64_t n) {
    if (progress && is_time_to_tell(n)) progress(source.progress(), n, reader.hits());
    return reader.request(request);
  });
  const base::Instant end = clock.now();
  if (!options.keep) reader.erase();
  ReadThroughReport report = reader.report();
  if (failure) report.failure = failure;
  report.seconds = std::chrono::duration<double>(end - start).count();
  return report;
}

ReadThroughReport with_many_threads(const Cache<Bytes>& cache, RequestSource& source,
                                    const ReadThroughOptions& options, const base::Clock& clock,
                                    const ReadThroughProgress& progress) {
  std::vector<std::unique_ptr<Replayer>> players;
  for (unsigned i = 0; i < options.threads; ++i) {
    players.push_back(std::make_unique<Replayer>(cache, options, clock));
  }
  const auto tell = [&] {
    std::uint64_t requests = 0, hits = 0;
    for (const auto& player : players) {
      requests += player->requests.load(std::memory_order_relaxed);
      hits += player->hits.load(std::memory_order_relaxed);
    }
    progress(source.progress(), requests, hits);
  };
  const base::Instant start = clock.now();
  const auto failure = feed(source, options.requests, [&](const Request& request, std::uint64_t n) {
    if (progress && is_time_to_tell(n)) tell();
    // Not the hash's low bits: each thread's own map uses those.
    return players[(hash_of(request.key) >> 32) % options.threads]->give(request);
  });
  for (auto& player : players) player->finish();
  const base::Instant end = clock.now();

  ReadThroughReport report;
  for (auto& player : players) {
    if (!options.keep) player->reader.erase();
    report.merge(player->reader.report());
  }
  if (failure) report.failure = failure;
  report.seconds = std::chrono::duration<double>(end - start).count();
  return report;
}

}  // namespace

void ReadThroughReport::merge(const ReadThroughReport& other) {
  requests += other.requests;
  hits += other.hits;
  distinct += other.distinct;
  wrong += other.wrong;
  hit_ns.merge(other.hit_ns);
  miss_ns.merge(other.miss_ns);
  if (!failure) failure = other.failure;
}

ReadThroughReport read_through(const Cache<Bytes>& cache, RequestSource& source,
                               const ReadThroughOptions& options, const base::Clock& clock,
                               const ReadThroughProgress& progress) {
  return options.threads <= 1 ? with_one_thread(cache, source, options, clock, progress)
                              : with_many_threads(cache, source, options, clock, progress);
}

}  // namespace larder::lab
