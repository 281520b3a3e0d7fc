// Operations as bytes and back.
#include "engine/operation.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/seed.hpp"

namespace larder::engine {
namespace {

using What = Operation::What;

const std::vector<Operation> kOneOfEach{
    {.what = What::write, .db = 1, .key = "k", .value = "v"},
    {.what = What::write, .db = 127, .deadline_ms = 1'700'000'000'000, .key = "k", .value = ""},
    {.what = What::patch, .db = 0, .key = "key", .value = "xyz", .offset = 1'000'000},
    {.what = What::patch, .db = 0, .deadline_ms = -5, .key = "key", .value = "xyz", .offset = 0},
    {.what = What::deadline, .db = 3, .key = "k"},
    {.what = What::deadline, .db = 3, .deadline_ms = 7, .key = "k"},
    {.what = What::erase, .db = 0, .key = ""},
    {.what = What::flush, .db = 9},
    {.what = What::swap, .db = 1, .other_db = 2},
};

std::string all() {
  std::string bytes;
  for (const Operation& operation : kOneOfEach) append_operation(bytes, operation);
  return bytes;
}

TEST(Operation, OfEachKindComesBackAsItWent) {
  const std::string bytes = all();
  std::string_view in = bytes;
  for (const Operation& expected : kOneOfEach) {
    Operation operation;
    ASSERT_TRUE(take_operation(in, operation));
    EXPECT_EQ(operation, expected);
  }
  EXPECT_TRUE(in.empty());
}

TEST(Operation, IsWrittenAsTheDocumentationShows) {
  std::string bytes;
  append_operation(bytes, {.what = What::write, .deadline_ms = 0x0102, .key = "ab", .value = "c"});
  EXPECT_EQ(bytes, std::string("\x02\x00\x02\x01\0\0\0\0\0\0\x02"
                               "ab\x01"
                               "c",
                               15));
}

TEST(Operation, CutShortIsNone) {
  for (const Operation& operation : kOneOfEach) {
    std::string bytes;
    append_operation(bytes, operation);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      std::string_view in = std::string_view(bytes).substr(0, size);
      Operation read;
      EXPECT_FALSE(take_operation(in, read)) << size;
    }
  }
}

TEST(Operation, OfBytesByChanceNeverReachesBeyondThem) {
  auto random = larder::test::seeded_random();
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (auto left = random.below(40); left > 0; --left)
      bytes += static_cast<char>(random.below(random.below(2) == 0 ? 12 : 256));
    std::string_view in = bytes;
    Operation operation;
    while (take_operation(in, operation)) {
      ASSERT_LE(operation.key.size() + operation.value.size(), bytes.size());
    }
  }
}

}  // namespace
}  // namespace larder::engine
