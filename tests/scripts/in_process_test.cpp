// Every transcript against a Session in process, under a clock that moves only when told to.
#include <gtest/gtest.h>

#include "base/buffer.hpp"
#include "resp/reply_reader.hpp"
#include "scripts/transcript.hpp"
#include "support/resp_text.hpp"
#include "unit/server/conversation.hpp"

namespace larder::test {
namespace {

class SessionStage final : public Stage {
 public:
  void send(std::string_view bytes) override { replies_.append(client_.send(bytes)); }
  std::optional<std::string> reply() override {
    if (reader_.next(replies_.view()) != resp::ReplyReader::Status::reply) return std::nullopt;
    std::string text = text_of(reader_.value());
    replies_.consume(reader_.consumed());
    return text;
  }
  void pass(std::chrono::milliseconds time) override {
    world_.clock.advance(time);
    // What a pause held back goes on.
    replies_.append(client_.send(""));
  }

 private:
  server::test::World world_;
  server::test::Conversation client_{world_};
  base::Buffer replies_;
  resp::ReplyReader reader_;
};

class InProcess : public testing::TestWithParam<std::tuple<std::string, int>> {};

TEST_P(InProcess, AnswersAsWritten) {
  const auto& [name, protocol] = GetParam();
  const Transcript transcript = read_transcript(LARDER_SCRIPTS "/" + name + ".resp");
  ASSERT_FALSE(transcript.steps.empty());
  SessionStage stage;
  EXPECT_EQ(play(transcript, stage, protocol), "");
}

INSTANTIATE_TEST_SUITE_P(Transcripts, InProcess,
                         testing::Combine(testing::ValuesIn(transcript_names(LARDER_SCRIPTS)),
                                          testing::Values(2, 3)),
                         [](const auto& given) {
                           return std::get<0>(given.param) + "_resp" +
                                  std::to_string(std::get<1>(given.param));
                         });

TEST(Transcript, AReplyFitsWordForWordByItsBeginningOrByRange) {
  EXPECT_TRUE(fits("+OK", "+OK"));
  EXPECT_FALSE(fits("+OK", "+OKAY"));
  EXPECT_TRUE(fits("-ERR...", "-ERR syntax error"));
  EXPECT_FALSE(fits("-ERR...", "+OK"));
  EXPECT_TRUE(fits(":~50", ":49"));
  EXPECT_FALSE(fits(":~50", ":51"));
  EXPECT_FALSE(fits(":~50", ":-1"));
  EXPECT_FALSE(fits(":~50", "$20"));
  EXPECT_TRUE(fits("?", "*[]"));
}

}  // namespace
}  // namespace larder::test
