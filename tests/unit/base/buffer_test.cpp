#include "base/buffer.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/seed.hpp"

namespace larder::base {
namespace {

TEST(Buffer, HoldsNothingUntilItIsGivenSomething) {
  Buffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 0U);
  EXPECT_EQ(buffer.view(), "");
  buffer.append("");
  EXPECT_EQ(buffer.capacity(), 0U);
}

TEST(Buffer, TakesInAtOneEndAndGivesAtTheOther) {
  Buffer buffer;
  buffer.append("hello ");
  std::memcpy(buffer.prepare(5), "world", 5);
  buffer.commit(5);
  buffer.push_back('!');
  EXPECT_EQ(buffer.view(), "hello world!");
  buffer.consume(6);
  EXPECT_EQ(buffer.view(), "world!");
  buffer.truncate(5);
  EXPECT_EQ(buffer.view(), "world");
}

TEST(Buffer, MemoryStaysBoundedWhileBytesPassThrough) {
  Buffer buffer;
  const std::string chunk(1000, 'x');
  for (int i = 0; i < 10'000; ++i) {
    buffer.append(chunk);
    buffer.consume(i == 0 ? 500 : 1000);
  }
  EXPECT_EQ(buffer.size(), 500U);
  EXPECT_LE(buffer.capacity(), 8'000U);
}

TEST(Buffer, MovesItsMemory) {
  Buffer a;
  a.append("content");
  Buffer b = std::move(a);
  EXPECT_EQ(b.view(), "content");
  EXPECT_EQ(a.capacity(), 0U);
  a = std::move(b);
  EXPECT_EQ(a.view(), "content");
}

TEST(Buffer, GivesMemoryBackWhenAsked) {
  Buffer buffer;
  buffer.append(std::string(100'000, 'x'));
  buffer.consume(99'990);
  buffer.shrink(16'384);
  EXPECT_LE(buffer.capacity(), 16'384U);
  EXPECT_EQ(buffer.view(), "xxxxxxxxxx");
  buffer.release();
  EXPECT_EQ(buffer.capacity(), 0U);
}

TEST(Buffer, IsAQueueWhateverTheOrder) {
  Random random = test::seeded_random();
  Buffer buffer;
  std::string model;
  for (int i = 0; i < 20'000; ++i) {
    if (random.below(2) == 0) {
      const std::string text(random.below(300), static_cast<char>('a' + i % 26));
      buffer.append(text);
      model += text;
    } else {
      const std::size_t n = random.below(model.size() + 1);
      buffer.consume(n);
      model.erase(0, n);
    }
    ASSERT_EQ(buffer.view(), model);
  }
}

}  // namespace
}  // namespace larder::base
