#include "engine/slot_tags.hpp"

#include <array>

#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {
namespace {

// The tags, and what the comparison may read past them.
using Tags = std::array<std::uint16_t, 16>;

TEST(SlotTagsTest, ATagFitsWhateverTheTwoBitsAboveIt) {
  const Tags tags{7, 0x4007, 0x8007, 0xc007, 8, 0x4008, 0, 0xffff, 7, 9, 7, 7};
  EXPECT_EQ(tags_fitting<10>(tags.data(), 7), 0b01'0000'1111u);
  EXPECT_EQ(tags_fitting<4>(tags.data(), 7), 0b1111u);
  EXPECT_EQ(tags_fitting<10>(tags.data(), 0x3fff), 0b00'1000'0000u);
}

TEST(SlotTagsTest, ComparingAllAtOnceFindsWhatComparingOneByOneFinds) {
  SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed()));
  base::Random random{seed()};
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t base = random();
    Tags tags;
    for (std::uint16_t& tag : tags) tag = static_cast<std::uint16_t>(base ^ (random() & 0xc003));
    const auto tag = static_cast<std::uint16_t>(base & kTagMask);
    ASSERT_EQ(tags_fitting<10>(tags.data(), tag), tags_fitting_plain<10>(tags.data(), tag));
    ASSERT_EQ(tags_fitting<4>(tags.data(), tag), tags_fitting_plain<4>(tags.data(), tag));
  }
}

}  // namespace
}  // namespace larder::engine::test
