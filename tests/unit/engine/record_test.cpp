// Records as bytes: what is written is read, in as few bytes as its shape needs.
#include "engine/record.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace larder::engine {
namespace {

TEST(RecordTest, AShortRecordHasThreeBytesOfHeaderAndEightWithADeadline) {
  const Shape shape{.key_bytes = 16, .value_bytes = 32};
  EXPECT_EQ(shape.header_bytes(), 3u);
  EXPECT_EQ(shape.bytes(), 52u) << "in units of two";
  EXPECT_EQ((Shape{.key_bytes = 16, .value_bytes = 32, .timed = true}.bytes()), 56u);
  EXPECT_EQ((Shape{.key_bytes = 16, .value_bytes = 32, .timed = true, .used = true}.bytes()), 60u);
}

TEST(RecordTest, EveryShapeIsReadBackAsItWasWritten) {
  std::vector<char> memory(2'048);
  for (const std::size_t key : {0u, 1u, 127u, 128u, 300u}) {
    for (const std::size_t value : {0u, 5u, 127u, 128u, 1'000u}) {
      for (unsigned bits = 0; bits < 16; ++bits) {
        const Shape shape{.key_bytes = key,
                          .value_bytes = value,
                          .kind = (bits & 1) != 0 ? Kind::hash : Kind::string,
                          .space = static_cast<std::uint8_t>((bits & 2) != 0 ? 200 : 0),
                          .timed = (bits & 4) != 0,
                          .used = (bits & 8) != 0};
        Record written = Record::write(memory.data(), shape);
        if (shape.timed) written.set_deadline(123'456'789);
        if (shape.used) written.set_usage(0xdeadbeef);
        std::memset(written.key_begin(), 'k', key);
        std::memset(written.value_begin(), 'v', value);

        const Record read{memory.data()};
        ASSERT_EQ(read.shape(), shape);
        ASSERT_EQ(read.bytes(), shape.bytes());
        ASSERT_EQ(Record::bytes_at(memory.data()), shape.bytes());
        ASSERT_EQ(read.key(), std::string(key, 'k'));
        ASSERT_EQ(read.value(), std::string(value, 'v'));
        ASSERT_EQ(read.deadline(), shape.timed ? 123'456'789 : kNever);
        if (shape.used) {
          ASSERT_EQ(read.usage(), 0xdeadbeef);
        }
      }
    }
  }
}

TEST(RecordTest, ADeadlineMayBeFarOrNever) {
  std::vector<char> memory(64);
  constexpr DeadlineMs far = DeadlineMs{1} << 45;
  ASSERT_TRUE(wide_deadline(far));
  ASSERT_FALSE(wide_deadline(kNever));
  Record near = Record::write(memory.data(), {.key_bytes = 1, .timed = true});
  near.set_deadline(kNever);
  EXPECT_FALSE(near.has_deadline());
  near.set_deadline(7);
  EXPECT_EQ(near.deadline(), 7);
  Record wide = Record::write(memory.data(), {.key_bytes = 1, .timed = true, .wide = true});
  wide.set_deadline(far);
  EXPECT_EQ(Record{memory.data()}.deadline(), far);
  wide.set_deadline(kNever);
  EXPECT_FALSE(Record{memory.data()}.has_deadline());
}

TEST(RecordTest, ABodyMayLieOutside) {
  std::vector<char> memory(64);
  const std::string value(5'000, 'v');
  char* const block = static_cast<char*>(std::malloc(block_capacity(1 + value.size())));
  const Shape shape{.key_bytes = 1, .value_bytes = value.size(), .outside = true};
  Record record = Record::write(memory.data(), shape, block);
  *record.key_begin() = 'k';
  value.copy(record.value_begin(), value.size());
  EXPECT_LE(record.bytes(), 14u);
  EXPECT_EQ(Record{memory.data()}.key(), "k");
  EXPECT_EQ(Record{memory.data()}.value(), value);
  EXPECT_EQ(record.outside_bytes(), block_bytes(5'001));
  std::free(block);
}

TEST(RecordTest, AFillerSaysHowLongItIs) {
  std::vector<char> memory(40'000);
  for (const std::size_t bytes : {2u, 4u, 126u, 128u, 130u, 20'000u, 32'768u}) {
    Record::fill(memory.data(), bytes);
    EXPECT_TRUE(Record::is_filler(memory.data()));
    EXPECT_EQ(Record::bytes_at(memory.data()), bytes);
  }
}

TEST(RecordTest, KeysOfEveryLengthAreComparedToTheLastByte) {
  for (std::size_t length = 0; length < 100; ++length) {
    const std::string key(length, 'k');
    EXPECT_TRUE(same_bytes(key.data(), std::string(key).data(), length));
    for (std::size_t i = 0; i < length; ++i) {
      std::string other = key;
      other[i] = 'x';
      ASSERT_FALSE(same_bytes(key.data(), other.data(), length)) << length << " " << i;
    }
  }
}

}  // namespace
}  // namespace larder::engine
