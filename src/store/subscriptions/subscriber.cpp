#include "store/subscriptions/subscriber.hpp"

#include <algorithm>

#include "redis/redirect.hpp"
#include "redis/reply_error.hpp"

namespace larder::store {

Subscriber::Subscriber(std::shared_ptr<StoreDriver> driver, const SubscriptionOptions& options,
                       base::Millis linger)
    : driver_(std::move(driver)),
      access_(*driver_->redis()),
      feed_(std::make_shared<RedisFeed>(std::string(access_.url), options)),
      linger_(linger) {}

Subscriber::~Subscriber() { close(); }

redis::Topics Subscriber::add(const redis::Topics& topics) {
  redis::Topics added;
  {
    const std::lock_guard guard{mutex_};
    for (const auto& topic : topics) {
      if (wanted_.try_emplace(topic).second) added.insert(topic);
    }
  }
  settle();
  return added;
}

void Subscriber::remove(const redis::Topics& topics) {
  {
    const std::lock_guard guard{mutex_};
    for (const auto& topic : topics) wanted_.erase(topic);
  }
  for (const auto& topic : topics) feed_->forget(topic);
  settle();
}

void Subscriber::settle() {
  std::vector<Line> unused;  // They go without the lock.
  const std::lock_guard guard{mutex_};
  if (closed_) return;
  std::map<RedisLine*, redis::Topics> wanted;
  for (auto& [topic, homes] : wanted_) {
    // Where nobody has it now, as with a dead server of a ring, it waits for the one that had it.
    if (auto now = homes_of(topic); !now.empty()) homes = std::move(now);
    std::set<RedisFeed::Line> numbers;
    for (const auto& node : homes) {
      RedisLine& line = line_to(node);
      wanted[&line].insert(topic);
      numbers.insert(line.number());
    }
    feed_->expect(topic, std::move(numbers));
  }
  const base::Instant now = access_.clock.now();
  for (auto at = lines_.begin(); at != lines_.end();) {
    auto& [line, used] = at->second;
    redis::Topics& topics = wanted[line.get()];
    if (!topics.empty()) used = now;
    if (now < used + linger_ || !topics.empty()) {
      line->want(std::move(topics));
      ++at;
    } else {
      unused.push_back(std::move(at->second));
      at = lines_.erase(at);
    }
  }
}

std::vector<NodePointer> Subscriber::homes_of(const redis::Topic& topic) {
  Topology& topology = access_.topology;
  const bool is_cluster = topology.splits_by_key();
  if (topology.is_one()) return topology.all();
  const bool is_everywhere = topic.kind == redis::TopicKind::prefix ||
                             (topic.kind == redis::TopicKind::pattern && !is_cluster);
  if (is_everywhere) return topology.all();
  if (topic.kind != redis::TopicKind::shard && is_cluster) {
    if (auto node = anchor()) return {std::move(node)};
    return {};
  }
  auto place = topology.place(topic.name, Use::write);
  if (place && place->node) return {std::move(place->node)};
  return {};
}

NodePointer Subscriber::anchor() {
  const auto all = access_.topology.all();
  if (std::find(all.begin(), all.end(), anchor_) == all.end())
    anchor_ = all.empty() ? nullptr : all.front();
  return anchor_;
}

RedisLine& Subscriber::line_to(const NodePointer& node) {
  auto& line = lines_[node.get()].line;
  if (!line) {
    line =
        std::make_shared<RedisLine>(weak_from_this(), node, ++last_number_, feed_, access_.clock);
    line->open();
  }
  return *line;
}

// Where a slot is somewhere else, the map learns of it; what passes is asked for again at the next look.
void Subscriber::refused(const RedisLine& line, const redis::Topic& topic,
                         const std::string& words) {
  if (redis::is_redirect(words)) {
    access_.topology.after_refusal({line.node()}, topic.name, words, 0);
    if (words.starts_with("MOVED")) settle();
    return;
  }
  Error why = redis::error_from(words);
  const std::string hint =
      redis::is_unknown_command(words) ? "it has no pub/sub of this kind: " : "";
  why.detail = line.node()->client.name() + ": " + topic.name + ": " + hint + words;
  feed_->refused(topic, std::move(why));
}

// Another server of the cluster may be there.
void Subscriber::line_failed(const RedisLine& line) {
  {
    const std::lock_guard guard{mutex_};
    const auto all = access_.topology.all();
    const auto at = std::find(all.begin(), all.end(), line.node());
    if (line.node() != anchor_ || at == all.end()) return;
    anchor_ = at + 1 == all.end() ? all.front() : *(at + 1);
  }
  settle();
}

Result<void> Subscriber::listen(std::function<void(const RedisMessage&)> handler) {
  const std::lock_guard guard{mutex_};
  if (closed_ || reader_.joinable()) {
    return Error{Errc::bad_argument, Effect::refused,
                 std::string(access_.url) + (closed_ ? ": this subscription is closed"
                                                     : ": this subscription has a handler")};
  }
  reader_ = std::thread{[feed = feed_, handler = std::move(handler)] {
    while (auto message = feed->next(std::chrono::hours{1})) {
      if (*message) handler(**message);
    }
  }};
  return {};
}

void Subscriber::hang_up() {
  std::map<const RedisNode*, Line> lines;  // They go without the lock.
  const std::lock_guard guard{mutex_};
  closed_ = true;
  lines.swap(lines_);
}

void Subscriber::close() noexcept {
  hang_up();
  feed_->close({Errc::cancelled, Effect::refused,
                std::string(access_.url) + ": the subscription was closed"});
  std::thread reader;
  {
    const std::lock_guard guard{mutex_};
    reader.swap(reader_);
  }
  if (!reader.joinable()) return;
  if (reader.get_id() == std::this_thread::get_id()) {
    reader.detach();
  } else {
    reader.join();
  }
}

}  // namespace larder::store
