#include "apps/findings.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/numbers.hpp"
#include "base/units.hpp"
#include "manage/info_text.hpp"

namespace larder::apps {
namespace {

using manage::info_field;
using manage::info_number;
using InfoText = std::string_view;
using Found = std::optional<Finding>;

// A reply takes a tenth of that over loopback, and a third within a data centre.
constexpr base::Nanos kSlow = base::Millis{3};
constexpr std::uint64_t kWorthLooking = 100 * 1024 * 1024;
constexpr unsigned kOldestMajor = 6;

unsigned major_of(std::string_view version) {
  return static_cast<unsigned>(
      base::parse_unsigned(version.substr(0, version.find('.'))).value_or(0));
}

Found version(InfoText info) {
  const auto name = info_field(info, "server_name");
  if (name == "larder") return Finding{Health::good, "server", "larder serve"};
  if (const auto valkey = info_field(info, "valkey_version"); !valkey.empty()) {
    return Finding{Health::good, "server", "Valkey " + std::string(valkey)};
  }
  const auto redis = std::string(info_field(info, "redis_version"));
  if (redis.empty()) return Finding{Health::note, "server", "it does not say what it is"};
  if (major_of(redis) < kOldestMajor) {
    return Finding{
        Health::bad, "server", "Redis " + redis + " is older than what Larder is tried with",
        "6.0 is the least; Redis 7 or Valkey 7.2 and later know all that Larder asks for"};
  }
  return Finding{Health::good, "server", "Redis " + redis};
}

Found role(InfoText info) {
  if (info_field(info, "role") != "slave") return std::nullopt;
  return Finding{Health::bad, "role", "it is a replica and refuses writes",
                 "name its primary, " + std::string(info_field(info, "master_host")) + ":" +
                     std::string(info_field(info, "master_port")) + ", or open redis+sentinel://"};
}

Found loading(InfoText info) {
  if (info_field(info, "loading") != "1") return std::nullopt;
  return Finding{Health::bad, "data", "it still reads its data and refuses everything else",
                 "wait; `larder info` has loading_eta_seconds"};
}

Found bound(InfoText info) {
  const auto used = info_number(info, "used_memory");
  const auto most = info_number(info, "maxmemory");
  const auto policy = std::string(info_field(info, "maxmemory_policy"));
  const auto used_text = base::size_text(used);
  if (most == 0) {
    return Finding{
        Health::note, "memory", used_text + " used, and no bound",
        "CONFIG SET maxmemory 100mb and maxmemory-policy allkeys-lru (`larder redis start "
        "--maxmemory 100mb --policy allkeys-lru`, `larder serve --max-memory`), else it "
        "grows until the machine has no more"};
  }
  const auto of = used_text + " of " + base::size_text(most) + " used, " + policy;
  if (policy == "noeviction") {
    return Finding{used * 10 > most * 9 ? Health::bad : Health::note, "memory",
                   of + ": at the bound, writes are refused",
                   "for a cache, `larder redis policy allkeys-lru` or CONFIG SET maxmemory-policy "
                   "allkeys-lru"};
  }
  return Finding{Health::good, "memory", of};
}

Found fragmentation(InfoText info) {
  double ratio = 0;
  const auto text = info_field(info, "mem_fragmentation_ratio");
  std::from_chars(text.data(), text.data() + text.size(), ratio);
  if (ratio < 1.5 || info_number(info, "used_memory") < kWorthLooking) return std::nullopt;
  return Finding{Health::note, "memory",
                 "it takes " + std::string(text) + " times what it holds from the machine",
                 "CONFIG SET activedefrag yes, where the server was built with jemalloc"};
}

Found evicted(InfoText info) {
  const auto evicted = info_number(info, "evicted_keys");
  const auto hits = info_number(info, "keyspace_hits");
  const auto looked_up = hits + info_number(info, "keyspace_misses");
  if (evicted == 0 || looked_up == 0) return std::nullopt;
  return Finding{
      Health::note, "memory",
      base::count_text(evicted) + " entries were evicted; " +
          std::to_string(100 * hits / looked_up) + " % of reads hit",
      "if that is too few, more memory; `larder replay --policies all` compares policies"};
}

Found persistence(InfoText info) {
  const bool aof = info_field(info, "aof_enabled") == "1";
  if (aof && info_field(info, "aof_last_write_status") == "err") {
    return Finding{Health::bad, "disk", "its log cannot be written",
                   "make room on its disk; see its log"};
  }
  if (info_field(info, "rdb_last_bgsave_status") == "err") {
    return Finding{Health::bad, "disk",
                   "the last snapshot failed; Redis may refuse writes because of it",
                   "make room on its disk, or CONFIG SET save \"\""};
  }
  if (aof) return Finding{Health::good, "disk", "a log is kept: what it holds survives a restart"};
  return Finding{Health::note, "disk", "no log is kept: a restart forgets, at least what is newest",
                 "right for a cache; else CONFIG SET appendonly yes, or `larder serve --dir`"};
}

Found clients(InfoText info) {
  if (const auto rejected = info_number(info, "rejected_connections"); rejected > 0) {
    return Finding{Health::bad, "clients",
                   base::count_text(rejected) + " connections were turned away",
                   "CONFIG SET maxclients, or look for programs that open one for each request"};
  }
  return Finding{Health::good, "clients",
                 base::count_text(info_number(info, "connected_clients")) + " connected"};
}

}  // namespace

namespace {

std::vector<Finding> findings_of_one(std::string_view info) {
  std::vector<Finding> all;
  for (const auto look :
       {&version, &role, &loading, &bound, &fragmentation, &evicted, &persistence, &clients}) {
    if (auto found = look(info)) all.push_back(std::move(*found));
  }
  return all;
}

/// Takes the next server's text off `info`; `name` is empty where there is one alone.
std::string_view take_server(std::string_view& info, std::string& name) {
  constexpr std::string_view kHead = "# Server ";
  name.clear();
  if (info.starts_with(kHead)) {
    name = info.substr(kHead.size(), info.find_first_of("\r\n") - kHead.size());
    info.remove_prefix(kHead.size() + name.size());
  }
  auto end = info.find(kHead);
  const auto one = info.substr(0, end);
  info.remove_prefix(one.size());
  return one;
}

}  // namespace

std::vector<Finding> findings_of_info(std::string_view info) {
  std::vector<Finding> all;
  std::string name;
  do {
    for (auto& finding : findings_of_one(take_server(info, name))) {
      if (!name.empty()) finding.words.insert(0, name + ": ");
      all.push_back(std::move(finding));
    }
  } while (!info.empty());
  return all;
}

Finding finding_of_latency(std::vector<base::Nanos> round_trips) {
  std::sort(round_trips.begin(), round_trips.end());
  const auto median = round_trips[round_trips.size() / 2];
  const auto words = "a round trip takes " + base::duration_text(median) + ", at worst " +
                     base::duration_text(round_trips.back());
  if (median < kSlow) return {Health::good, "latency", words};
  return {Health::note, "latency", words,
          "far away, or busy: ask for many keys at once (get_many), or keep a store nearer"};
}

}  // namespace larder::apps
