#include "lab/trace.hpp"

#include <gtest/gtest.h>

#include <string>

#include "unit/lab/text_source.hpp"

#if LARDER_COMPRESSION
#include <zstd.h>
#endif

namespace larder::lab {
namespace {

TraceReader reader(std::string text, std::size_t piece = 1'000'000) {
  return {std::make_unique<test::TextSource>(std::move(text), piece), "trace.txt"};
}

/// Every request, one a line, and the error at the end if there is one.
std::string all(RequestSource& source) {
  std::string result;
  Request request;
  for (;;) {
    const auto more = source.next(request);
    if (!more) return result + more.error().detail;
    if (!*more) return result;
    result += std::string(request.key) + ' ' + std::to_string(request.size) + ' ' +
              std::to_string(request.ttl_s) + '\n';
  }
}

TEST(TraceTest, ALineIsAKeyASizeAndPerhapsATtl) {
  auto trace = reader("1 100\n2 200 30\n999999999999 1\n");
  EXPECT_EQ(all(trace), "k:000000000001 100 0\nk:000000000002 200 30\nk:999999999999 1 0\n");
}

TEST(TraceTest, KeysThatAreNoSmallNumbersStayAsTheyAre) {
  auto trace = reader("/index.html 10\n1000000000000 10\n-1 10\n");
  EXPECT_EQ(all(trace), "/index.html 10 0\n1000000000000 10 0\n-1 10 0\n");
}

TEST(TraceTest, BlankLinesCommentsTabsAndCarriageReturnsAreFine) {
  auto trace = reader("# a comment\r\n\n   \na\t 10  \t5 \r\n  b 1");
  EXPECT_EQ(all(trace), "a 10 5\nb 1 0\n");
}

TEST(TraceTest, EveryWayOfCuttingTheBytesReadsTheSame) {
  const std::string text = "1 100\n\n2 200 30\r\n# x\nabc 3";
  auto whole = reader(text);
  const std::string expected = all(whole);
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    auto trace = reader(text, piece);
    EXPECT_EQ(all(trace), expected) << piece;
  }
}

struct Bad {
  const char* line;
  const char* complaint;
};
class BadLine : public testing::TestWithParam<Bad> {};

TEST_P(BadLine, IsNamedByItsPlaceAndQuoted) {
  auto trace = reader("1 100\n# comment\n" + std::string(GetParam().line) + "\n2 100\n");
  EXPECT_EQ(all(trace),
            std::string("k:000000000001 100 0\ntrace.txt:3: expected ") + GetParam().complaint);
}

constexpr Bad kBadLines[] = {
    {"abc", R"("key size [ttl]", found "abc")"},
    {"1 x", R"("key size [ttl]", found "1 x")"},
    {"1 -5", R"("key size [ttl]", found "1 -5")"},
    {"1 1.5", R"("key size [ttl]", found "1 1.5")"},
    {"1 10 x", R"("key size [ttl]", found "1 10 x")"},
    {"1 10 -1", R"("key size [ttl]", found "1 10 -1")"},
    {"1 10 4294967296", R"("key size [ttl]", found "1 10 4294967296")"},
    {"1 10 5 7", R"("key size [ttl]", found "1 10 5 7")"},
    {"1 99999999999999999999", R"("key size [ttl]", found "1 99999999999999999999")"},
    {"1 536870913", R"(a size of at most 512 MiB, found "536870913")"},
    {"\x1b[31m", R"("key size [ttl]", found "\x1b[31m")"},
};
INSTANTIATE_TEST_SUITE_P(TraceTest, BadLine, testing::ValuesIn(kBadLines));

TEST(TraceTest, ABadLastLineWithoutANewlineIsNamedToo) {
  auto trace = reader("1 100\nabc");
  EXPECT_EQ(all(trace),
            "k:000000000001 100 0\ntrace.txt:2: expected \"key size [ttl]\", found \"abc\"");
}

TEST(TraceTest, AnEndlessLineIsRefusedInBoundedMemory) {
  auto trace = reader(std::string(10'000'000, 'x'));
  EXPECT_EQ(all(trace), "trace.txt:1: expected a line of at most 64 KiB, found \"" +
                            std::string(60, 'x') + "...\"");
}

TEST(TraceTest, AMissingFileIsNamedWithTheReason) {
  const auto trace = TraceReader::open("no/such/trace.txt");
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, Errc::io);
  EXPECT_EQ(trace.error().detail, "no/such/trace.txt: No such file or directory");
}

TEST(TraceTest, AFolderIsNoTrace) {
  const auto trace = TraceReader::open("/");
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().detail, "/: Is a directory");
}

