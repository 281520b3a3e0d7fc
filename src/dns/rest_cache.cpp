// /cache, /prefetch, /partitions, /stats: looking into the cache and changing it.
#include <larder/json.hpp>

#include <atomic>
#include <limits>

#include "base/numbers.hpp"
#include "dns/rest.hpp"
#include "dns/rest_json.hpp"
#include "dns/rest_target.hpp"
#include "dns/types.hpp"

namespace larder::dns {
namespace {

http::Response no_cache() {
  return rest_json(json_of_error("this process has no cache to look into"), 404);
}

/// `?type=` as a filter.
Result<std::optional<std::uint16_t>> type_filter(const std::string* text) {
  if (!text) return std::optional<std::uint16_t>{};
  const auto type = type_or_error(*text);
  if (!type) return type.error();
  return std::optional(*type);
}

bool read_entry(json::Reader& in, PutEntry& entry) {
  if (!in.begin('{')) return false;
  while (in.next('}')) {
    std::string_view key;
    if (!in.key(key)) return false;
    if (key == "ttl") {
      std::uint64_t ttl = 0;
      if (!in.integer(ttl, std::numeric_limits<std::int32_t>::max()) || ttl == 0)
        return in.fail("expected 1 to 2147483647 seconds") || in.at("ttl");
      entry.ttl = static_cast<std::uint32_t>(ttl);
    } else if (key == "pinned") {
      if (!in.boolean(entry.pinned)) return in.at("pinned");
    } else if (key == "records") {
      if (!in.begin('[')) return in.at("records");
      while (in.next(']')) {
        if (!in.string(entry.records.emplace_back())) return in.at("records");
      }
    } else {
      return in.fail("unknown member " + std::string(key) + "; an entry has ttl, records, pinned");
    }
  }
  return !in.failed() && in.finish();
}

bool read_change(json::Reader& in, PolicyChange& change) {
  if (!in.begin('{')) return false;
  while (in.next('}')) {
    std::string_view key;
    if (!in.key(key)) return false;
    if (key != "near" && key != "shared")
      return in.fail("unknown member " + std::string(key) + "; there are near and shared");
    if (!in.string(key == "near" ? change.near : change.shared)) return in.at(std::string(key));
  }
  if (!in.failed() && change.near.empty() && change.shared.empty())
    return in.fail("expected {\"near\":\"adaptive\"}, shared, or both");
  return !in.failed() && in.finish();
}

template <class T>
auto replies_or(http::Reply reply, T shown) {
  return [reply = std::move(reply), shown](const auto& result) {
    if (!result) return reply(rest_failure(result.error()));
    reply(shown(result));
  };
}

}  // namespace

void RestApi::look(RestCall call) const {
  if (!parts_.admin) return call.reply(no_cache());
  const auto& target = call.target;
  const auto type = type_filter(target.find("type"));
  if (!type) return call.reply(rest_failure(type.error()));
  if (target.path().size() == 2) {
    const auto shown = [](const Result<std::vector<CachedEntry>>& entries) {
      return rest_json(json_of_entries(*entries, 0), entries->empty() ? 404 : 200);
    };
    return parts_.admin->look(target.path()[1], *type, replies_or(std::move(call.reply), shown));
  }
  const auto limit = target.number("limit", 100, 10'000);
  const auto cursor = target.number("cursor", 0, std::numeric_limits<std::uint64_t>::max());
  const auto tier = target.text("tier", "near");
  if (!limit) return call.reply(rest_failure(limit.error()));
  if (!cursor) return call.reply(rest_failure(cursor.error()));
  if (tier != "near" && tier != "shared")
    return call.reply(rest_failure(bad_parameter("tier", "expected near or shared")));
  const ListEntries what{.prefix = target.text("prefix"),
                         .suffix = target.text("suffix"),
                         .type = *type,
                         .limit = static_cast<std::size_t>(*limit),
                         .cursor = *cursor,
                         .tier = tier == "near" ? Origin::near : Origin::shared};
  const auto shown = [](const Result<EntryPage>& page) {
    return rest_json(json_of_entries(page->entries, page->cursor));
  };
  parts_.admin->list(what, replies_or(std::move(call.reply), shown));
}

void RestApi::put(RestCall call) const {
  if (!parts_.admin) return call.reply(no_cache());
  const auto& path = call.target.path();
  if (path.size() != 3)
    return call.reply(rest_failure(bad_parameter("path", "expected PUT /cache/NAME/TYPE")));
  const auto question = question_from_text(path[1], path[2]);
  if (!question) return call.reply(rest_failure(question.error()));
  PutEntry entry;
  entry.name = path[1];
  entry.type = question->type;
  json::Reader in(call.request.body);
  if (!read_entry(in, entry))
    return call.reply(rest_failure(bad_parameter("the entry", in.error().detail)));
  const auto shown = [](const Result<void>&) { return rest_json("{\"stored\":true}"); };
  parts_.admin->put(entry, replies_or(std::move(call.reply), shown));
}

void RestApi::erase(RestCall call) const {
  if (!parts_.admin) return call.reply(no_cache());
  const auto& path = call.target.path();
  if (path.size() == 1) {
    return parts_.admin->flush(replies_or(std::move(call.reply), [](const Result<void>&) {
      return rest_json("{\"flushed\":true}");
    }));
  }
  const auto type = type_filter(path.size() == 3 ? &path[2] : call.target.find("type"));
  const auto subtree = call.target.flag("subtree");
  if (!type) return call.reply(rest_failure(type.error()));
  if (!subtree) return call.reply(rest_failure(subtree.error()));
  const auto shown = [](const Result<std::size_t>& count) {
    return rest_json("{\"erased\":" + std::to_string(*count) + "}");
  };
  parts_.admin->erase({path[1], *type, *subtree}, replies_or(std::move(call.reply), shown));
}

void RestApi::prefetch(RestCall call) const {
  auto queries = read_batch(call.request.body);
  if (!queries) return call.reply(rest_failure(queries.error()));
  struct Count {
    std::atomic<std::size_t> left, answered{0};
    std::size_t refused = 0;
  };
  const auto count = std::make_shared<Count>();
  count->left = queries->size() + 1;
  const auto finish = [count, total = queries->size(), reply = std::move(call.reply)] {
    if (--count->left > 0) return;
    reply(rest_json("{\"asked\":" + std::to_string(total - count->refused) +
                    ",\"answered\":" + std::to_string(count->answered) +
                    ",\"refused\":" + std::to_string(count->refused) + "}"));
  };
  for (const auto& query : *queries) count->refused += !query.refused.empty();
  for (const auto& query : *queries) {
    if (!query.refused.empty()) {
      finish();
      continue;
    }
    parts_.resolver.resolve(query.question, {}, [count, finish](const Outcome& outcome) {
      count->answered += outcome.has_value();
      finish();
    });
  }
  finish();
}

void RestApi::partitions(RestCall call) const {
  if (!parts_.admin) return call.reply(no_cache());
  const auto shown = [](const Result<std::vector<PartitionStats>>& partitions) {
    return rest_json(json_of_partitions(*partitions));
  };
  parts_.admin->partitions(replies_or(std::move(call.reply), shown));
}

void RestApi::policy(RestCall call) const {
  if (!parts_.admin) return call.reply(no_cache());
  PolicyChange change;
  if (call.request.method == "PUT") {
    json::Reader in(call.request.body);
    if (!read_change(in, change))
      return call.reply(rest_failure(bad_parameter("the policy", in.error().detail)));
  }
  const bool changes = call.request.method == "PUT";
  const auto shown = [changes](const Result<std::vector<TierPolicy>>& tiers) {
    bool whole = true;
    for (const auto& tier : *tiers) whole = whole && tier.trouble.empty();
    return rest_json(json_of_policies(*tiers), whole || !changes ? 200 : 502);
  };
  parts_.admin->policy(change, replies_or(std::move(call.reply), shown));
}

void RestApi::stats(RestCall call) const {
  if (!parts_.admin) return call.reply(no_cache());
  call.reply(rest_json(json_of_stats(parts_.admin->stats())));
}

void RestApi::healthy(RestCall call) const { call.reply({.body = "ok\n"}); }

void RestApi::ready(RestCall call) const {
  std::vector<Missing> missing;
  if (auto trouble = parts_.resolver.trouble(); !trouble.empty())
    missing.push_back({"resolver", std::move(trouble)});
  const auto reply_ready = [reply = std::move(call.reply)](const std::vector<Missing>& who,
                                                           std::size_t partitions) {
    reply(rest_json(json_of_readiness(who, partitions), who.empty() ? 200 : 503));
  };
  if (!parts_.admin) return reply_ready(missing, 0);
  parts_.admin->partitions(
      [missing, reply_ready](const Result<std::vector<PartitionStats>>& partitions) mutable {
        if (!partitions) {
          missing.push_back({"shared store", partitions.error().detail});
          return reply_ready(missing, 0);
        }
        for (std::size_t i = 0; i < partitions->size(); ++i) {
          const auto& p = (*partitions)[i];
          if (!p.answers)
            missing.push_back({"partition " + std::to_string(i) + " (" + p.name + ")", p.trouble});
        }
        reply_ready(missing, partitions->size());
      });
}

void RestApi::metrics_text(RestCall call) const {
  if (!parts_.metrics)
    return call.reply(rest_json(json_of_error("this process counts nothing"), 404));
  call.reply(
      {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = parts_.metrics->text()});
}

}  // namespace larder::dns
