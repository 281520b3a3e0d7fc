#include "redis/subscriptions.hpp"

#include <algorithm>
#include <array>

#include "redis/redirect.hpp"
#include "resp/writer.hpp"

namespace larder::redis {
namespace {

using Kind = Subscriptions::Heard::Kind;

struct TopicWords {
  std::string_view subscribe, unsubscribe;             ///< As commands.
  std::string_view subscribed, unsubscribed, message;  ///< As the server says them.
};

// In the order of TopicKind; prefixes go another way.
constexpr std::array kTopicWords{
    TopicWords{"SUBSCRIBE", "UNSUBSCRIBE", "subscribe", "unsubscribe", "message"},
    TopicWords{"PSUBSCRIBE", "PUNSUBSCRIBE", "psubscribe", "punsubscribe", "pmessage"},
    TopicWords{"SSUBSCRIBE", "SUNSUBSCRIBE", "ssubscribe", "sunsubscribe", "smessage"},
};

const TopicWords& words_of(TopicKind kind) { return kTopicWords[static_cast<std::size_t>(kind)]; }

void append_wish(base::Buffer& out, const Topic& topic) {
  if (topic.kind != TopicKind::prefix)
    return resp::append_command(out, {words_of(topic.kind).subscribe, topic.name});
  if (topic.name.empty()) return resp::append_command(out, {"CLIENT", "TRACKING", "ON", "BCAST"});
  resp::append_command(out, {"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", topic.name});
}

/// No server says so to a PING: it is about a topic that was given up meanwhile.
bool is_about_a_slot(std::string_view words) {
  return words.starts_with("MOVED ") || words.starts_with("ASK ") ||
         words.starts_with("CLUSTERDOWN");
}

}  // namespace

void Subscriptions::reset() {
  asked_.clear();
  awaited_.clear();
}

bool Subscriptions::write(const Topics& wanted, bool in_any_case, base::Buffer& out) {
  bool differs = false;
  for (const Topic& topic : wanted) {
    if (!asked_.insert(topic).second) continue;
    append_wish(out, topic);
    awaited_.push_back({topic, true});
    differs = true;
  }
  std::erase_if(asked_, [&](const Topic& topic) {
    if (wanted.contains(topic) || topic.kind == TopicKind::prefix) return false;
    resp::append_command(out, {words_of(topic.kind).unsubscribe, topic.name});
    awaited_.push_back({topic, false});
    differs = true;
    return true;
  });
  if (!differs && !in_any_case) return false;
  resp::append_command(out, {"PING"});
  awaited_.push_back({std::nullopt});
  return true;
}

Subscriptions::Heard Subscriptions::hear(const resp::Value& value) {
  if (value.is_error()) return hear_error(value.text());
  if (value.is_aggregate() && value.size() >= 2) return hear_news(value);
  return value.is_push() ? Heard{} : reply();
}

Subscriptions::Heard Subscriptions::hear_error(std::string_view words) {
  if (awaited_.empty() || !awaited_.front().topic)
    return is_about_a_slot(words) ? Heard{} : reply();
  return answered(Kind::refused, words);
}

// Of a topic that the reply does not name.
Subscriptions::Heard Subscriptions::answered(Kind kind, std::string_view words) {
  const Awaited of = std::move(awaited_.front());
  awaited_.pop_front();
  if (!of.on || awaits(*of.topic)) return {};
  if (kind == Kind::refused) asked_.erase(*of.topic);
  named_ = of.topic->name;
  return {kind, of.topic->kind, named_, {}, words};
}

Subscriptions::Heard Subscriptions::hear_news(const resp::Value& value) {
  const std::string_view what = value[0].text();
  const std::string_view name = value[1].text();
  for (std::size_t i = 0; i < kTopicWords.size(); ++i) {
    const auto kind = static_cast<TopicKind>(i);
    const TopicWords& words = kTopicWords[i];
    const std::size_t parts = kind == TopicKind::pattern ? 4 : 3;
    if (what == words.message && value.size() == parts)
      return {Kind::message, kind, name, value[parts - 2].text(), value[parts - 1].text()};
    if (what == words.subscribed) return hear_change(kind, true, name);
    if (what == words.unsubscribed) return hear_change(kind, false, name);
  }
  if (value.is_push() && what == "invalidate") return {Kind::invalidated, TopicKind::prefix};
  return value.is_push() ? Heard{} : reply();
}

// What is said of a topic counts when no further answer about it is awaited.
Subscriptions::Heard Subscriptions::hear_change(TopicKind kind, bool on, std::string_view name) {
  const Topic topic{kind, std::string(name)};
  const bool answers =
      !awaited_.empty() && awaited_.front().topic == topic && awaited_.front().on == on;
  if (answers) awaited_.pop_front();
  if (awaits(topic)) return {};
  if (answers && on) return {Kind::confirmed, kind, name};
  if (on || asked_.erase(topic) == 0) return {};
  return {Kind::withdrawn, kind, name};
}

bool Subscriptions::awaits(const Topic& topic) const {
  return std::any_of(awaited_.begin(), awaited_.end(),
                     [&](const Awaited& one) { return one.topic == topic; });
}

Subscriptions::Heard Subscriptions::reply() {
  if (!awaited_.empty() && awaited_.front().topic) return answered(Kind::confirmed, {});
  if (!awaited_.empty()) awaited_.pop_front();
  return {Kind::reply};
}

}  // namespace larder::redis
