// Seeded commands to the larder of this build and to Redis; their answers are compared, in RESP2 and in RESP3.
//
// LARDER_SEED repeats a run; LARDER_DIFFERENTIAL=1000000 makes it so many commands long.
#include <gtest/gtest.h>
#include <poll.h>

#include <cstdlib>
#include <deque>
#include <set>
#include <span>

#include "base/buffer.hpp"
#include "base/text.hpp"
#include "differential/differences.hpp"
#include "differential/generator.hpp"
#include "net/stream.hpp"
#include "resp/reply_reader.hpp"
#include "resp/writer.hpp"
#include "support/resp_text.hpp"
#include "support/seed.hpp"
#include "support/servers.hpp"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

/// One connection to a server.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : stream_(net::connect_tcp({"127.0.0.1", port}, 5s).value()) {}

  void send(std::span<const Words> commands) {
    base::Buffer out;
    for (const Words& words : commands) {
      const std::vector<std::string_view> args(words.begin(), words.end());
      resp::append_command(out, args);
    }
    while (!out.empty()) {
      const auto sent = stream_.write(out.view());
      if (sent.status == net::Transfer::Status::broken) throw std::runtime_error("closed");
      out.consume(sent.bytes);
      if (sent.status == net::Transfer::Status::blocked) wait(POLLOUT);
    }
  }
  Answer answer() {
    while (reader_.next(replies_.view()) != resp::ReplyReader::Status::reply) {
      constexpr std::size_t kRoom = 64 * 1024;
      const auto got = stream_.read({replies_.prepare(kRoom), kRoom});
      if (got.status == net::Transfer::Status::blocked && wait(POLLIN)) continue;
      if (got.status != net::Transfer::Status::done) throw std::runtime_error("no answer");
      replies_.commit(got.bytes);
    }
    Answer answer(reader_.value());
    replies_.consume(reader_.consumed());
    return answer;
  }
  Answer ask(const Words& words) {
    send({&words, 1});
    return answer();
  }

 private:
  bool wait(short events) {
    pollfd waiting{stream_.descriptor(), events, 0};
    return ::poll(&waiting, 1, 10'000) > 0;
  }
  net::TcpStream stream_;
  base::Buffer replies_;
  resp::ReplyReader reader_;
};

std::string shown(const Words& words) {
  std::string text;
  for (const std::string& word : words) {
    text += text.empty() ? "" : " ";
    text += word.size() > 60 ? word.substr(0, 60) + "…" : word.empty() ? "\"\"" : word;
  }
  return text;
}

class Differential : public testing::TestWithParam<int> {
 protected:
  static constexpr std::size_t kBatch = 64;
  static constexpr int kReportedMax = 20;
  static constexpr std::size_t kEarlierShown = 12;

  static std::size_t commands() {
    const char* asked = std::getenv("LARDER_DIFFERENTIAL");
    return asked != nullptr ? static_cast<std::size_t>(std::atoll(asked)) : 20'000;
  }

  std::set<std::string> served() {
    std::set<std::string> names;
    for (const Answer& name : ours_.ask({"COMMAND", "LIST"}).children) {
      names.insert(name.text.substr(1));
    }
    return names;
  }
  /// Both as new, so that one difference does not bring others.
  void begin_again() {
    for (Peer* peer : {&ours_, &redis_}) {
      peer->ask({"RESET"});
      peer->ask({"HELLO", std::to_string(GetParam())});
      peer->ask({"FLUSHALL"});
    }
    queued_.clear();
  }
  /// True: the same answer, as far as it must be.
  bool compare(const Words& words, const Answer& ours, const Answer& redis) {
    const std::string command = base::lower(words[0]);
    if (ours.text == "+QUEUED" && redis.text == "+QUEUED") {
      queued_.push_back(words);
      return true;
    }
    if (command == "exec" || command == "discard" || command == "reset") {
      const auto queued = std::exchange(queued_, {});
      if (command == "exec" && ours.children.size() == queued.size() &&
          redis.children.size() == queued.size() && ours.type == redis.type) {
        for (std::size_t i = 0; i < queued.size(); ++i) {
          if (!agree(queued[i], ours.children[i], redis.children[i])) {
            report(queued[i], ours.children[i], redis.children[i]);
            return false;
          }
        }
        return true;
      }
    }
    if (agree(words, ours, redis)) return true;
    report(words, ours, redis);
    return false;
  }
  void report(const Words& words, const Answer& ours, const Answer& redis) {
    std::string before;
    for (const Words& earlier : earlier_) before += "  " + shown(earlier) + "\n";
    ADD_FAILURE() << "after\n"
                  << before << "> " << shown(words) << "\n  larder " << ours.text.substr(0, 200)
                  << "\n  redis  " << redis.text.substr(0, 200);
    ++reported_;
  }
  void play(const std::vector<Words>& batch) {
    ours_.send(batch);
    redis_.send(batch);
    bool same = true;
    for (const Words& words : batch) {
      const Answer ours = ours_.answer();
      const Answer redis = redis_.answer();
      same = same && compare(words, ours, redis);
      earlier_.push_back(words);
      if (earlier_.size() > kEarlierShown) earlier_.pop_front();
    }
    if (!same) begin_again();
  }

  LarderServer larder_server_{LARDER_BINARY};
  RedisServer redis_server_;
  Peer ours_{larder_server_.port()};
  Peer redis_{redis_server_.port()};
  std::vector<Words> queued_;
  std::deque<Words> earlier_;
  int reported_ = 0;
};

/// A watched key that comes and goes is a change to Redis; to ours, that tells a key by its version, none is as none
/// was. So every key that is watched is there.
std::vector<Words> with_watched_keys(Words words) {
  std::vector<Words> all;
  if (base::same_word(words[0], "watch")) {
    for (std::size_t i = 1; i < words.size(); ++i) all.push_back({"SETNX", words[i], "0"});
  }
  all.push_back(std::move(words));
  return all;
}

TEST_P(Differential, AnswersAreThoseOfRedis) {
  Generator generator(base::Random(seed() + static_cast<std::uint64_t>(GetParam())), served());
  begin_again();
  std::vector<Words> batch;
  for (std::size_t sent = 0; sent < commands() / 2 && reported_ < kReportedMax;) {
    for (Words& words : generator.next()) {
      if (is_left_out(words)) continue;
      for (Words& each : with_watched_keys(std::move(words))) batch.push_back(std::move(each));
    }
    if (batch.size() < kBatch) continue;
    sent += batch.size();
    play(batch);
    batch.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, Differential, testing::Values(2, 3),
                         [](const auto& given) { return "resp" + std::to_string(given.param); });

}  // namespace
}  // namespace larder::test
