// SUBSCRIBE, PUBLISH and their kin: messages to whoever listens at the moment.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "server/call.hpp"
#include "server/client_directory.hpp"
#include "server/handlers.hpp"
#include "server/pub_sub.hpp"

namespace larder::server {
namespace {

struct Words {
  std::string_view subscribed;
  std::string_view unsubscribed;
};

const Words& words_of(TopicKind kind) {
  static constexpr std::array<Words, kTopicKinds> kWords{{{"subscribe", "unsubscribe"},
                                                          {"psubscribe", "punsubscribe"},
                                                          {"ssubscribe", "sunsubscribe"}}};
  return kWords[static_cast<std::size_t>(kind)];
}

std::size_t count_of(const Client& client, TopicKind kind) {
  const Subscriber* who = client.subscriber.get();
  return who != nullptr ? who->count(kind) : 0;
}

/// Says to what one is subscribed now, or no more; without a name: that there was nothing. Channels and patterns are
/// counted together, sharded channels by themselves.
void confirm(Call& call, TopicKind kind, std::string_view word, const std::string_view* name) {
  call.client.pushed = true;
  call.reply.push(3);
  call.reply.bulk(word);
  name != nullptr ? call.reply.bulk(*name) : call.reply.null();
  const std::size_t count =
      kind == TopicKind::shard
          ? count_of(call.client, kind)
          : count_of(call.client, TopicKind::channel) + count_of(call.client, TopicKind::pattern);
  call.reply.integer(static_cast<std::int64_t>(count));
}

Subscriber& subscriber_of(Call& call) {
  Client& client = call.client;
  if (client.subscriber == nullptr) {
    call.context.host.clients().give_subscriber(
        client, std::make_unique<Subscriber>(call.context.pub_sub, client.id, client.keeper,
                                             client.protocol.get()));
  }
  return *client.subscriber;
}

void subscribe_to(Call& call, TopicKind kind) {
  Subscriber& who = subscriber_of(call);
  for (const std::string_view name : call.args.subspan(1)) {
    switch (call.context.pub_sub.subscribe(who, kind, name)) {
      case PubSub::Outcome::done:
        confirm(call, kind, words_of(kind).subscribed, &name);
        break;
      case PubSub::Outcome::name_too_long:
        return call.fail(errors::kChannelTooLong);
      case PubSub::Outcome::too_many:
        return call.fail(errors::kSubscribedFull);
    }
  }
}

/// What came until now leaves before the confirmation: nothing comes behind that.
void leave(Call& call, TopicKind kind, std::string_view name) {
  if (Subscriber* who = call.client.subscriber.get()) {
    call.context.pub_sub.unsubscribe(*who, kind, name);
    call.client.pushed = true;
    take_messages(call);
  }
  confirm(call, kind, words_of(kind).unsubscribed, &name);
}

void unsubscribe_from(Call& call, TopicKind kind) {
  for (const std::string_view name : call.args.subspan(1)) leave(call, kind, name);
  if (call.args.size() > 1) return;
  if (count_of(call.client, kind) == 0) {
    return confirm(call, kind, words_of(kind).unsubscribed, nullptr);
  }
  for (const std::string& name : call.context.pub_sub.topics_of(*call.client.subscriber, kind))
    leave(call, kind, name);
}

void list(Call& call, TopicKind kind) {
  if (call.args.size() > 3) {
    return call.fail("ERR unknown subcommand or wrong number of arguments for '" +
                     std::string(quotable(call.arg(1))) + "'. Try PUBSUB HELP.");
  }
  const auto names =
      call.context.pub_sub.names(kind, call.args.size() == 3 ? call.arg(2) : std::string_view("*"));
  call.reply.array(names.size());
  for (const std::string& name : names) {
    if (!call.reply_fits()) return;
    call.reply.bulk(name);
  }
}

void count(Call& call, TopicKind kind) {
  const Args names = call.args.subspan(2);
  call.reply.array(2 * names.size());
  for (const std::string_view name : names) {
    call.reply.bulk(name);
    call.reply.integer(static_cast<std::int64_t>(call.context.pub_sub.subscribers(kind, name)));
  }
}

/// As in Redis, who publishes to itself gets the message before the answer; but no message stands among the answers of
/// a transaction.
void answer_published(Call& call, std::size_t sent) {
  if (sent > 0 && call.client.subscriber != nullptr) take_messages(call);
  call.reply.integer(static_cast<std::int64_t>(sent));
}

}  // namespace

void take_messages(Call& call) {
  Subscriber* who = call.client.subscriber.get();
  if (who == nullptr || call.is_in_transaction()) return;
  // A reply that is not sent would take them along.
  if (call.client.replies != Replies::all && !call.client.pushed) return;
  if (!who->mailbox.take(call.reply.buffer())) call.client.overflowed = true;
}

void subscribe(Call& call) { subscribe_to(call, TopicKind::channel); }
void psubscribe(Call& call) { subscribe_to(call, TopicKind::pattern); }

/// Redis has its reasons in clusters; clients may count on the error.
void ssubscribe(Call& call) {
  if (call.is_in_transaction()) return call.fail(errors::kShardedInMulti);
  subscribe_to(call, TopicKind::shard);
}

void unsubscribe(Call& call) { unsubscribe_from(call, TopicKind::channel); }
void punsubscribe(Call& call) { unsubscribe_from(call, TopicKind::pattern); }
void sunsubscribe(Call& call) { unsubscribe_from(call, TopicKind::shard); }

void publish(Call& call) {
  answer_published(call, call.context.pub_sub.publish(call.arg(1), call.arg(2)));
}

void spublish(Call& call) {
  answer_published(call, call.context.pub_sub.publish_sharded(call.arg(1), call.arg(2)));
}

void pubsub_channels(Call& call) { list(call, TopicKind::channel); }
void pubsub_shard_channels(Call& call) { list(call, TopicKind::shard); }
void pubsub_num_sub(Call& call) { count(call, TopicKind::channel); }
void pubsub_shard_num_sub(Call& call) { count(call, TopicKind::shard); }

void pubsub_num_pat(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.context.pub_sub.topics(TopicKind::pattern)));
}

}  // namespace larder::server
