// The routes of the course that this service began in: /dns?domain= and /text, which answer with addresses and with whether
// the cache had them. No address is ever made up: what cannot be resolved says so.
#include <larder/json.hpp>

#include "base/json_text.hpp"
#include "dns/message.hpp"
#include "dns/rdata_text.hpp"
#include "dns/rest.hpp"
#include "dns/rest_json.hpp"
#include "dns/rest_target.hpp"
#include "dns/types.hpp"

namespace larder::dns {
namespace {

bool was_hit(Origin origin) { return origin != Origin::upstream && origin != Origin::stub; }

struct CourseAnswer {
  std::string domain;
  std::vector<std::string> addresses = {};
  std::uint32_t ttl = 0;
  std::string status;
  bool hit = false;
  std::string source;
  int partition = -1;
};

Result<CourseAnswer> course_answer(const std::string& domain, const Outcome& outcome) {
  if (!outcome) return outcome.error();
  const auto message = parse_message(outcome->wire);
  if (!message) return message.error();
  CourseAnswer answer{.domain = domain,
                      .status = rcode_text(message->rcode),
                      .hit = was_hit(outcome->origin),
                      .source = to_string(outcome->origin),
                      .partition = outcome->partition};
  for (const auto& record : message->answers) {
    if (record.type != type::kA) continue;
    answer.addresses.push_back(rdata_to_text(record.type, record.rdata));
    answer.ttl = answer.addresses.size() == 1 ? record.ttl : std::min(answer.ttl, record.ttl);
  }
  return answer;
}

/// "HIT: 192.0.2.1", as a JSON string.
std::string course_line(const CourseAnswer& answer) {
  std::string line = answer.hit ? "HIT: " : "MISS: ", text;
  if (answer.addresses.empty()) line += answer.status == "NOERROR" ? "NODATA" : answer.status;
  for (std::size_t i = 0; i < answer.addresses.size(); ++i)
    line += (i ? ", " : "") + answer.addresses[i];
  base::append_json_string_lossy(text, line);
  return text;
}

std::string course_object(const CourseAnswer& answer) {
  std::string text;
  json::Writer out(text);
  out.begin('{');
  out.key("domain") && out.string(answer.domain);
  out.key("ips");
  out.begin('[');
  for (const auto& address : answer.addresses) {
    out.next();
    out.string(address);
  }
  out.end(']');
  out.key("status") && out.string(answer.status);
  out.key("cache") && out.string(answer.hit ? "HIT" : "MISS");
  out.key("source") && out.string(answer.source);
  out.key("node") &&
      (answer.partition < 0 ? out.null() : out.integer(std::int64_t{answer.partition}));
  out.key("ttl") && out.integer(std::uint64_t{answer.ttl});
  out.end('}');
  return text;
}

/// {"text": "example.com"}
Result<std::string> text_member(std::string_view body) {
  json::Reader in(body);
  std::string text, ignored;
  bool found = false;
  if (in.begin('{')) {
    while (in.next('}')) {
      std::string_view key;
      if (!in.key(key)) break;
      const bool wanted = key == "text" || key == "domain";
      found = found || wanted;
      if (!(wanted ? in.string(text) : in.skip())) break;
    }
  }
  if (in.failed() || !in.finish()) return bad_parameter("the body", in.error().detail);
  if (!found) return bad_parameter("the body", "expected {\"text\":\"example.com\"}");
  return text;
}

}  // namespace

void RestApi::ask_for_course(const http::Reply& reply, const std::string& name,
                             bool as_text) const {
  if (name.empty())
    return reply(
        rest_failure(as_text ? bad_parameter("text",
                                             "missing; ask for /text/example.com, or post "
                                             "{\"text\":\"example.com\"}")
                             : bad_parameter("domain", "missing; ask for ?domain=example.com")));
  const auto question = question_from_text(name, "A");
  if (!question) return reply(rest_failure(question.error()));
  parts_.resolver.resolve(*question, {}, [reply, name, as_text](const Outcome& outcome) {
    const auto answer = course_answer(name, outcome);
    if (!answer) {
      auto failed = rest_failure(answer.error());
      if (failed.status == 500) failed.status = 502;
      return reply(std::move(failed));
    }
    auto response = rest_json(as_text ? course_line(*answer) : course_object(*answer));
    response.headers.emplace_back("X-Larder-Source", answer->source);
    if (answer->partition >= 0)
      response.headers.emplace_back("X-Larder-Partition", std::to_string(answer->partition));
    reply(std::move(response));
  });
}

void RestApi::course_dns(RestCall call) const {
  ask_for_course(call.reply, call.target.text("domain"), false);
}

void RestApi::course_text(RestCall call) const {
  if (call.request.method != "POST") {
    const auto& path = call.target.path();
    return ask_for_course(call.reply, path.size() == 2 ? path[1] : std::string(), true);
  }
  const auto name = text_member(call.request.body);
  if (!name) return call.reply(rest_failure(name.error()));
  ask_for_course(call.reply, *name, true);
}

}  // namespace larder::dns
