#include "dns/grpc/convert.hpp"

#include <algorithm>

#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/rdata_text.hpp"
#include "dns/types.hpp"

namespace larder::dns {
namespace {

v1::Source source_of(Origin origin) {
  switch (origin) {
    case Origin::near:
      return v1::NEAR;
    case Origin::shared:
      return v1::SHARED;
    case Origin::stale:
      return v1::STALE;
    case Origin::pinned:
      return v1::PINNED;
    case Origin::stub:
      return v1::STUB;
    case Origin::upstream:
      break;
  }
  return v1::UPSTREAM;
}

void fill_record(v1::Record& out, const Record& record) {
  out.set_name(name_to_text(record.name));
  out.set_type(record.type);
  out.set_class_(record.klass);
  out.set_ttl(record.ttl);
  out.set_rdata(record.rdata);
  out.set_text(rdata_to_text(record.type, record.rdata));
}

bool dns_has_a_word_for(const Error& error) {
  return error.code == Errc::timeout || error.code == Errc::unreachable ||
         error.code == Errc::protocol || error.code == Errc::server_error ||
         error.code == Errc::disconnected;
}

std::uint32_t seconds_of(std::chrono::seconds time) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time.count(), 0, 0x7fffffff));
}

/// protobuf's strings must be UTF-8; a peer's words need not be.
std::string plain_words(const Error& error) {
  std::string words = error.detail.empty() ? std::string(to_string(error)) : error.detail;
  for (char& c : words) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return words;
}

}  // namespace

Result<Question> question_of(const v1::ResolveRequest& request) {
  const auto refuse = [](std::string why) {
    return Error{Errc::bad_argument, Effect::not_sent, std::move(why)};
  };
  if (request.name().empty()) return refuse("name: missing");
  auto name = name_from_text(request.name());
  if (!name) return refuse("name: " + name.error().detail);
  if (request.type() > 65'535) return refuse("type: above 65535");
  if (request.class_() > 65'535) return refuse("class: above 65535");
  return Question{
      .name = std::move(*name),
      .type = static_cast<std::uint16_t>(request.type() ? request.type() : type::kA),
      .klass = static_cast<std::uint16_t>(request.class_() ? request.class_() : kClassIn),
      .dnssec_ok = request.dnssec_ok(),
      .checking_disabled = request.checking_disabled(),
      .bypass_cache = request.bypass_cache()};
}

v1::ResolveRequest request_of(const Question& question) {
  v1::ResolveRequest request;
  request.set_name(name_to_text(question.name));
  request.set_type(question.type);
  request.set_class_(question.klass);
  request.set_dnssec_ok(question.dnssec_ok);
  request.set_checking_disabled(question.checking_disabled);
  request.set_bypass_cache(question.bypass_cache);
  request.set_wire(true);
  return request;
}

grpc::Status fill(v1::ResolveResponse& response, const v1::ResolveRequest& request,
                  const Question& question, const Outcome& outcome) {
  response.set_tag(request.tag());
  response.set_partition(-1);
  if (!outcome && !dns_has_a_word_for(outcome.error())) return status_of(outcome.error());
  if (!outcome) {
    response.set_rcode(rcode::kServFail);
    response.set_comment(plain_words(outcome.error()));
    if (request.wire()) response.set_wire(failure_message(question, outcome.error()));
    return {};
  }
  response.set_source(source_of(outcome->origin));
  response.set_partition(outcome->partition);
  response.set_age_s(seconds_of(outcome->age));
  const auto message = parse_message(outcome->wire);
  if (!message) return {grpc::StatusCode::INTERNAL, plain_words(message.error())};
  response.set_rcode(message->rcode);
  response.set_truncated(message->truncated);
  response.set_authentic(message->authentic);
  std::uint32_t least = ~std::uint32_t{0};
  for (const auto& record : message->answers) least = std::min(least, record.ttl);
  if (!message->answers.empty()) response.set_min_ttl(least);
  if (request.wire()) {
    response.set_wire(outcome->wire);
    return {};
  }
  for (const auto& record : message->answers) fill_record(*response.add_answer(), record);
  for (const auto& record : message->authority) fill_record(*response.add_authority(), record);
  return {};
}

void fill(v1::Entry& out, const CachedEntry& entry) {
  out.set_name(entry.name);
  out.set_type(entry.type);
  out.set_shared(entry.tier == Origin::shared);
  out.set_pinned(entry.pinned);
  out.set_rcode(entry.rcode);
  out.set_ttl(seconds_of(entry.ttl));
  out.set_age_s(seconds_of(entry.age));
  out.set_stale_for_s(seconds_of(entry.stale_for));
  out.set_bytes(entry.bytes);
  out.set_dnssec_ok(entry.dnssec_ok);
  out.set_checking_disabled(entry.checking_disabled);
  if (const auto message = parse_message(entry.wire)) {
    for (const auto& record : message->answers) fill_record(*out.add_records(), record);
  }
}

void fill(v1::StatsReply& out, const DnsStats& s) {
  for_each_figure(
      s, [&](const char* name, std::uint64_t count) { (*out.mutable_counts())[name] = count; });
}

void fill(v1::PartitionsReply& out, const std::vector<PartitionStats>& partitions) {
  for (const auto& stats : partitions) {
    auto& partition = *out.add_partitions();
    partition.set_name(stats.name);
    partition.set_answers(stats.answers);
    partition.set_trouble(stats.trouble);
    partition.set_requests(stats.requests);
    partition.set_hits(stats.hits);
    partition.set_errors(stats.errors);
    partition.set_keys(stats.keys);
    partition.set_bytes(stats.bytes);
  }
}

grpc::Status status_of(const Error& error) {
  auto code = grpc::StatusCode::INTERNAL;
  switch (error.code) {
    case Errc::bad_argument:
    case Errc::bad_value:
    case Errc::too_large:
      code = grpc::StatusCode::INVALID_ARGUMENT;
      break;
    case Errc::timeout:
      code = grpc::StatusCode::DEADLINE_EXCEEDED;
      break;
    case Errc::overloaded:
      code = grpc::StatusCode::RESOURCE_EXHAUSTED;
      break;
    case Errc::unreachable:
    case Errc::disconnected:
    case Errc::cancelled:
      code = grpc::StatusCode::UNAVAILABLE;
      break;
    default:
      break;
  }
  return {code, plain_words(error)};
}

Error error_of(const grpc::Status& status, const std::string& where) {
  const std::string words = where + ": " + status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return {Errc::bad_argument, Effect::refused, words};
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {Errc::timeout, Effect::maybe_executed, where + ": no answer in time"};
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return {Errc::server_error, Effect::refused, words};
    case grpc::StatusCode::UNAVAILABLE:
      return {Errc::unreachable, Effect::maybe_executed, words};
    case grpc::StatusCode::CANCELLED:
      return {Errc::cancelled, Effect::maybe_executed, words};
    default:
      return {Errc::server_error, Effect::maybe_executed, words};
  }
}

}  // namespace larder::dns
