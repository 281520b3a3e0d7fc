// What a connection is subscribed to, without one: transcripts, and a model of a server that is unkind.
#include "redis/subscriptions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resp/request_reader.hpp"
#include "resp/writer.hpp"
#include "support/seed.hpp"
#include "unit/redis/replies.hpp"

namespace larder::redis {
namespace {

using Kind = Subscriptions::Heard::Kind;

const Topic kNews{TopicKind::channel, "news"};
const Topic kAll{TopicKind::pattern, "n*"};
const Topic kShard{TopicKind::shard, "s"};

class SubscriptionsTest : public testing::Test {
 protected:
  void write(const Topics& wanted, bool in_any_case = false) {
    out.clear();
    subscriptions.write(wanted, in_any_case, out);
  }
  Kind hear(const char* text) { return subscriptions.hear(Reply{text}).kind; }

  Subscriptions subscriptions;
  base::Buffer out;
};

TEST_F(SubscriptionsTest, CommandsAreWhatDiffersAndAPing) {
  write({kNews, kAll, kShard});
  EXPECT_EQ(out.view(),
            "*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nnews\r\n*2\r\n$10\r\nPSUBSCRIBE\r\n$2\r\nn*\r\n"
            "*2\r\n$10\r\nSSUBSCRIBE\r\n$1\r\ns\r\n*1\r\n$4\r\nPING\r\n");
  write({kNews, kAll, kShard});
  EXPECT_EQ(out.view(), "") << "nothing differs";
  write({kNews, kAll, kShard}, true);
  EXPECT_EQ(out.view(), "*1\r\n$4\r\nPING\r\n");
  write({kNews, kAll});
  EXPECT_EQ(out.view(), "*2\r\n$12\r\nSUNSUBSCRIBE\r\n$1\r\ns\r\n*1\r\n$4\r\nPING\r\n");
  subscriptions.reset();
  write({kNews});
  EXPECT_EQ(out.view(), "*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nnews\r\n*1\r\n$4\r\nPING\r\n")
      << "another connection knows of nothing";
}

// The same said in RESP3 and in RESP2.
TEST_F(SubscriptionsTest, MessagesConfirmationsAndPongsAreToldApartInBothProtocols) {
  for (const std::string tag : {">", "*"}) {
    subscriptions.reset();
    write({kNews, kAll});
    EXPECT_EQ(hear((tag + "3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n").c_str()),
              Kind::confirmed);
    EXPECT_EQ(hear((tag + "3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n").c_str()),
              Kind::message)
        << "between two confirmations";
    EXPECT_EQ(hear((tag + "3\r\n$10\r\npsubscribe\r\n$2\r\nn*\r\n:2\r\n").c_str()),
              Kind::confirmed);
    EXPECT_EQ(hear(tag == "*" ? "*2\r\n$4\r\npong\r\n$0\r\n\r\n" : "+PONG\r\n"), Kind::reply);
    const Reply matched{tag + "4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n"};
    const auto heard = subscriptions.hear(matched);
    EXPECT_EQ(heard.topic, "n*");
    EXPECT_EQ(heard.channel, "news");
    EXPECT_EQ(heard.payload, "hi");
    EXPECT_EQ(subscriptions.awaited(), 0u);
  }
  EXPECT_EQ(hear(">2\r\n$5\r\nother\r\n_\r\n"), Kind::nothing) << "no push is a reply";
}

TEST_F(SubscriptionsTest, AnErrorBelongsToTheCommandWhoseTurnItIs) {
  write({kNews, kShard});
  EXPECT_EQ(hear(">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"), Kind::confirmed);
  const Reply moved{"-MOVED 7 1.2.3.4:6379\r\n"};
  const auto heard = subscriptions.hear(moved);
  EXPECT_EQ(heard.kind, Kind::refused);
  EXPECT_EQ(heard.topic, "s");
  EXPECT_EQ(heard.payload, "MOVED 7 1.2.3.4:6379");
  EXPECT_EQ(hear("-LOADING it\r\n"), Kind::reply) << "of the PING";
  write({kNews, kShard});
  EXPECT_EQ(out.view(), "*2\r\n$10\r\nSSUBSCRIBE\r\n$1\r\ns\r\n*1\r\n$4\r\nPING\r\n")
      << "it was not asked, so it is asked again";
}

TEST_F(SubscriptionsTest, AServerThatTakesATopicAwaySaysSo) {
  write({kShard});
  hear(">3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n");
  hear("+PONG\r\n");
  const char* const gone = ">3\r\n$12\r\nsunsubscribe\r\n$1\r\ns\r\n:0\r\n";
  EXPECT_EQ(hear(gone), Kind::withdrawn);
  EXPECT_EQ(hear(gone), Kind::nothing) << "once";
  write({kShard});
  hear(">3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n");
  hear("+PONG\r\n");
  write({});
  EXPECT_EQ(hear(gone), Kind::nothing) << "it was asked to";
}

TEST_F(SubscriptionsTest, KeysAreTrackedByAnOkAndInvalidatedByAPush) {
  write({kNews, {TopicKind::prefix, "user:"}});
  EXPECT_THAT(std::string(out.view()),
              testing::EndsWith("TRACKING\r\n$2\r\nON\r\n$5\r\nBCAST\r\n$6\r\nPREFIX\r\n"
                                "$5\r\nuser:\r\n*1\r\n$4\r\nPING\r\n"));
  hear(">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
  const Reply ok{"+OK\r\n"};
  const auto heard = subscriptions.hear(ok);
  EXPECT_EQ(heard.kind, Kind::confirmed);
  EXPECT_EQ(heard.topic, "user:");
  EXPECT_EQ(hear("+PONG\r\n"), Kind::reply);
  EXPECT_EQ(hear(">2\r\n$10\r\ninvalidate\r\n*1\r\n$6\r\nuser:7\r\n"), Kind::invalidated);
  EXPECT_EQ(hear(">2\r\n$10\r\ninvalidate\r\n_\r\n"), Kind::invalidated);
  write({kNews});
  EXPECT_EQ(out.view(), "") << "it stays as long as the connection";
}

/// Answers as a server does, in order, and now and then refuses, takes away, or publishes in between.
class ModelServer {
 public:
  ModelServer(base::Random& random, resp::Version version) : random_(random), version_(version) {}

  void hangs_up() {
    topics.clear();
    out_.clear();
  }
  void receive(base::Buffer& requests) {
    while (reader_.next(requests.view()) == resp::RequestReader::Status::command) {
      const auto words = reader_.args();
      answer(words[0], words.size() > 1 ? words[1] : std::string_view{});
      requests.consume(reader_.consumed());
      if (random_.below(4) == 0) publish();
    }
  }
  void take_away() {
    if (topics.empty() || topics.rbegin()->kind != TopicKind::shard) return;
    const std::string name = topics.rbegin()->name;
    topics.erase(std::prev(topics.end()));
    say("sunsubscribe", name, 0);
  }
  base::Buffer& out() { return out_; }

  Topics topics;
  int pongs = 0;

 private:
  void answer(std::string_view command, std::string_view name) {
    resp::Writer writer{out_, version_};
    if (command == "PING") {
      ++pongs;
      if (version_ == resp::Version::resp3 || topics.empty()) return writer.simple("PONG");
      writer.array(2);
      writer.bulk("pong");
      return writer.bulk("");
    }
    const bool on = command.find("UNSUB") == command.npos;
    const auto kind = command.starts_with('P')                                 ? TopicKind::pattern
                      : command.starts_with("SS") || command == "SUNSUBSCRIBE" ? TopicKind::shard
                                                                               : TopicKind::channel;
    const Topic topic{kind, std::string(name)};
    if (on && !topics.contains(topic) && random_.below(5) == 0)
      return writer.error("NOPERM not this one");
    std::string said;
    for (const char c : command) said += static_cast<char>(c + 32);
    if (on) topics.insert(topic);
    if (!on) topics.erase(topic);
    say(said, name, static_cast<std::int64_t>(topics.size()));
  }
  void say(std::string_view what, std::string_view name, std::int64_t count) {
    resp::Writer writer{out_, version_};
    writer.push(3);
    writer.bulk(what);
    writer.bulk(name);
    writer.integer(count);
  }
  void publish() {
    resp::Writer writer{out_, version_};
    writer.push(3);
    writer.bulk("message");
    writer.bulk("any");
    writer.bulk("payload");
  }

  base::Random& random_;
  const resp::Version version_;
  resp::RequestReader reader_;
  base::Buffer out_;
};

TEST(SubscriptionsModelTest, WhatTheServerHasIsWhatIsBelieved) {
  auto random = test::seeded_random();
  for (int run = 0; run < 200 && !testing::Test::HasFailure(); ++run) {
    ModelServer server{random, run % 2 == 0 ? resp::Version::resp2 : resp::Version::resp3};
    Subscriptions subscriptions;
    Topics wanted, believed;
    int replies = 0, pings = 0;
    base::Buffer requests;
    resp::ReplyReader reader;
    for (int step = 0; step < 60; ++step) {
      switch (random.below(8)) {
        case 0:
          server.hangs_up();
          subscriptions.reset();
          requests.clear();
          believed.clear();
          pings = replies;
          server.pongs = replies;
          break;
        case 1:
          server.take_away();
          break;
        default: {
          const Topic topic{static_cast<TopicKind>(random.below(3)),
                            std::to_string(random.below(4))};
          if (!wanted.insert(topic).second) {
            wanted.erase(topic);
            believed.erase(topic);
          }
        }
      }
      pings += subscriptions.write(wanted, random.below(3) == 0, requests);
      if (random.below(3) == 0) continue;  // Several writes before an answer.
      server.receive(requests);
      while (reader.next(server.out().view()) == resp::ReplyReader::Status::reply) {
        const auto heard = subscriptions.hear(reader.value());
        const Topic topic{heard.topic_kind, std::string(heard.topic)};
        if (heard.kind == Kind::confirmed) believed.insert(topic);
        if (heard.kind == Kind::withdrawn) believed.erase(topic);
        if (heard.kind == Kind::reply) ++replies;
        server.out().consume(reader.consumed());
      }
      ASSERT_EQ(believed, server.topics) << "run " << run << ", step " << step;
      ASSERT_EQ(replies, pings) << "each PING has its PONG, and nothing else is a reply";
      ASSERT_EQ(subscriptions.awaited(), 0u);
    }
  }
}

}  // namespace
}  // namespace larder::redis
