// What the door to Redis decides before anything is sent, and what it makes of replies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "redis/slots.hpp"
#include "resp/reply_reader.hpp"
#include "resp/writer.hpp"
#include "store/redis/reply.hpp"
#include "store/redis/words.hpp"
#include "support/seed.hpp"

namespace larder::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Reply read(std::string_view text) {
  resp::ReplyReader reader;
  if (reader.next(text) != resp::ReplyReader::Status::reply)
    throw std::runtime_error(reader.error());
  return reply_from(reader.value());
}

TEST(ReplyTest, EveryTypeIsKeptAsItCame) {
  using Kind = Reply::Kind;
  const struct {
    const char* resp;
    Kind kind;
    const char* shown;
  } rows[] = {
      {"$2\r\nab\r\n", Kind::text, "\"ab\""},
      {"+OK\r\n", Kind::status, "OK"},
      {":-7\r\n", Kind::integer, "-7"},
      {"_\r\n", Kind::nil, "nil"},
      {"$-1\r\n", Kind::nil, "nil"},
      {"*-1\r\n", Kind::nil, "nil"},
      {",3.25\r\n", Kind::number, "3.25"},
      {",inf\r\n", Kind::number, "inf"},
      {"#t\r\n", Kind::boolean, "true"},
      {"#f\r\n", Kind::boolean, "false"},
      {"(12345678901234567890\r\n", Kind::big_number, "12345678901234567890"},
      {"=6\r\ntxt:hi\r\n", Kind::verbatim, "\"hi\""},
      {"*2\r\n:1\r\n-ERR no\r\n", Kind::array, "[1, (error) ERR no]"},
      {"~2\r\n:1\r\n:2\r\n", Kind::set, "{1, 2}"},
      {"%1\r\n$1\r\nk\r\n*1\r\n_\r\n", Kind::map, "{\"k\": [nil]}"},
  };
  for (const auto& row : rows) {
    const Reply reply = read(row.resp);
    EXPECT_EQ(reply.kind, row.kind) << row.resp;
    EXPECT_EQ(to_string(reply), row.shown);
  }
}

TEST(ReplyTest, WhatIsNotThereIsNone) {
  EXPECT_EQ(read(":2\r\n").as_boolean(), std::nullopt);
  EXPECT_EQ(read("$2\r\nab\r\n").as_integer(), std::nullopt);
  EXPECT_EQ(read("$2\r\nab\r\n").as_number(), std::nullopt);
  EXPECT_EQ(read("_\r\n").as_text(), std::nullopt);
  EXPECT_EQ(read(":1\r\n").as_error(), std::nullopt);
  const Reply lone = read("*1\r\n$1\r\nk\r\n");
  EXPECT_EQ(lone.find("k"), nullptr) << "a key without a value";
  const Reply array = read("*1\r\n-WRONGTYPE of it\r\n");
  EXPECT_EQ(array.items[0].as_text(), std::nullopt) << "an error is no text";
  EXPECT_EQ(array.items[0].as_error()->code, Errc::wrong_type);
  EXPECT_EQ(array.items[0].as_error()->detail, "WRONGTYPE of it");
}

// One value, said in both protocols by the server's own writer, reads the same.
class Said {
 public:
  explicit Said(base::Random& random) : random_(random) {}

