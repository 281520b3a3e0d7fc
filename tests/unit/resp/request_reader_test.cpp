// Requests as a server reads them: whole, in pieces, wrong, and hostile.
#include "resp/request_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/buffer.hpp"
#include "resp/writer.hpp"
#include "support/seed.hpp"

namespace larder::resp {
namespace {

using Status = RequestReader::Status;
using Command = std::vector<std::string>;
using ::testing::ElementsAre;

/// What a reader makes of a byte stream that arrives in the given pieces.
struct Read {
  std::vector<Command> commands;
  std::string error;
  bool in_request = false;
  friend bool operator==(const Read&, const Read&) = default;
};

Read read(const std::vector<std::string>& pieces, const RequestLimits& limits = {}) {
  RequestReader reader(limits);
  std::string buffer;
  Read result;
  for (const std::string& piece : pieces) {
    // A new string each time: the bytes move, as in a growing buffer.
    buffer = std::string(buffer + piece);
    Status status;
    while ((status = reader.next(buffer)) == Status::command) {
      result.commands.emplace_back(reader.args().begin(), reader.args().end());
      buffer.erase(0, reader.consumed());
    }
    if (status == Status::error) {
      result.error = reader.error();
      return result;
    }
    buffer.erase(0, reader.consumed());
  }
  result.in_request = reader.in_request();
  return result;
}

Read read(std::string_view whole, const RequestLimits& limits = {}) {
  return read(std::vector<std::string>{std::string(whole)}, limits);
}

std::string error_of(std::string_view bytes, const RequestLimits& limits = {}) {
  return read(bytes, limits).error;
}

// Short ones are read in one go, others in parts: what they mean must not depend on it.
TEST(RequestReader, ReadsLengthsOfAnyNumberOfDigitsAlike) {
  for (const std::size_t bytes : {0U, 1U, 9U, 10U, 99U, 100U, 999U, 1'000U, 10'000U}) {
    const std::string value(bytes, 'v');
    const std::string request =
        "*2\r\n$3\r\nGET\r\n$" + std::to_string(bytes) + "\r\n" + value + "\r\n";
    EXPECT_THAT(read(request).commands, ElementsAre(Command{"GET", value}));
    EXPECT_THAT(read(request + "PING\r\n").commands,
                ElementsAre(Command{"GET", value}, Command{"PING"}));
    EXPECT_TRUE(read(std::string_view(request).substr(0, request.size() - 1)).in_request);
  }
}

TEST(RequestReader, ReadsAnyNumberOfArgumentsAlike) {
  for (const std::size_t count : {1U, 2U, 9U, 10U, 11U}) {
    std::string request = "*" + std::to_string(count) + "\r\n";
    for (std::size_t i = 0; i < count; ++i) request += "$1\r\nx\r\n";
    EXPECT_THAT(read(request + request).commands,
                ElementsAre(Command(count, "x"), Command(count, "x")));
  }
}

TEST(RequestReader, RefusesALengthThatIsNoNumberHoweverShort) {
  EXPECT_EQ(error_of("*1\r\n$04\r\nPING\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$:4\r\n" + std::string(104, 'x') + "\r\n"),
            "Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*01\r\n$4\r\nPING\r\n"), "Protocol error: invalid multibulk length");
}

TEST(RequestReader, ReadsAnArrayOfBulks) {
  RequestReader reader;
  const std::string_view bytes = "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n*1\r\n$4\r\nPING\r\n";
  ASSERT_EQ(reader.next(bytes), Status::command);
  EXPECT_THAT(reader.args(), ElementsAre("GET", "a\r\nb"));
  EXPECT_EQ(reader.args()[0].data(), bytes.data() + 8);  // A view into the input, not a copy.
  ASSERT_EQ(reader.next(bytes.substr(reader.consumed())), Status::command);
  EXPECT_THAT(reader.args(), ElementsAre("PING"));
}

TEST(RequestReader, ReadsInlineCommandsWithQuotes) {
  EXPECT_THAT(
      read("PING\r\nset  k \"a \\x41\\n\" 'it\\'s'\nECHO \"\"\r\n").commands,
      ElementsAre(Command{"PING"}, Command{"set", "k", "a A\n", "it's"}, Command{"ECHO", ""}));
}

TEST(RequestReader, IgnoresWhatAsksForNothing) {
  EXPECT_THAT(read("\r\n\n   \r\n*0\r\n*-1\r\nPING\r\n").commands, ElementsAre(Command{"PING"}));
  RequestReader reader;
  EXPECT_EQ(reader.next("\r\n\r\n*0\r\n"), Status::need_more);
  EXPECT_EQ(reader.consumed(), 8U);
  EXPECT_FALSE(reader.in_request());
}

TEST(RequestReader, ReadsTheSameHoweverTheBytesAreSplit) {
  const std::string bytes =
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nv\r\n*1\r\n$1\r\nx\r\n\r\nECHO 'a "
      "b'\r\n*0\r\n*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n";
  const Read whole = read(bytes);
  ASSERT_EQ(whole.commands.size(), 4U);
  ASSERT_EQ(whole.error, "");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    ASSERT_EQ(read({bytes.substr(0, cut), bytes.substr(cut)}), whole) << cut;
  }
  std::vector<std::string> single;
  for (const char c : bytes) single.emplace_back(1, c);
  EXPECT_EQ(read(single), whole);
}

