// The cache by hand: looking, listing, putting, erasing. Slow paths, all of them.
#include <algorithm>
#include <atomic>
#include <utility>

#include "base/numbers.hpp"
#include "dns/cache.hpp"
#include "dns/cache_counters.hpp"
#include "dns/cache_lane.hpp"
#include "dns/entry.hpp"
#include "dns/errands.hpp"
#include "dns/near_tier.hpp"
#include "dns/rdata_text.hpp"
#include "dns/shared_tier.hpp"
#include "dns/types.hpp"

namespace larder::dns {
namespace {

constexpr std::uint16_t kCommonTypes[] = {1,  2,  5,  6,  12, 15, 16, 28, 33, 35,  39,
                                          43, 46, 47, 48, 50, 52, 64, 65, 99, 255, 257};
constexpr std::size_t kScanCount = 500;
constexpr int kPagesOfOneCall = 200;

/// Every entry that this name and type may have: with and without DO and CD.
std::vector<Question> variants(const std::string& name, std::optional<std::uint16_t> type) {
  std::vector<Question> questions;
  const auto add = [&](std::uint16_t t) {
    for (unsigned bits = 0; bits < 4; ++bits)
      questions.push_back({name, t, kClassIn, (bits & 1) != 0, (bits & 2) != 0, false});
  };
  if (type) {
    add(*type);
  } else {
    for (const auto t : kCommonTypes) add(t);
  }
  return questions;
}

CachedEntry shown(const Question& question, const Entry& entry, std::int64_t now_ms, Origin tier,
                  std::size_t bytes, std::uint32_t stale_ttl_s) {
  CachedEntry out;
  out.name = name_to_text(lowered(question.name));
  out.type = question.type;
  out.dnssec_ok = question.dnssec_ok;
  out.checking_disabled = question.checking_disabled;
  out.tier = tier;
  out.pinned = entry.facts.pinned;
  auto answer = answer_from(entry, lowered(question.name), now_ms, stale_ttl_s, tier);
  out.rcode = static_cast<std::uint16_t>(static_cast<unsigned char>(answer.wire[3]) & 15);
  out.ttl = std::chrono::seconds(entry.ttl_left_s(now_ms));
  out.age = answer.age;
  const std::int64_t ends_ms =
      (std::int64_t{entry.facts.ttl_s} + entry.facts.stale_s) * 1'000 - entry.age_ms(now_ms);
  out.stale_for =
      std::chrono::seconds(std::max<std::int64_t>(ends_ms / 1'000 - out.ttl.count(), 0));
  out.bytes = bytes;
  out.wire = std::move(answer.wire);
  return out;
}

Error no_errand() {
  return {Errc::overloaded, Effect::not_sent,
          "too much is being looked at already, or the end has come"};
}

bool matches(const ListEntries& what, const std::string& suffix_wire, const Question& question) {
  if (what.type && *what.type != question.type) return false;
  if (!suffix_wire.empty() && !is_within(question.name, suffix_wire)) return false;
  return what.prefix.empty() || name_to_text(lowered(question.name)).starts_with(what.prefix);
}

std::string glob_of(const std::string& prefix) {
  std::string glob;
  for (const char c : prefix) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) glob += '\\';
    glob += c;
  }
  return glob + "*";
}

/// Erases everything of the shared store at and under a name. On an errand's thread.
Result<std::size_t> erase_shared_under(const SharedTier& tier, const std::string& root) {
  std::size_t erased = 0;
  std::uint64_t cursor = 0;
  do {
    auto page = tier.store().scan(cursor, {.match = glob_of(tier.prefix()), .count = kScanCount});
    if (!page) return page.error();
    std::erase_if(page->keys, [&](const std::string& key) {
      const auto question = tier.question_of(key);
      return !question || !is_within(question->name, root);
    });
    if (!page->keys.empty()) {
      const auto gone = tier.store().erase_many(page->keys);
      if (!gone) return gone.error();
      erased += *gone;
    }
    cursor = page->cursor;
  } while (cursor != 0);
  return erased;
}

/// One page of the shared store: keys, then their values. On an errand's thread.
Result<EntryPage> list_shared(const SharedTier& tier, const ListEntries& what,
                              const std::string& suffix, std::int64_t wall_ms,
                              std::uint32_t stale_ttl_s) {
  const auto page = tier.store().scan(
      what.cursor, {.match = glob_of(tier.prefix()), .count = std::min(what.limit, kScanCount)});
  if (!page) return page.error();
  EntryPage out{{}, page->cursor};
  std::vector<std::string> keys;
  std::vector<Question> questions;
  for (const auto& key : page->keys) {
    const auto question = tier.question_of(key);
    if (!question || !matches(what, suffix, *question)) continue;
    keys.push_back(key);
    questions.push_back(*question);
  }
  if (keys.empty()) return out;
  const auto values = tier.store().get_many(keys);
  if (!values) return values.error();
  for (std::size_t i = 0; i < values->size(); ++i) {
    const auto& value = (*values)[i];
    if (!value) continue;
    const auto entry = open_shared_entry(*value, questions[i]);
    if (entry)
      out.entries.push_back(
          shown(questions[i], *entry, wall_ms, Origin::shared, value->size(), stale_ttl_s));
  }
  return out;
}

Result<Message> put_message(const std::string& name, const PutEntry& put) {
  Message message;
  message.response = message.recursion_desired = message.recursion_available = true;
  message.question = Asked{lowered(name), put.type, kClassIn};
  for (const auto& text : put.records) {
    auto rdata = rdata_from_text(put.type, text);
    if (!rdata) return rdata.error();
    message.answers.push_back({lowered(name), put.type, kClassIn, put.ttl, std::move(*rdata)});
  }
  return message;
}

}  // namespace

void DnsCache::look(const std::string& name, std::optional<std::uint16_t> type,
                    CacheAdmin::Done<std::vector<CachedEntry>> done) {
  const auto wire = name_from_text(name);
  if (!wire) return done(wire.error());
  auto questions = variants(*wire, type);
  std::vector<CachedEntry> found;
  for (const Question& question : questions) {
    const auto bytes = near_->get(NearKey(question).view());
    const auto entry = bytes ? open_near_entry(*bytes) : std::nullopt;
    if (entry)
      found.push_back(shown(question, *entry, near_->now_ms(), Origin::near, bytes->size(),
                            options().stale_ttl_s));
  }
  if (!shared_) return done(std::move(found));
  std::vector<std::string> keys;
  keys.reserve(questions.size());
  for (const Question& question : questions) keys.push_back(shared_->key_of(question));
  shared_->get_many(std::move(keys), [found = std::move(found), questions = std::move(questions),
                                      done = std::move(done), wall_ms = near_->wall_ms(),
                                      ttl = options().stale_ttl_s](auto values) mutable {
    if (!values) return done(values.error());
    for (std::size_t i = 0; i < values->size(); ++i) {
      const auto& value = (*values)[i];
      if (!value) continue;
      const auto entry = open_shared_entry(*value, questions[i]);
      if (entry)
        found.push_back(shown(questions[i], *entry, wall_ms, Origin::shared, value->size(), ttl));
    }
    done(std::move(found));
  });
}

void DnsCache::list(const ListEntries& what, CacheAdmin::Done<EntryPage> done) {
  std::string suffix;
  if (!what.suffix.empty()) {
    const auto wire = name_from_text(what.suffix);
    if (!wire) return done(wire.error());
    suffix = *wire;
  }
  if (what.tier == Origin::shared) {
    if (!shared_) return done(EntryPage{});
    return errands_->run([tier = shared_, what, suffix, wall_ms = near_->wall_ms(),
                          ttl = options().stale_ttl_s, done = std::move(done)](bool runs) {
      runs ? done(list_shared(*tier, what, suffix, wall_ms, ttl)) : done(no_errand());
    });
  }
  EntryPage out{{}, what.cursor};
  for (int pages = 0; pages < kPagesOfOneCall; ++pages) {
    const auto page = near_->store().scan(out.cursor, {.count = std::min(what.limit, kScanCount)});
    if (!page) return done(page.error());
    out.cursor = page->cursor;
    for (const auto& key : page->keys) {
      const auto question = question_of_near_key(key);
      if (!question || !matches(what, suffix, *question)) continue;
      const auto bytes = near_->get(key);
      const auto entry = bytes ? open_near_entry(*bytes) : std::nullopt;
      if (entry)
        out.entries.push_back(shown(*question, *entry, near_->now_ms(), Origin::near, bytes->size(),
                                    options().stale_ttl_s));
    }
    if (out.cursor == 0 || out.entries.size() >= what.limit) break;
  }
  done(std::move(out));
}

void DnsCache::put(const PutEntry& put, CacheAdmin::Done<void> done) {
  const auto name = name_from_text(put.name);
  if (!name) return done(name.error());
  const auto refuse = [&](std::string why) {
    done(Error{Errc::bad_argument, Effect::refused, std::move(why)});
  };
  if (put.ttl == 0 || put.ttl > 0x7FFF'FFFF)
    return refuse("ttl " + std::to_string(put.ttl) + ": 1 s to 2147483647 s");
  if (is_meta_type(put.type)) return refuse("type " + type_text(put.type) + ": no record has it");
  auto message = put_message(*name, put);
  if (!message) return done(message.error());
  const EntryFacts facts{.pinned = put.pinned, .stored_ms = near_->now_ms(), .ttl_s = put.ttl};
  const auto life =
      put.pinned ? std::nullopt : std::optional<Millis>(std::chrono::seconds(put.ttl));
  const auto questions = variants(*name, put.type);
  const auto left = std::make_shared<std::atomic<std::size_t>>(questions.size());
  const auto failed = std::make_shared<std::atomic<bool>>(false);
  for (const Question& question : questions) {
    message->checking_disabled = question.checking_disabled;
    const auto entry = pack_entry(facts, build_message(*message));
    near_->set(NearKey(question).view(), entry, life);
    if (!shared_) continue;
    shared_->set(shared_->key_of(question), restamped(entry, near_->wall_ms()), life,
                 [left, failed, done](Result<bool> written) {
                   if (!written && !failed->exchange(true)) done(written.error());
                   if (--*left == 0 && !*failed) done(Result<void>{});
                 });
  }
  if (!shared_) done(Result<void>{});
}

void DnsCache::erase(const EraseEntries& what, CacheAdmin::Done<std::size_t> done) {
  const auto name = name_from_text(what.name);
  if (!name) return done(name.error());
  std::vector<std::string> keys;
  if (what.subtree) {
    std::uint64_t cursor = 0;
    do {
      const auto page = near_->store().scan(cursor, {.count = kScanCount});
      if (!page) return done(page.error());
      for (const auto& key : page->keys) {
        const auto question = question_of_near_key(
            key.back() == 'F' ? std::string_view(key).substr(0, key.size() - 1) : key);
        if (question && is_within(question->name, *name)) keys.push_back(key);
      }
      cursor = page->cursor;
    } while (cursor != 0);
  } else {
    for (const Question& question : variants(*name, what.type)) {
      const NearKey key(question);
      keys.emplace_back(key.view());
      (void)near_->store().erase(key.failure_key());
    }
  }
  std::size_t erased = 0;
  for (const auto& key : keys) {
    const auto gone = near_->store().erase(key);
    erased += gone && *gone ? 1 : 0;
  }
  if (!shared_) return done(erased);
  const auto add = [erased, done = std::move(done)](Result<std::size_t> gone) {
    if (!gone) return done(gone.error());
    done(erased + *gone);
  };
  if (what.subtree) {
    return errands_->run([tier = shared_, root = *name, add](bool runs) {
      runs ? add(erase_shared_under(*tier, root)) : add(no_errand());
    });
  }
  std::vector<std::string> shared_keys;
  for (const Question& question : variants(*name, what.type))
    shared_keys.push_back(shared_->key_of(question));
  shared_->erase_many(std::move(shared_keys), add);
}

void DnsCache::flush(CacheAdmin::Done<void> done) {
  if (const auto flushed = near_->store().flush(); !flushed) return done(flushed.error());
  if (!shared_) return done(Result<void>{});
  erase({.name = ".", .type = {}, .subtree = true},
        [done = std::move(done)](Result<std::size_t> gone) {
          gone ? done(Result<void>{}) : done(gone.error());
        });
}

namespace {

/// A number of INFO's, such as used_memory; 0 where there is none.
std::uint64_t info_figure(std::string_view info, std::string_view name) {
  const auto at = info.find("\n" + std::string(name) + ":");
  if (at == info.npos) return 0;
  const auto digits = info.substr(at + name.size() + 2);
  return base::parse_unsigned(digits.substr(0, digits.find_first_not_of("0123456789"))).value_or(0);
}

/// The servers, each asked at the same time, until the last has answered or its time is up.
struct ServersSeen {
  std::vector<PartitionStats> partitions;
  std::atomic<std::size_t> left{0};
  CacheAdmin::Done<std::vector<PartitionStats>> done;

  void seen(std::size_t i, const Result<std::string>& info, const Result<std::size_t>& keys) {
    PartitionStats& one = partitions[i];
    one.answers = info.has_value() && keys.has_value();
    if (info) one.bytes = info_figure(*info, "used_memory");
    if (keys) one.keys = *keys;
    if (!one.answers) one.trouble = to_string(info ? keys.error() : info.error());
    if (--left == 0) done(std::move(partitions));
  }
};

}  // namespace

void DnsCache::partitions(CacheAdmin::Done<std::vector<PartitionStats>> done) {
  if (!shared_) return done(std::vector<PartitionStats>{});
  std::vector<Partitions::Server> servers = options().partitions.servers;
  if (servers.empty()) servers.push_back({std::string(shared_->store().url()), shared_->store()});
  const auto all = std::make_shared<ServersSeen>();
  all->partitions.resize(servers.size());
  all->left = servers.size();
  all->done = std::move(done);
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const PartitionCounters& counted = counters_->partitions[i];
    PartitionStats& one = all->partitions[i];
    one.name = servers[i].name;
    one.requests = counted.requests.value();
    one.hits = counted.hits.value();
    one.errors = counted.errors.value();
  }
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto tier = std::make_shared<SharedTier>(servers[i].store, options().key_prefix,
                                                   options().shared_read, options().shared_write);
    tier->info([all, i, tier](Result<std::string> info) {
      tier->size([all, i, info = std::move(info)](const Result<std::size_t>& keys) {
        all->seen(i, info, keys);
      });
    });
  }
}

}  // namespace larder::dns