  void value(unsigned depth) {
    switch (random_.below(depth > 3 ? 5 : 7)) {
      case 0:
        return both([&](auto& w) { w.null(); });
      case 1: {
        const auto n = static_cast<std::int64_t>(random_());
        return both([&](auto& w) { w.integer(n); });
      }
      case 2: {
        const double n = static_cast<double>(random_.below(1'000'000)) / 64;
        return both([&](auto& w) { w.number(n); });
      }
      case 3: {
        const bool yes = random_.below(2) == 1;
        return both([&](auto& w) { w.boolean(yes); });
      }
      case 4: {
        const std::string text = "t" + std::to_string(random_.below(1'000));
        return both([&](auto& w) { w.bulk(text); });
      }
      case 5: {
        const auto size = random_.below(4);
        both([&](auto& w) { w.set(size); });
        for (std::uint64_t i = 0; i < size; ++i) value(depth + 1);
        return;
      }
      default: {
        const auto size = random_.below(4);
        both([&](auto& w) { w.map(size); });
        for (std::uint64_t i = 0; i < size; ++i) {
          both([&](auto& w) { w.bulk("k" + std::to_string(i)); });
          value(depth + 1);
        }
      }
    }
  }
  Reply as(resp::Version version) {
    return read((version == resp::Version::resp2 ? two_ : three_).view());
  }

 private:
  template <class F>
  void both(F write) {
    resp::Writer two{two_, resp::Version::resp2}, three{three_, resp::Version::resp3};
    write(two);
    write(three);
  }

  base::Random& random_;
  base::Buffer two_, three_;
};

void expect_same(const Reply& two, const Reply& three) {
  EXPECT_EQ(two.is_nil(), three.is_nil());
  ASSERT_EQ(two.items.size(), three.items.size());
  switch (three.kind) {
    case Reply::Kind::integer:
      EXPECT_EQ(two.as_integer(), three.as_integer());
      break;
    case Reply::Kind::number:
      EXPECT_EQ(two.as_number(), three.as_number());
      break;
    case Reply::Kind::boolean:
      EXPECT_EQ(two.as_boolean(), three.as_boolean());
      break;
    case Reply::Kind::text:
      EXPECT_EQ(two.as_text(), three.as_text());
      break;
    default:
      break;
  }
  for (std::size_t i = 0; i < two.items.size(); ++i) expect_same(two.items[i], three.items[i]);
  if (three.kind != Reply::Kind::map) return;
  for (std::size_t i = 0; i < three.items.size() / 2; ++i) {
    const std::string key = "k" + std::to_string(i);
    ASSERT_TRUE(two.find(key) && three.find(key)) << key;
    expect_same(*two.find(key), *three.find(key));
  }
}

TEST(ReplyTest, BothProtocolsReadAlike) {
  auto random = test::seeded_random();
  for (int round = 0; round < 2'000 && !testing::Test::HasFailure(); ++round) {
    Said said{random};
    said.value(0);
    expect_same(said.as(resp::Version::resp2), said.as(resp::Version::resp3));
  }
}

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words(1);
  for (const char c : line) {
    if (c == ' ')
      words.emplace_back();
    else
      words.back() += c;
  }
  return words;
}

TEST(CommandFactsTest, WhichWordsAreKeys) {
  const std::pair<const char*, std::vector<std::string>> rows[] = {
      {"GET a", {"a"}},
      {"hset a f 1", {"a"}},
      {"FT.NEW a b", {"a"}},
      {"PING", {}},
      {"ping hello", {}},
      {"MGET a b c", {"a", "b", "c"}},
      {"MSET a 1 b 2", {"a", "b"}},
      {"RENAME a b", {"a", "b"}},
      {"BLPOP a b 0", {"a", "b"}},
      {"BITOP AND a b c", {"a", "b", "c"}},
      {"OBJECT ENCODING a", {"a"}},
      {"OBJECT HELP", {}},
      {"MEMORY USAGE a SAMPLES 5", {"a"}},
      {"MEMORY DOCTOR", {}},
      {"CONFIG GET a", {}},
      {"EVAL return 2 a b c", {"a", "b"}},
      {"EVALSHA abc 0 x", {}},
      {"EVAL return 99 a", {"a"}},
      {"EVAL return x a", {}},
      {"ZUNIONSTORE d 2 a b WEIGHTS 1 2", {"d", "a", "b"}},
      {"SINTERCARD 2 a b LIMIT 1", {"a", "b"}},
      {"BLMPOP 1 2 a b LEFT", {"a", "b"}},
      {"XREAD COUNT 1 STREAMS a b 0 0", {"a", "b"}},
      {"XREADGROUP GROUP g me streams a >", {"a"}},
      {"XREAD COUNT 1", {}},
      {"SPUBLISH a m", {"a"}},
  };
  for (const auto& [line, keys] : rows) {
    const auto words = split_words(line);
    const auto facts = facts_of(words);
    EXPECT_EQ(std::vector<std::string>(facts.keys.begin(), facts.keys.end()), keys) << line;
    EXPECT_THAT(facts.refusal, IsEmpty()) << line;
  }
}

TEST(CommandFactsTest, WhatIsNotSentOnASharedConnection) {
  for (const char* line : {"SUBSCRIBE a", "psubscribe a", "MULTI", "EXEC", "WATCH a", "MONITOR",
                           "SELECT 1", "AUTH x", "HELLO 3", "RESET", "QUIT", "client reply OFF",
                           "CLIENT TRACKING ON", "SYNC", "ASKING", "WAIT 1 0"}) {
    EXPECT_FALSE(facts_of(split_words(line)).refusal.empty()) << line;
  }
  for (const char* line : {"CLIENT LIST", "CLIENT", "SCRIPT LOAD x", "CLIENT KILL ID 7"}) {
    EXPECT_TRUE(facts_of(split_words(line)).refusal.empty()) << line;
  }
  EXPECT_THAT(facts_of(split_words("SUBSCRIBE a")).refusal, HasSubstr("Redis::subscribe"));
}

TEST(CommandFactsTest, WhatWaits) {
  for (const char* line : {"BLPOP a 0", "BZMPOP 0 1 a MIN", "XREAD BLOCK 0 STREAMS a $"}) {
    EXPECT_TRUE(facts_of(split_words(line)).waits) << line;
  }
  for (const char* line : {"LPOP a", "XREAD STREAMS BLOCK 0", "XREAD COUNT 1 STREAMS a $"}) {
    EXPECT_FALSE(facts_of(split_words(line)).waits) << line;
  }
}

}  // namespace
}  // namespace larder::store