TEST(RequestReader, ATruncatedRequestIsNeverACommand) {
  const std::string bytes = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const Read r = read(bytes.substr(0, cut));
    ASSERT_TRUE(r.commands.empty()) << cut;
    ASSERT_TRUE(r.in_request) << cut;
    ASSERT_EQ(r.error, "") << cut;
  }
}

TEST(RequestReader, SaysHowMuchOfABulkIsMissing) {
  RequestReader reader;
  EXPECT_EQ(reader.next("*2\r\n$3\r\nSET\r\n$1000\r\nabc"), Status::need_more);
  EXPECT_EQ(reader.bytes_missing(), 999U);
  EXPECT_EQ(reader.consumed(), 0U);
  EXPECT_LT(reader.memory_bytes(), 1000U);  // Nothing was set aside for a promise.
}

TEST(RequestReader, UsesRedisWordsForBadCounts) {
  for (const char* count :
       {"*-2x", "*+5", "*00", "* 1", "*1 ", "*9223372036854775808", "*x", "*", "*1048577", "*-0"}) {
    EXPECT_EQ(error_of(std::string(count) + "\r\n"), "Protocol error: invalid multibulk length")
        << count;
  }
  EXPECT_EQ(error_of("*" + std::string(30, '1')), "Protocol error: too big mbulk count string");
  EXPECT_EQ(error_of("*1\rX"), "Protocol error: invalid multibulk length");
}

TEST(RequestReader, UsesRedisWordsForBadBulks) {
  for (const char* length :
       {"$-1", "$-2", "$+5", "$00", "$ 1", "$9223372036854775808", "$x", "$", "$67108865"}) {
    EXPECT_EQ(error_of("*1\r\n" + std::string(length) + "\r\n"),
              "Protocol error: invalid bulk length")
        << length;
  }
  EXPECT_EQ(error_of("*1\r\n$" + std::string(30, '1')),
            "Protocol error: too big bulk count string");
  EXPECT_EQ(error_of("*1\r\nfoo\r\n"), "Protocol error: expected '$', got 'f'");
  EXPECT_EQ(error_of("*1\r\n*1\r\n"), "Protocol error: expected '$', got '*'");
  EXPECT_EQ(error_of("*1\r\n$3\r\nabcde\r\n"), "Protocol error: expected CRLF after bulk");
}

