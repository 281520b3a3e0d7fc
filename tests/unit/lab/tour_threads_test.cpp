#include <gtest/gtest.h>

#include <string>

#include "lab/tour.hpp"
#include "unit/lab/written.hpp"

namespace larder::lab {
namespace {

using test::Written;

TEST(TourTest, KeepsEveryPromiseOnTheEmbeddedStore) {
  Written results, notes;
  EXPECT_EQ(tour({.url = "memory:", .fast = true}, {results.file(), notes.file()}), kDone);
  const std::string text = results.text();
  EXPECT_NE(text.find(" promises kept, 0 broken"), std::string::npos) << text;
  EXPECT_NE(text.find("the loader ran                     1 time\n"), std::string::npos) << text;
  EXPECT_NE(text.find("4,000\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("BROKEN"), std::string::npos) << text;
  EXPECT_EQ(notes.text(), "");
}

TEST(TourTest, AUrlThatIsNoneIsOneLineAndStatusTwo) {
  Written results, notes;
  EXPECT_EQ(tour({.url = "nonsense"}, {results.file(), notes.file()}), kBadInput);
  const std::string text = notes.text();
  EXPECT_EQ(text.substr(0, 13), "larder tour: ");
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_EQ(results.text(), "");
}

TEST(TourTest, AStoreThatCannotHoldTheTourEndsItWithStatusOne) {
  Written results, notes;
  const TourOptions tiny{.url = "memory:?max_bytes=256&eviction=noeviction&shards=1", .fast = true};
  EXPECT_EQ(tour(tiny, {results.file(), notes.file()}), kFailed);
  EXPECT_NE(notes.text().find("out_of_memory"), std::string::npos) << notes.text();
}

TEST(TourTest, AStoreThatEvictsBreaksPromisesAndTheTourSaysWhich) {
  Written results, notes;
  const TourOptions tiny{.url = "memory:?max_bytes=4KiB&eviction=allkeys-lru&shards=1",
                         .fast = true};
  EXPECT_EQ(tour(tiny, {results.file(), notes.file()}), kFailed);
  EXPECT_NE(results.text().find("BROKEN:"), std::string::npos) << results.text() << notes.text();
}

}  // namespace
}  // namespace larder::lab
