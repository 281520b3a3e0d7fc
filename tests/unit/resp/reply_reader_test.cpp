// Replies as a client reads them: every type of both protocols, whole, in pieces, wrong, and
// hostile.
#include "resp/reply_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/buffer.hpp"
#include "resp/writer.hpp"
#include "support/resp_text.hpp"
#include "support/seed.hpp"

namespace larder::resp {
namespace {

using test::text_of;
using ::testing::HasSubstr;

struct ReadReplies {
  std::vector<std::string> replies;  // In the notation of text_of.
  std::string error;
  friend bool operator==(const ReadReplies&, const ReadReplies&) = default;
};

ReadReplies read_replies(const std::vector<std::string>& pieces, const ReplyLimits& limits = {}) {
  ReplyReader reader(limits);
  std::string buffer;
  ReadReplies result;
  for (const std::string& piece : pieces) {
    buffer = std::string(buffer + piece);
    ReplyReader::Status status;
    while ((status = reader.next(buffer)) == ReplyReader::Status::reply) {
      result.replies.push_back(text_of(reader.value()));
      buffer.erase(0, reader.consumed());
    }
    if (status == ReplyReader::Status::error) {
      result.error = reader.error();
      return result;
    }
  }
  return result;
}

std::string one(std::string_view bytes) {
  const ReadReplies r = read_replies({std::string(bytes)});
  if (!r.error.empty()) return r.error;
  return r.replies.size() == 1 ? r.replies[0]
                               : "got " + std::to_string(r.replies.size()) + " replies";
}

TEST(ReplyReader, ReadsEveryTypeOfResp2) {
  EXPECT_EQ(one("+OK\r\n"), "+OK");
  EXPECT_EQ(one("-ERR no\r\n"), "-ERR no");
  EXPECT_EQ(one(":-42\r\n"), ":-42");
  EXPECT_EQ(one("$4\r\na\r\nb\r\n"), "$a\r\nb");
  EXPECT_EQ(one("$0\r\n\r\n"), "$");
  EXPECT_EQ(one("$-1\r\n"), "_");
  EXPECT_EQ(one("*-1\r\n"), "_");
  EXPECT_EQ(one("*0\r\n"), "*[]");
  EXPECT_EQ(one("*2\r\n$1\r\na\r\n*1\r\n:1\r\n"), "*[$a *[:1]]");
}

TEST(ReplyReader, ReadsEveryTypeOfResp3) {
  EXPECT_EQ(one("_\r\n"), "_");
  EXPECT_EQ(one("#t\r\n"), "#t");
  EXPECT_EQ(one("#f\r\n"), "#f");
  EXPECT_EQ(one(",3.25\r\n"), ",3.25");
  EXPECT_EQ(one(",inf\r\n"), ",inf");
  EXPECT_EQ(one(",-inf\r\n"), ",-inf");
  EXPECT_EQ(one(",nan\r\n"), ",nan");
  EXPECT_EQ(one(",1e21\r\n"), ",1e+21");
  EXPECT_EQ(one("(-12345678901234567890\r\n"), "(-12345678901234567890");
  EXPECT_EQ(one("!8\r\nERR a\r\nb\r\n"), "-ERR a\r\nb");
  EXPECT_EQ(one("=8\r\ntxt:text\r\n"), "=text");
  EXPECT_EQ(one("%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n"), "%[+a :1 +b *[_]]");
  EXPECT_EQ(one("~1\r\n+a\r\n"), "~[+a]");
  EXPECT_EQ(one(">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n"), ">[+invalidate *[$k]]");
}

TEST(ReplyReader, DropsAttributesWhereverTheyStand) {
  EXPECT_EQ(one("|1\r\n+ttl\r\n:3600\r\n+OK\r\n"), "+OK");
  EXPECT_EQ(one("*2\r\n|1\r\n+a\r\n*1\r\n:1\r\n:1\r\n:2\r\n"), "*[:1 :2]");
  EXPECT_EQ(one("|0\r\n|0\r\n*1\r\n|0\r\n_\r\n"), "*[_]");
}

TEST(ReplyReader, WalksNestedReplies) {
  ReplyReader reader;
  ASSERT_EQ(reader.next("*3\r\n*2\r\n:1\r\n:2\r\n%1\r\n$1\r\nk\r\n$1\r\nv\r\n:3\r\n"),
            ReplyReader::Status::reply);
  const Value reply = reader.value();
  ASSERT_EQ(reply.size(), 3U);
  EXPECT_EQ(reply[0][1].integer(), 2);
  EXPECT_EQ(reply[1].size(), 2U);
  EXPECT_EQ(reply[1][0].text(), "k");
  EXPECT_EQ(reply[2].integer(), 3);
  std::size_t children = 0;
  for (const Value child : reply) children += 1 + child.size();
  EXPECT_EQ(children, 7U);
}

TEST(ReplyReader, AskingForTheWrongTypeAnswersNothing) {
  ReplyReader reader;
  ASSERT_EQ(reader.next(":1\r\n"), ReplyReader::Status::reply);
  EXPECT_EQ(reader.value().text(), "");
  EXPECT_EQ(reader.value().size(), 0U);
  EXPECT_FALSE(reader.value().boolean());
  EXPECT_EQ(reader.value().number(), 0.0);
}

const std::string kMixed =
    "+OK\r\n*3\r\n$3\r\nfoo\r\n*2\r\n:1\r\n$-1\r\n%1\r\n+k\r\n=7\r\ntxt:abc\r\n|1\r\n+a\r\n:1\r\n,"
    "1.5\r\n"
    ">2\r\n+message\r\n$2\r\n\r\n\r\n-ERR x\r\n~2\r\n#t\r\n(123\r\n!3\r\nE x\r\n*0\r\n_\r\n";

TEST(ReplyReader, ReadsTheSameHoweverTheBytesAreSplit) {
  const ReadReplies whole = read_replies({kMixed});
  ASSERT_EQ(whole.error, "");
  ASSERT_EQ(whole.replies.size(), 9U);
  for (std::size_t cut = 0; cut <= kMixed.size(); ++cut) {
    ASSERT_EQ(read_replies({kMixed.substr(0, cut), kMixed.substr(cut)}), whole) << cut;
  }
  std::vector<std::string> single;
  for (const char c : kMixed) single.emplace_back(1, c);
  EXPECT_EQ(read_replies(single), whole);
}

TEST(ReplyReader, ATruncatedReplyIsNeverAReply) {
  const std::string bytes = "*2\r\n$3\r\nfoo\r\n%1\r\n+k\r\n,1.5\r\n";
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    ReplyReader reader;
    ASSERT_EQ(reader.next(bytes.substr(0, cut)), ReplyReader::Status::need_more) << cut;
    ASSERT_EQ(reader.consumed(), 0U);
    ASSERT_GE(reader.bytes_missing(), 1U);
    ASSERT_EQ(reader.in_reply(), cut > 0) << cut;
  }
}

TEST(ReplyReader, RefusesBadLengths) {
  for (const char* length :
       {"$-2", "$+5", "$00", "$ 1", "$9223372036854775808", "$x", "$", "*-2", "*x", "%-1", "~-1",
        ">-1", "!-1", "=-1", "|-1", "$11111111111111111111111111"}) {
    EXPECT_THAT(one(std::string(length) + "\r\n"), HasSubstr("Protocol error: invalid length"))
        << length;
  }
  EXPECT_EQ(one("$999999999999\r\n"), "Protocol error: reply too large");
  EXPECT_EQ(one("*4294967296\r\n"), "Protocol error: reply too large");
  EXPECT_EQ(one("%4000000\r\n"), "Protocol error: reply too large");
}

TEST(ReplyReader, RefusesBadElements) {
  EXPECT_EQ(one("hello\r\n"), "Protocol error: unknown type \"h\"");
  EXPECT_EQ(one(":1x\r\n"), "Protocol error: invalid integer");
  EXPECT_EQ(one(":\r\n"), "Protocol error: invalid integer");
  EXPECT_EQ(one("#x\r\n"), "Protocol error: invalid boolean");
  EXPECT_EQ(one(",1.5x\r\n"), "Protocol error: invalid double");
  EXPECT_EQ(one(",\r\n"), "Protocol error: invalid double");
  EXPECT_EQ(one("(12a\r\n"), "Protocol error: invalid big number");
  EXPECT_EQ(one("_x\r\n"), "Protocol error: invalid null");
  EXPECT_EQ(one("=3\r\nabc\r\n"), "Protocol error: invalid verbatim string");
  EXPECT_EQ(one("+a\rb\r\n"), "Protocol error: CR without LF");
  EXPECT_EQ(one("$1\r\nabc"), "Protocol error: expected CRLF after bulk");
  EXPECT_EQ(one("$?\r\n"), "Protocol error: streamed replies are not supported");
  EXPECT_EQ(one("*?\r\n"), "Protocol error: streamed replies are not supported");
  EXPECT_EQ(one("*1\r\n>1\r\n:1\r\n"), "Protocol error: push inside a reply");
  EXPECT_EQ(one("+" + std::string(70'000, 'x')), "Protocol error: line too long");
}

TEST(ReplyReader, DepthIsBounded) {
  std::string ok, deep;
  for (std::size_t i = 0; i < base::limits::kReplyDepthMax; ++i) ok += "*1\r\n";
  EXPECT_THAT(one(ok + ":1\r\n"), HasSubstr("[:1]"));
  for (int i = 0; i < 100'000; ++i) deep += "*1\r\n";
  EXPECT_EQ(one(deep), "Protocol error: nesting too deep");
}

TEST(ReplyReader, BytesAndElementsAreBounded) {
  EXPECT_EQ(read_replies({"*3\r\n", ":1\r\n:2\r\n:3\r\n"}, {.nodes_max = 3}).error,
            "Protocol error: reply too large");
  EXPECT_EQ(read_replies({"*2\r\n", "$60\r\n" + std::string(60, 'x') + "\r\n", "$60\r\n",
                          std::string(60, 'x')},
                         {.bytes_max = 100})
                .error,
            "Protocol error: reply too large");
  EXPECT_EQ(read_replies({"|0\r\n|0\r\n|0\r\n"}, {.bytes_max = 10}).error,
            "Protocol error: reply too large");
}

TEST(ReplyReader, APromiseSetsNothingAside) {
  ReplyReader reader;
  EXPECT_EQ(reader.next("*4000000\r\n$200000000\r\n"), ReplyReader::Status::need_more);
  EXPECT_LT(reader.memory_bytes(), 10'000U);
  EXPECT_EQ(reader.bytes_missing(), 200'000'002U);
}

TEST(ReplyReader, ResetForgetsAHalfReadReply) {
  ReplyReader reader;
  EXPECT_EQ(reader.next("*2\r\n:1\r\n$5\r\nab"), ReplyReader::Status::need_more);
  reader.reset();
  EXPECT_FALSE(reader.in_reply());
  ASSERT_EQ(reader.next(":7\r\n"), ReplyReader::Status::reply);
  EXPECT_EQ(reader.value().integer(), 7);
}

/// Writes a random reply and returns what a reader should see of it.
std::string write_random(base::Random& random, Writer& w, std::size_t depth) {
  const auto children = [&](std::size_t n) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i)
      text += (i == 0 ? "" : " ") + write_random(random, w, depth + 1);
    return "[" + text + "]";
  };
  const std::size_t n = random.below(4);
  switch (random.below(depth > 4 ? 6 : 9)) {
    case 0:
      w.ok();
      return "+OK";
    case 1:
      w.integer(static_cast<std::int64_t>(n) - 2);
      return ":" + std::to_string(static_cast<std::int64_t>(n) - 2);
    case 2: {
      std::string text(random.below(300), 'x');
      for (char& c : text) c = static_cast<char>(random());
      w.bulk(text);
      return "$" + text;
    }
    case 3:
      w.null();
      return "_";
    case 4:
      w.boolean(n == 0);
      return n == 0 ? "#t" : "#f";
    case 5:
      w.number(static_cast<double>(n) / 4);
      return "," + test::shortest(static_cast<double>(n) / 4);
    case 6:
      w.array(n);
      return "*" + children(n);
    case 7:
      w.map(n);
      return "%" + children(2 * n);
    default:
      w.set(n);
      return "~" + children(n);
  }
}

TEST(ReplyReader, ReadsWhatTheWriterWritesInAnyPieces) {
  base::Random random = test::seeded_random();
  for (int round = 0; round < 500; ++round) {
    base::Buffer out;
    Writer writer(out, Version::resp3);
    const ReadReplies expected{{write_random(random, writer, 0), write_random(random, writer, 0)},
                               ""};
    std::vector<std::string> pieces;
    for (std::string_view rest = out.view(); !rest.empty();) {
      const std::size_t n = std::min<std::size_t>(rest.size(), 1 + random.below(60));
      pieces.emplace_back(rest.substr(0, n));
      rest.remove_prefix(n);
    }
    ASSERT_EQ(read_replies(pieces), expected);
  }
}

}  // namespace
}  // namespace larder::resp
