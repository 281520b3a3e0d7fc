#include "engine/paged_array.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace larder::engine::test {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kKiB = std::size_t{1} << 10;

struct Numbers : PagedArray<std::uint64_t> {
  explicit Numbers(std::size_t count) : PagedArray(kMiB) {
    for (std::size_t i = 0; i < count && reserve(1); ++i) push(i + 1);
  }
};

TEST(PagedArrayTest, ElementsKeepTheirPlaceAndValueWhileItGrows) {
  Numbers array(1);
  const std::uint64_t* first = &array[0];
  while (array.reserve(1)) array.push(array.size() + 1);
  EXPECT_EQ(&array[0], first);
  EXPECT_EQ(array.size(), kMiB / sizeof(std::uint64_t)) << "as far as the reservation goes";
  for (std::size_t i = 0; i < array.size(); ++i) ASSERT_EQ(array[i], i + 1);
}

TEST(PagedArrayTest, MemoryAboveTheEndIsGivenBackExceptALittle) {
  Numbers array(100'000);
  EXPECT_LE(array.bytes_held(), array.bytes() + 16 * kKiB);
  while (array.size() > 10) array.pop();
  EXPECT_LE(array.bytes_held(), 32 * kKiB);
  EXPECT_EQ(array[9], 10u);
  EXPECT_EQ(array[90'000], 0u) << "a page that was given back reads as zero";
}

TEST(PagedArrayTest, AnEndThatSwingsToAndFroGivesNothingBack) {
  Numbers array(50'000);
  const std::size_t held = array.bytes_held();
  for (int i = 0; i < 2'000; ++i) array.pop();
  EXPECT_EQ(array.bytes_held(), held);
}

}  // namespace
}  // namespace larder::engine::test