TEST(RequestReader, BoundsInlineCommands) {
  const std::string longest(base::limits::kInlineBytesMax - 1, 'a');
  EXPECT_EQ(read(longest + "\r\n").commands.size(), 1U);
  EXPECT_EQ(error_of(longest + "aa"), "Protocol error: too big inline request");
  EXPECT_EQ(error_of(longest + "aa\r\n"), "Protocol error: too big inline request");
  EXPECT_EQ(error_of("get \"foo\r\n"), "Protocol error: unbalanced quotes in request");
  EXPECT_EQ(error_of("get \"foo\"bar\r\n"), "Protocol error: unbalanced quotes in request");
  EXPECT_EQ(error_of("get 'foo\\\r\n"), "Protocol error: unbalanced quotes in request");
}

TEST(RequestReader, AStrangerMayAskForLittle) {
  const RequestLimits stranger = RequestLimits::before_auth();
  EXPECT_EQ(error_of("*11\r\n", stranger), "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(error_of("*1\r\n$16385\r\n", stranger), "Protocol error: unauthenticated bulk length");
  EXPECT_EQ(read("*10\r\n", stranger).error, "");
  EXPECT_EQ(read("*1\r\n$16384\r\n", stranger).error, "");
}

TEST(RequestReader, BoundsTheWholeRequest) {
  const RequestLimits limits{.bulk_bytes_max = 100, .request_bytes_max = 250};
  std::string bytes = "*9\r\n";
  for (int i = 0; i < 9; ++i) bytes += "$100\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_EQ(error_of(bytes, limits), "Protocol error: too big request");
}

TEST(RequestReader, AMillionArgumentsInSmallPiecesAreReadOnce) {
  base::Buffer input;
  RequestReader reader;
  input.append("*1000000\r\n");
  Status status = reader.next(input.view());
  for (int i = 0; i < 1'000'000; ++i) {
    ASSERT_EQ(status, Status::need_more);
    input.append("$1\r\nx\r\n");
    // Asking after each piece would be quadratic if earlier arguments were looked at again.
    if (i % 100 == 99) status = reader.next(input.view());
  }
  ASSERT_EQ(status, Status::command);
  EXPECT_EQ(reader.args().size(), 1'000'000U);
  EXPECT_EQ(reader.args()[999'999], "x");
  reader.release();
  EXPECT_LT(reader.memory_bytes(), 100U);
}

TEST(RequestReader, AFloodOfNothingIsEatenInOneCall) {
  std::string flood;
  for (int i = 0; i < 100'000; ++i) flood += i % 2 == 0 ? "\r\n" : "*0\r\n";
  RequestReader reader;
  EXPECT_EQ(reader.next(flood), Status::need_more);
  EXPECT_EQ(reader.consumed(), flood.size());
}

TEST(RequestReader, ReadsWhatTheWriterWrites) {
  base::Random random = test::seeded_random();
  for (int round = 0; round < 300; ++round) {
    base::Buffer bytes;
    Read expected;
    for (std::size_t n = 1 + random.below(5); n > 0; --n) {
      Command command;
      for (std::size_t a = 1 + random.below(6); a > 0; --a) {
        std::string arg(random.below(random.below(10) == 0 ? 5'000 : 20), '\0');
        for (char& c : arg) c = static_cast<char>(random());
        command.push_back(std::move(arg));
      }
      const std::vector<std::string_view> views(command.begin(), command.end());
      append_command(bytes, views);
      expected.commands.push_back(std::move(command));
    }
    std::vector<std::string> pieces;
    for (std::string_view rest = bytes.view(); !rest.empty();) {
      const std::size_t n = std::min<std::size_t>(rest.size(), 1 + random.below(400));
      pieces.emplace_back(rest.substr(0, n));
      rest.remove_prefix(n);
    }
    ASSERT_EQ(read(pieces), expected);
  }
}

}  // namespace
}  // namespace larder::resp
