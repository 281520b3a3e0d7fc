// GET and POST /resolve, /dns-query: questions by HTTP.
#include <algorithm>
#include <atomic>
#include <optional>

#include "base/json_text.hpp"
#include "dns/message.hpp"
#include "dns/rest.hpp"
#include "dns/rest_json.hpp"
#include "dns/rest_target.hpp"
#include "dns/types.hpp"

namespace larder::dns {
namespace {

/// Failures that DNS has a word for are answers with Status 2; the rest are the asker's or ours.
bool is_dns_failure(const Error& error) {
  return error.code == Errc::timeout || error.code == Errc::unreachable ||
         error.code == Errc::protocol || error.code == Errc::server_error ||
         error.code == Errc::disconnected;
}

/// Where it came from, for who reads headers only.
void add_source(http::Response& response, const Answer& answer) {
  response.headers.emplace_back("X-Larder-Source", to_string(answer.origin));
  if (answer.partition >= 0)
    response.headers.emplace_back("X-Larder-Partition", std::to_string(answer.partition));
}

std::string comment_on(const Answer& answer) {
  switch (answer.origin) {
    case Origin::stub:
      return "Made up by the built-in stub authority; not a real address.";
    case Origin::stale:
      return "Past its TTL: upstream could not be asked in time.";
    case Origin::pinned:
      return "Put here by an administrator.";
    default:
      return {};
  }
}

struct Shown {
  Question question;
  bool larder = false;
  base::Instant asked{};
  const base::Clock* clock = nullptr;

  Result<std::string> json(const Outcome& outcome) const {
    if (outcome)
      return json_of_answer(
          *outcome,
          {.comment = comment_on(*outcome), .larder = larder, .took = clock->now() - asked});
    if (is_dns_failure(outcome.error())) return json_of_failure(question, outcome.error());
    return outcome.error();
  }
};

http::Response response_of(const Shown& shown, const Outcome& outcome, const char* content_type) {
  auto text = shown.json(outcome);
  if (!text) return rest_failure(text.error());
  http::Response response{.content_type = content_type, .body = std::move(*text)};
  if (outcome) add_source(response, *outcome);
  return response;
}

/// Answers of a batch, until the last one is there.
struct BatchAnswers {
  explicit BatchAnswers(std::size_t size) : texts(size), left(size) {}
  std::vector<std::string> texts;
  std::atomic<std::size_t> left;

  void put(std::size_t at, std::string text, const http::Reply& reply) {
    texts[at] = std::move(text);
    if (--left > 0) return;
    std::string body = "{\"answers\":[";
    for (const auto& one : texts) body.append(body.back() == '[' ? "" : ",").append(one);
    reply(rest_json(body + "]}"));
  }
};

/// RFC 4648, 5: with `-` and `_`, without padding. None where it is not that.
std::optional<std::string> base64url_bytes(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (digit == kDigits.npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count);
  }
  if (count >= 6) return std::nullopt;
  return bytes;
}

/// How long an answer may be kept by whoever passes it on (RFC 8484, 5.1): as long as its shortest TTL.
std::optional<std::uint32_t> life_of(const Answer& answer) {
  const auto message = parse_message(answer.wire);
  if (!message) return std::nullopt;
  std::optional<std::uint32_t> life;
  for (const auto& record : message->answers.empty() ? message->authority : message->answers)
    life = std::min(life.value_or(record.ttl), record.ttl);
  return life;
}

}  // namespace

void RestApi::resolve(RestCall call) const {
  const auto& target = call.target;
  auto question = question_from_text(target.text("name"), target.text("type", "A"));
  const auto dnssec = target.flag("do"), checking = target.flag("cd"),
             larder = target.flag("larder");
  for (const auto* flag : {&dnssec, &checking, &larder}) {
    if (!*flag) return call.reply(rest_failure(flag->error()));
  }
  if (!question) return call.reply(rest_failure(question.error()));
  question->dnssec_ok = *dnssec;
  question->checking_disabled = *checking;
  const char* const content_type =
      call.request.accept.find("application/dns-json") != std::string::npos ? "application/dns-json"
                                                                            : "application/json";
  Shown shown{*question, *larder, parts_.clock.now(), &parts_.clock};
  parts_.resolver.resolve(
      *question, {},
      [shown = std::move(shown), content_type, reply = std::move(call.reply)](
          const Outcome& outcome) { reply(response_of(shown, outcome, content_type)); });
}

void RestApi::resolve_many(RestCall call) const {
  if (call.target.path().size() == 2 && call.target.path()[1] != "batch")
    return call.reply(rest_json(json_of_error("no such route; POST /resolve takes a batch"), 404));
  auto queries = read_batch(call.request.body);
  if (!queries) return call.reply(rest_failure(queries.error()));
  const auto answers = std::make_shared<BatchAnswers>(queries->size());
  for (std::size_t i = 0; i < queries->size(); ++i) {
    const auto& query = (*queries)[i];
    if (!query.refused.empty()) {
      answers->put(i, json_of_error(query.refused), call.reply);
      continue;
    }
    Shown shown{query.question, true, parts_.clock.now(), &parts_.clock};
    parts_.resolver.resolve(
        query.question, {},
        [answers, i, shown = std::move(shown), reply = call.reply](const Outcome& outcome) {
          auto text = shown.json(outcome);
          answers->put(i, text ? std::move(*text) : json_of_error(text.error().detail), reply);
        });
  }
}

void RestApi::wire(RestCall call) const {
  std::string bytes = call.request.body;
  if (call.request.method == "POST") {
    if (call.request.content_type != "application/dns-message")
      return call.reply(
          rest_json(json_of_error("Content-Type: expected application/dns-message"), 415));
  } else if (const auto* text = call.target.find("dns")) {
    auto decoded = base64url_bytes(*text);
    if (!decoded)
      return call.reply(rest_json(json_of_error("dns: expected base64url without padding"), 400));
    bytes = std::move(*decoded);
  } else {
    return resolve(std::move(call));
  }
  const auto message = parse_message(bytes);
  if (!message || !message->question || message->response)
    return call.reply(
        rest_json(json_of_error("dns: expected a DNS query with one question" +
                                (message ? std::string() : "; " + message.error().detail)),
                  400));
  const Question question{.name = message->question->name,
                          .type = message->question->type,
                          .klass = message->question->klass,
                          .dnssec_ok = message->edns && message->edns->dnssec_ok,
                          .checking_disabled = message->checking_disabled};
  parts_.resolver.resolve(
      question, {},
      [id = message->id, question, reply = std::move(call.reply)](const Outcome& outcome) {
        http::Response response{
            .content_type = "application/dns-message",
            .body = outcome ? outcome->wire : failure_message(question, outcome.error())};
        // The asker's id, so that plain DNS clients can be put behind it.
        if (response.body.size() >= 2)
          response.body[0] = static_cast<char>(id >> 8), response.body[1] = static_cast<char>(id);
        if (outcome) {
          add_source(response, *outcome);
          if (const auto life = life_of(*outcome))
            response.headers.emplace_back("Cache-Control", "max-age=" + std::to_string(*life));
        }
        reply(std::move(response));
      });
}

}  // namespace larder::dns
