#include "lab/numbered_trace.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "unit/lab/text_source.hpp"

namespace larder::lab {
namespace {

using test::TextSource;

Result<NumberedTrace> read(const std::string& text, std::uint64_t requests_max = 0) {
  TraceReader reader(std::make_unique<TextSource>(text), "trace");
  return NumberedTrace::read(reader, requests_max);
}

TEST(NumberedTraceTest, KeysAreNumberedAsTheyFirstAppear) {
  const auto trace = read("b 10\na 20 5\nb 10\n");
  ASSERT_TRUE(trace);
  ASSERT_EQ(trace->items.size(), 3u);
  EXPECT_EQ(trace->items[0].key, 0u);
  EXPECT_EQ(trace->items[1].key, 1u);
  EXPECT_EQ(trace->items[2].key, 0u);
  EXPECT_EQ(trace->items[1].ttl_s, 5u);
  EXPECT_EQ(trace->keys, 2u);
  EXPECT_EQ(trace->bytes, 30u);
  EXPECT_EQ(trace->bytes_max, 20u);
  EXPECT_TRUE(trace->has_ttl);
}

TEST(NumberedTraceTest, AnObjectIsAtLeastItsKey) {
  std::string text;
  for (int key = 0; key < 300; ++key) text += std::to_string(key) + " 1\n";
  const auto trace = read(text);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->bytes, 256u * 1 + 44u * 2);
  EXPECT_FALSE(trace->has_ttl);
}

TEST(NumberedTraceTest, ItEndsWhereItIsToldTo) {
  const auto trace = read("a 1\nb 1\nc 1\n", 2);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->items.size(), 2u);
}

TEST(NumberedTraceTest, ABadLineIsNamed) {
  const auto trace = read("a 1\nb\n");
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().detail, "trace:2: expected \"key size [ttl]\", found \"b\"");
}

TEST(ShortKeyTest, KeysAreShortAndAllDifferent) {
  std::set<std::string, std::less<>> keys;
  for (std::uint32_t number = 0; number < 70'000; ++number) keys.emplace(ShortKey(number).view());
  EXPECT_EQ(keys.size(), 70'000u);
  EXPECT_EQ(ShortKey(0).size(), 1u);
  EXPECT_EQ(ShortKey(255).size(), 1u);
  EXPECT_EQ(ShortKey(256).size(), 2u);
  EXPECT_EQ(ShortKey(0xffffffff).size(), 4u);
}

}  // namespace
}  // namespace larder::lab
