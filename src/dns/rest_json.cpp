#include "dns/rest_json.hpp"

#include <larder/json.hpp>

#include <algorithm>
#include <cmath>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "dns/name.hpp"
#include "dns/rdata_text.hpp"
#include "dns/types.hpp"

namespace larder::dns {
namespace {

void json_member(json::Writer& out, std::string_view name, std::string_view value) {
  out.key(name) && out.string(value);
}
void json_member(json::Writer& out, std::string_view name, std::uint64_t value) {
  out.key(name) && out.integer(value);
}
void json_flag(json::Writer& out, std::string_view name, bool value) {
  out.key(name) && out.boolean(value);
}

void write_question(json::Writer& out, const Message& message) {
  out.key("Question");
  out.begin('[');
  if (message.question) {
    out.next();
    out.begin('{');
    json_member(out, "name", name_to_text(message.question->name));
    json_member(out, "type", std::uint64_t{message.question->type});
    out.end('}');
  }
  out.end(']');
}

void write_records(json::Writer& out, std::string_view section,
                   const std::vector<Record>& records) {
  out.key(section);
  out.begin('[');
  for (const auto& record : records) {
    out.next();
    out.begin('{');
    json_member(out, "name", name_to_text(record.name));
    json_member(out, "type", std::uint64_t{record.type});
    json_member(out, "TTL", std::uint64_t{record.ttl});
    json_member(out, "data", rdata_to_text(record.type, record.rdata));
    out.end('}');
  }
  out.end(']');
}

void write_message(json::Writer& out, const Message& message, std::string_view comment) {
  json_member(out, "Status", std::uint64_t{message.rcode});
  json_flag(out, "TC", message.truncated);
  json_flag(out, "RD", message.recursion_desired);
  json_flag(out, "RA", message.recursion_available);
  json_flag(out, "AD", message.authentic);
  json_flag(out, "CD", message.checking_disabled);
  write_question(out, message);
  // As Google does it: what is empty is left out, but for the answers.
  write_records(out, "Answer", message.answers);
  if (!message.authority.empty()) write_records(out, "Authority", message.authority);
  if (!message.additional.empty()) write_records(out, "Additional", message.additional);
  if (!comment.empty()) json_member(out, "Comment", comment);
}

void write_entry(json::Writer& out, const CachedEntry& entry) {
  out.begin('{');
  json_member(out, "name", entry.name);
  json_member(out, "type", type_text(entry.type));
  json_member(out, "tier", to_string(entry.tier));
  json_member(out, "status", rcode_text(entry.rcode));
  json_member(out, "ttl", static_cast<std::uint64_t>(std::max<std::int64_t>(entry.ttl.count(), 0)));
  json_member(out, "age", static_cast<std::uint64_t>(std::max<std::int64_t>(entry.age.count(), 0)));
  json_member(out, "stale_for",
              static_cast<std::uint64_t>(std::max<std::int64_t>(entry.stale_for.count(), 0)));
  json_member(out, "bytes", std::uint64_t{entry.bytes});
  json_flag(out, "pinned", entry.pinned);
  json_flag(out, "do", entry.dnssec_ok);
  json_flag(out, "cd", entry.checking_disabled);
  if (const auto message = parse_message(entry.wire))
    write_records(out, "records", message->answers);
  out.end('}');
}

}  // namespace

Result<std::uint16_t> type_or_error(std::string_view text) {
  const auto type = type_from_text(text);
  if (type && *type != 0) return *type;
  return Error{Errc::bad_argument, Effect::not_sent,
               "type: no such record type " + base::quoted(text, 40) +
                   "; expected a name such as AAAA, TYPE65280, or a number from 1 to 65535"};
}

Result<Question> question_from_text(std::string_view name, std::string_view type) {
  if (name.empty())
    return Error{Errc::bad_argument, Effect::not_sent,
                 "name: missing; ask for ?name=example.com&type=A"};
  auto wire = name_from_text(name);
  if (!wire) {
    std::string why = wire.error().detail;  // name "a..b": …
    if (why.starts_with("name ")) why.erase(0, 5);
    return Error{Errc::bad_argument, Effect::not_sent, "name: " + why};
  }
  const auto number = type_or_error(type);
  if (!number) return number.error();
  return Question{.name = std::move(*wire), .type = *number};
}

Result<std::string> json_of_answer(const Answer& answer, const AnswerFacts& facts) {
  const auto message = parse_message(answer.wire);
  if (!message) return message.error();
  std::string text;
  json::Writer out(text);
  out.begin('{');
  write_message(out, *message, facts.comment);
  if (facts.larder) {
    out.key("Larder");
    out.begin('{');
    json_member(out, "source", to_string(answer.origin));
    if (answer.partition >= 0)
      json_member(out, "partition", static_cast<std::uint64_t>(answer.partition));
    json_member(out, "age",
                static_cast<std::uint64_t>(std::max<std::int64_t>(answer.age.count(), 0)));
    json_member(out, "elapsed_us",
                static_cast<std::uint64_t>(std::max<std::int64_t>(facts.took.count() / 1'000, 0)));
    out.end('}');
  }
  out.end('}');
  if (out.failed()) return out.error();
  return text;
}

std::string json_of_failure(const Question& question, const Error& error) {
  std::string text;
  json::Writer out(text);
  out.begin('{');
  Message failed;
  failed.rcode = rcode::kServFail;
  failed.recursion_desired = failed.recursion_available = true;
  failed.checking_disabled = question.checking_disabled;
  failed.question = Asked{question.name, question.type, question.klass};
  std::string why;
  why.assign(error.detail.empty() ? to_string(error) : error.detail);
  write_message(out, failed, base::is_utf8(why) ? why : base::quoted(why));
  out.end('}');
  return text;
}

std::string json_of_error(std::string_view words) {
  std::string text = "{\"error\":";
  base::append_json_string_lossy(text, words);
  return text + "}";
}

std::string json_of_entries(std::span<const CachedEntry> entries, std::uint64_t cursor) {
  std::string text;
  json::Writer out(text);
  out.begin('{');
  out.key("entries");
  out.begin('[');
  for (const auto& entry : entries) {
    out.next();
    write_entry(out, entry);
  }
  out.end(']');
  // As text: a JavaScript reader loses digits of large numbers.
  json_member(out, "cursor", std::to_string(cursor));
  out.end('}');
  return text;
}

std::string json_of_stats(const DnsStats& s) {
  std::string text;
  json::Writer out(text);
  out.begin('{');
  for_each_figure(s, [&](const char* name, std::uint64_t count) { json_member(out, name, count); });
  const auto hits =
      static_cast<double>(s.near_hits + s.shared_hits + s.stale_served + s.pinned_served);
  const double all = hits + static_cast<double>(s.misses);
  out.key("hit_rate") && out.number(all > 0 ? hits / all : 0.0);
  out.end('}');
  return text;
}

std::string json_of_partitions(std::span<const PartitionStats> partitions) {
  double sum = 0, most = 0, squares = 0;
  for (const auto& p : partitions) {
    sum += static_cast<double>(p.requests);
    most = std::max(most, static_cast<double>(p.requests));
  }
  const double mean = partitions.empty() ? 0 : sum / static_cast<double>(partitions.size());
  for (const auto& p : partitions) squares += std::pow(static_cast<double>(p.requests) - mean, 2);
  std::string text;
  json::Writer out(text);
  out.begin('{');
  out.key("partitions");
  out.begin('[');
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const auto& p = partitions[i];
    out.next();
    out.begin('{');
    json_member(out, "partition", std::uint64_t{i});
    json_member(out, "name", p.name);
    json_flag(out, "answers", p.answers);
    if (!p.trouble.empty()) json_member(out, "trouble", p.trouble);
    json_member(out, "requests", p.requests);
    json_member(out, "hits", p.hits);
    json_member(out, "errors", p.errors);
    json_member(out, "keys", p.keys);
    json_member(out, "bytes", p.bytes);
    out.end('}');
  }
  out.end(']');
  out.key("balance_cv") &&
      out.number(mean > 0 ? std::sqrt(squares / static_cast<double>(partitions.size())) / mean
                          : 0.0);
  out.key("balance_max_over_mean") && out.number(mean > 0 ? most / mean : 0.0);
  out.end('}');
  return text;
}

std::string json_of_policies(std::span<const TierPolicy> tiers) {
  std::string text;
  json::Writer out(text);
  out.begin('{');
  out.key("tiers");
  out.begin('[');
  for (const auto& tier : tiers) {
    out.next();
    out.begin('{');
    json_member(out, "tier", tier.tier);
    json_member(out, "policy", tier.policy);
    json_member(out, "bytes_max", tier.bytes_max);
    if (!tier.trouble.empty()) json_member(out, "trouble", tier.trouble);
    out.end('}');
  }
  out.end(']');
  out.end('}');
  return text;
}

std::string json_of_readiness(std::span<const Missing> missing, std::size_t partitions) {
  std::string text;
  json::Writer out(text);
  out.begin('{');
  json_flag(out, "ready", missing.empty());
  json_member(out, "partitions", std::uint64_t{partitions});
  out.key("missing");
  out.begin('[');
  for (const auto& one : missing) {
    out.next();
    out.begin('{');
    json_member(out, "who", one.who);
    json_member(out, "why", one.why);
    out.end('}');
  }
  out.end(']');
  out.end('}');
  return text;
}

}  // namespace larder::dns
