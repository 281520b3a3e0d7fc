// Every bad URL gets one clear line: which part, and what is known instead; never a password.
#include "store/url.hpp"

#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/store/complaint.hpp"

namespace larder::store {
namespace {

using test::complaint;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(MemoryUrlTest, NothingButTheSchemeTakesTheDefaults) {
  const auto url = read_memory_url("memory:").value();
  EXPECT_EQ(url.node.bytes_max, 0u);
  EXPECT_EQ(url.node.eviction, policy::Eviction::adaptive);
}

TEST(MemoryUrlTest, OptionsAreRead) {
  const auto url =
      read_memory_url("memory:?max_bytes=1GiB&eviction=allkeys-lfu&shards=16&seed=7").value();
  EXPECT_EQ(url.node.bytes_max, std::size_t{1} << 30);
  EXPECT_EQ(url.node.eviction, policy::Eviction::allkeys_lfu);
  EXPECT_EQ(url.node.shards, 16u);
  EXPECT_EQ(url.node.seed, 7u);
}

TEST(MemoryUrlTest, AnUnknownOptionIsNamedWithTheKnownOnes) {
  EXPECT_THAT(complaint(read_memory_url("memory:?maxbytes=1GiB")),
              AllOf(HasSubstr("bad_url"), HasSubstr("\"maxbytes\""),
                    HasSubstr("max_bytes, eviction, shards, seed")));
}

TEST(MemoryUrlTest, AValueThatDoesNotFitIsNamedWithWhatDoes) {
  EXPECT_THAT(complaint(read_memory_url("memory:?max_bytes=lots")),
              AllOf(HasSubstr("max_bytes=\"lots\""), HasSubstr("1GiB")));
  EXPECT_THAT(complaint(read_memory_url("memory:?eviction=lru")), HasSubstr("allkeys-lru"));
  EXPECT_THAT(complaint(read_memory_url("memory:?shards=0")), HasSubstr("1 to 4096"));
}

TEST(MemoryUrlTest, AFolderKeepsItsDataAsItsOptionsSay) {
  const auto url =
      read_memory_url(
          "memory:/var/lib/my%20app?fsync=always&snapshot_every=5m&snapshot_compression=none")
          .value();
  EXPECT_EQ(url.folder, "/var/lib/my app");
  EXPECT_EQ(url.fsync, node::Fsync::always);
  EXPECT_EQ(url.snapshot_every, std::chrono::minutes(5));
  EXPECT_EQ(read_memory_url("memory:").value().folder, "");
}

TEST(MemoryUrlTest, OptionsOfAFolderNeedOne) {
  EXPECT_THAT(complaint(read_memory_url("memory:?fsync=always")), HasSubstr("name a folder"));
  EXPECT_THAT(complaint(read_memory_url("memory:/x?fsync=never")),
              AllOf(HasSubstr("fsync=\"never\""), HasSubstr("everysec")));
}

TEST(MemoryUrlTest, AHostIsRefused) {
  EXPECT_THAT(complaint(read_memory_url("memory://localhost")), HasSubstr("no host"));
}

TEST(OpenTest, AnUnknownSchemeListsTheKnownOnes) {
  EXPECT_THAT(complaint(Store::open("mongodb://u:hunter2@h")),
              AllOf(HasSubstr("mongodb:"), HasSubstr("memory:"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(complaint(Store::open("just words")), HasSubstr("no scheme"));
  EXPECT_THAT(complaint(Store::open("")), HasSubstr("no scheme"));
}

TEST(OpenTest, TheUrlIsShownAsOpened) {
  EXPECT_EQ(Store::open("memory:?shards=2").value().url(), "memory:?shards=2");
}

}  // namespace
}  // namespace larder::store