#if LARDER_COMPRESSION
std::string packed(const std::string& text) {
  std::string result(ZSTD_compressBound(text.size()), '\0');
  result.resize(ZSTD_compress(result.data(), result.size(), text.data(), text.size(), 3));
  return result;
}

std::string all_unpacked(std::string bytes, std::size_t piece) {
  auto source = unpacked(std::make_unique<test::TextSource>(std::move(bytes), piece), "trace.zst");
  if (!source) return source.error().detail;
  TraceReader trace(std::move(*source), "trace.zst");
  return all(trace);
}

std::string many_lines() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919 % 10'007) + " 100\n";
  return text;
}

TEST(TraceTest, ZstdIsKnownByItsMagicNumberAndUnpacked) {
  const std::string text = many_lines();
  auto plain = reader(text);
  const std::string expected = all(plain);
  const std::string small = packed(text);
  for (const std::size_t piece : {1, 3, 4, 5, 1000, 1'000'000}) {
    EXPECT_TRUE(all_unpacked(small, piece) == expected) << piece;
  }
}

TEST(TraceTest, FramesMayFollowEachOther) {
  EXPECT_EQ(all_unpacked(packed("a 1\n") + packed("b 2\n"), 7), "a 1 0\nb 2 0\n");
}

TEST(TraceTest, ACutZstdFileIsDamagedNotShort) {
  const std::string whole = packed(many_lines());
  const std::string read = all_unpacked(whole.substr(0, whole.size() - 10), 4096);
  EXPECT_EQ(read.substr(read.rfind('\n') + 1),
            "trace.zst: damaged zstd data: it ends in the middle");
}

TEST(TraceTest, ADamagedZstdFileIsNamed) {
  std::string bytes = packed(many_lines());
  bytes[5] = static_cast<char>(bytes[5] ^ 0x55);
  EXPECT_NE(all_unpacked(bytes, 4096).find("trace.zst: damaged zstd data: "), std::string::npos);
}
#else
TEST(TraceTest, ABuildWithoutZstdSaysSo) {
  const auto source =
      unpacked(std::make_unique<test::TextSource>("\x28\xb5\x2f\xfd…"), "trace.zst");
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Errc::unsupported);
  EXPECT_NE(source.error().detail.find("zstd -d"), std::string::npos);
}
#endif

TEST(GeneratedTraceTest, TheSameSeedGivesTheSameRequests) {
  const GenerateOptions options{.distribution = {.law = Distribution::Law::zipf},
                                .keys = 100,
                                .requests = 1'000,
                                .seed = 7,
                                .size = {20, 90}};
  GeneratedTrace one(options), other(options);
  const std::string requests = all(one);
  EXPECT_EQ(requests, all(other));
  EXPECT_EQ(std::count(requests.begin(), requests.end(), '\n'), 1'000);
}

TEST(GeneratedTraceTest, AKeyKeepsItsSizeAndSizesFillTheirRange) {
  GeneratedTrace trace({.distribution = {}, .keys = 1'000, .requests = 10'000, .size = {20, 29}});
  std::vector<std::uint32_t> size_of(1'000);
  std::vector<int> seen(10);
  Request request;
  while (trace.next(request).value()) {
    auto& size = size_of.at(std::stoul(std::string(request.key.substr(2))));
    if (size == 0)
      ++seen.at(request.size - 20);
    else
      EXPECT_EQ(size, request.size);
    size = request.size;
  }
  for (const int keys : seen) EXPECT_NEAR(keys, 100, 60);
}

}  // namespace
}  // namespace larder::lab
