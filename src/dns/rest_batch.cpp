// A batch of questions as JSON text.
#include <larder/json.hpp>

#include <limits>

#include "dns/rest_json.hpp"

namespace larder::dns {
namespace {

/// A type is a name or a number.
bool read_type(json::Reader& in, std::string& type) {
  if (in.peek() == json::Kind::string) return in.string(type);
  std::uint64_t number = 0;
  // One that no record has is refused with its query, not with the batch.
  if (!in.integer(number, std::numeric_limits<std::uint64_t>::max())) return false;
  type = std::to_string(number);
  return true;
}

bool read_batch_query(json::Reader& in, BatchQuery& query) {
  std::string name, type = "A";
  bool dnssec_ok = false, checking_disabled = false;
  if (in.peek() == json::Kind::string) {
    if (!in.string(name)) return false;
  } else {
    if (!in.begin('{')) return false;
    while (in.next('}')) {
      std::string_view key;
      if (!in.key(key)) return false;
      bool good = false;
      if (key == "name") {
        good = in.string(name);
      } else if (key == "type") {
        good = read_type(in, type);
      } else if (key == "do") {
        good = in.boolean(dnssec_ok);
      } else if (key == "cd") {
        good = in.boolean(checking_disabled);
      } else {
        return in.fail("unknown member " + std::string(key) + "; a query has name, type, do, cd");
      }
      if (!good) return in.at(std::string(key));
    }
  }
  if (in.failed()) return false;
  auto question = question_from_text(name, type);
  if (!question) {
    query.refused = question.error().detail;
    return true;
  }
  query.question = std::move(*question);
  query.question.dnssec_ok = dnssec_ok;
  query.question.checking_disabled = checking_disabled;
  return true;
}

bool read_queries(json::Reader& in, std::vector<BatchQuery>& queries) {
  if (!in.begin('[')) return false;
  while (in.next(']')) {
    if (queries.size() == kBatchMax) return in.fail("more than 1000 queries in a batch");
    if (!read_batch_query(in, queries.emplace_back())) return in.at(queries.size() - 1);
  }
  return !in.failed();
}

bool read_batch_text(json::Reader& in, std::vector<BatchQuery>& queries) {
  if (in.peek() == json::Kind::array) return read_queries(in, queries) && in.finish();
  if (!in.begin('{')) return false;
  while (in.next('}')) {
    std::string_view key;
    if (!in.key(key)) return false;
    if (key != "queries" && key != "names")
      return in.fail("expected queries or names, found " + std::string(key));
    const std::string member(key);
    if (!read_queries(in, queries)) return in.at(member);
  }
  return !in.failed() && in.finish();
}

}  // namespace

Result<std::vector<BatchQuery>> read_batch(std::string_view text) {
  json::Reader in(text);
  std::vector<BatchQuery> queries;
  if (!read_batch_text(in, queries))
    return Error{Errc::bad_argument, Effect::not_sent, "the batch: " + in.error().detail};
  if (queries.empty())
    return Error{
        Errc::bad_argument, Effect::not_sent,
        "the batch is empty; send {\"queries\":[{\"name\":\"example.com\",\"type\":\"A\"}]}"};
  return queries;
}

}  // namespace larder::dns
