#include <gmock/gmock.h>

#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {
namespace {

TEST_F(TableTest, WhatIsWrittenIsRead) {
  set("k", "v");
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(get("other"), std::nullopt);
}

TEST_F(TableTest, AKeyCanBeReadAtItsDeadlineAndIsGoneAfterIt) {
  set("k", "v", {.ttl = 20ms});

  clock.advance(20ms);
  EXPECT_EQ(get("k"), "v");

  clock.advance(1ms);
  EXPECT_EQ(get("k"), std::nullopt);
  EXPECT_EQ(listener.heard.back().what, Change::What::expire);
  EXPECT_EQ(size(), 0u);
}

TEST_F(TableTest, SweepFindsWhatNobodyReads) {
  set("short", "v", {.ttl = 1s});
  set("long", "v", {.ttl = 1h});
  set("ever", "v");

  clock.advance(2s);
  EXPECT_EQ(sweep(), 1u);
  EXPECT_EQ(size(), 2u);
  EXPECT_EQ(get("long"), "v");
  EXPECT_EQ(get("ever"), "v");
}

}  // namespace
}  // namespace larder::engine::test
