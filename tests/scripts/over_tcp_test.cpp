// Every transcript over TCP, against the larder of this build and against Redis alike.
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "base/buffer.hpp"
#include "net/stream.hpp"
#include "resp/reply_reader.hpp"
#include "scripts/transcript.hpp"
#include "support/resp_text.hpp"
#include "support/servers.hpp"

namespace larder::test {
namespace {

using namespace std::chrono_literals;

class TcpStage final : public Stage {
 public:
  explicit TcpStage(std::uint16_t port)
      : stream_(net::connect_tcp({"127.0.0.1", port}, 5s).value()) {}

  void send(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto sent = stream_.write(bytes);
      if (sent.status == net::Transfer::Status::broken) return;
      bytes.remove_prefix(sent.bytes);
      if (sent.status == net::Transfer::Status::blocked) wait(POLLOUT);
    }
  }
  std::optional<std::string> reply() override {
    while (reader_.next(replies_.view()) != resp::ReplyReader::Status::reply) {
      constexpr std::size_t kRoom = 64 * 1024;
      const auto got = stream_.read({replies_.prepare(kRoom), kRoom});
      if (got.status == net::Transfer::Status::blocked && wait(POLLIN)) continue;
      if (got.status != net::Transfer::Status::done) return std::nullopt;
      replies_.commit(got.bytes);
    }
    std::string text = text_of(reader_.value());
    replies_.consume(reader_.consumed());
    return text;
  }
  // Another process' clock: the only place where a test has to wait.
  void pass(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }

 private:
  bool wait(short events) {
    pollfd waiting{stream_.descriptor(), events, 0};
    return ::poll(&waiting, 1, 5'000) > 0;
  }
  net::TcpStream stream_;
  base::Buffer replies_;
  resp::ReplyReader reader_;
};

void play_on(std::uint16_t port, const Transcript& transcript, int protocol) {
  TcpStage broom(port);
  broom.send("FLUSHALL\r\n");
  ASSERT_EQ(broom.reply(), "+OK");
  TcpStage stage(port);
  EXPECT_EQ(play(transcript, stage, protocol), "");
}

/// One server of a kind for all tests of the suite.
template <class Server>
class OverTcp : public testing::TestWithParam<std::tuple<std::string, int>> {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<Server>(); }
  static void TearDownTestSuite() { server_.reset(); }
  static inline std::unique_ptr<Server> server_;
};

/// Those that Redis answers too: the others say in their first lines that they are larder's own.
std::vector<std::string> transcripts_of_both() {
  auto names = transcript_names(LARDER_SCRIPTS);
  std::erase_if(names, [](const std::string& name) {
    return read_transcript(LARDER_SCRIPTS "/" + name + ".resp").only_larder;
  });
  return names;
}

const auto kName = [](const auto& given) {
  return std::get<0>(given.param) + "_resp" + std::to_string(std::get<1>(given.param));
};

/// The larder of this build.
struct OurServer : LarderServer {
  OurServer() : LarderServer(LARDER_BINARY) {}
};
class OverLarder : public OverTcp<OurServer> {};

TEST_P(OverLarder, AnswersAsWritten) {
  const auto& [name, protocol] = GetParam();
  play_on(server_->port(), read_transcript(LARDER_SCRIPTS "/" + name + ".resp"), protocol);
}

INSTANTIATE_TEST_SUITE_P(Transcripts, OverLarder,
                         testing::Combine(testing::ValuesIn(transcript_names(LARDER_SCRIPTS)),
                                          testing::Values(2, 3)),
                         kName);

class OverRedis : public OverTcp<RedisServer> {};

TEST_P(OverRedis, AnswersAsWritten) {
  const auto& [name, protocol] = GetParam();
  play_on(server_->port(), read_transcript(LARDER_SCRIPTS "/" + name + ".resp"), protocol);
}

INSTANTIATE_TEST_SUITE_P(Transcripts, OverRedis,
                         testing::Combine(testing::ValuesIn(transcripts_of_both()),
                                          testing::Values(2, 3)),
                         kName);

}  // namespace
}  // namespace larder::test
