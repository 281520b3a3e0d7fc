// Every byte of a small log and of a small snapshot damaged in turn, and every truncation: nothing crashes, no value is
// wrong, and all of it is noticed.
#include <gmock/gmock.h>

#include "durable_fixture.hpp"

namespace larder::node::test {
namespace {

using ::testing::HasSubstr;

class DamageTest : public DurableTest {
 protected:
  /// A log of a dozen records, and what was there behind each of them.
  void write_log() {
    start();
    states.push_back(content_of(node()));
    for (int i = 0; i < 12; ++i) {
      set("k" + std::to_string(i % 5), "value " + std::to_string(i));
      flush();
      states.push_back(content_of(node()));
    }
    kill();
  }
  void write_snapshot() {
    write_log();
    start();
    ASSERT_TRUE(durability().save());
    kill();
  }

  /// A start on a folder of one file with this content.
  struct Outcome {
    std::string error;
    Content content;
    std::uint64_t cut_bytes = 0;
    bool told = false;
  };
  Outcome start_with(const std::string& name, const std::string& bytes) {
    base::MemoryDisk other;
    auto file = other.open(name, base::Open::create);
    EXPECT_TRUE((*file)->append(bytes));
    Life again(other, clock, node_options, options);
    Outcome outcome{.error = again.error, .content = {}, .cut_bytes = 0, .told = false};
    if (again.error.empty()) {
      outcome.content = content_of(again.node);
      outcome.cut_bytes = again.durability->recovered().cut_bytes;
      outcome.told = !again.durability->recovered().notes.empty();
    } else {
      EXPECT_EQ(other.content(name), bytes) << "refused, and changed all the same";
    }
    return outcome;
  }

  /// Starts with the file as it is, and then with each of its bytes flipped in three ways.
  template <class Look>
  void for_each_flip(const std::string& name, Look look) {
    const std::string good = disk.content(name);
    ASSERT_EQ(start_with(name, good).content, states.back());
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (const unsigned char bits : {0x01, 0x80, 0xff}) {
        std::string bytes = good;
        bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ bits);
        look(start_with(name, bytes), at);
      }
    }
  }

  std::vector<Content> states;
};

TEST_F(DamageTest, EachByteOfALogFlippedIsNoticed) {
  write_log();
  const std::string name = "log-0000000001.larder";
  for_each_flip(name, [&](const Outcome& outcome, std::size_t at) {
    if (!outcome.error.empty()) return;
    // Only of the last record can nobody tell whether it was ever whole.
    EXPECT_EQ(outcome.content, states[states.size() - 2]) << at;
    EXPECT_TRUE(outcome.told) << at;
    EXPECT_GT(outcome.cut_bytes, 0u) << at;
  });
}

TEST_F(DamageTest, EachTruncationOfALogGivesWhatWasThereThen) {
  write_log();
  const std::string name = "log-0000000001.larder";
  const std::string good = disk.content(name);
  std::size_t whole = 0;
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Outcome outcome = start_with(name, good.substr(0, size));
    ASSERT_EQ(outcome.error, "") << size;
    while (whole + 1 < states.size() && outcome.content == states[whole + 1]) ++whole;
    EXPECT_EQ(outcome.content, states[whole]) << size;
  }
  EXPECT_EQ(whole, states.size() - 2);
}

/// Plain and packed.
class SnapshotDamageTest : public DamageTest, public ::testing::WithParamInterface<Compression> {
 protected:
  void SetUp() override { options.compression = GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(, SnapshotDamageTest,
                         ::testing::Values(Compression::none,
                                           compression_from("zstd").value_or(Compression::none)));

TEST_P(SnapshotDamageTest, EachByteFlippedIsNoticed) {
  write_snapshot();
  const std::string name = "snapshot-0000000003.larder";
  for_each_flip(name, [&](const Outcome& outcome, std::size_t at) {
    EXPECT_THAT(outcome.error, HasSubstr(name)) << at;
  });
}

TEST_P(SnapshotDamageTest, EachTruncationIsNoticed) {
  write_snapshot();
  const std::string name = "snapshot-0000000003.larder";
  const std::string good = disk.content(name);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_THAT(start_with(name, good.substr(0, size)).error, HasSubstr(name)) << size;
  }
  EXPECT_THAT(start_with(name, good + "x").error, HasSubstr(name));
}

TEST_F(DamageTest, DamageInTheMiddleIsRefusedWithFileAndOffset) {
  write_log();
  const std::string name = "log-0000000001.larder";
  std::string bytes = disk.content(name);
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  const std::string error = start_with(name, bytes).error;
  EXPECT_THAT(error, HasSubstr("memory-disk/" + name + " is damaged at byte "));
  EXPECT_THAT(error, HasSubstr("good records follow at byte "));
  EXPECT_THAT(error, HasSubstr("larder check"));
}

TEST_F(DamageTest, WhatAClientStoredIsNotTakenForARecord) {
  // The value holds a whole record of this very log, which is cut in front of it.
  start();
  set("k", "v");
  flush();
  const std::string log = disk.content("log-0000000001.larder");
  std::string record;
  const std::string payload{"\x01\0\x01k\x01x", 6};
  engine::append_record(record, 1, {3, payload}, engine::payload_crc(payload, 0));
  set("evil", record + record);
  flush();
  const std::string with = disk.content("log-0000000001.larder");
  kill();
  const Outcome outcome = start_with("log-0000000001.larder", with.substr(0, with.size() - 1));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.cut_bytes, with.size() - 1 - log.size());
}

TEST_F(DamageTest, FilesOfOthersAndOfLaterFormatsAreRefused) {
  EXPECT_THAT(start_with("log-0000000001.larder", std::string(100, 'x')).error,
              HasSubstr("not the file of Larder's that its name says"));
  EXPECT_THAT(start_with("snapshot-0000000001.larder", "REDIS0011" + std::string(100, 'x')).error,
              HasSubstr("not the file of Larder's that its name says"));
}

TEST_F(DamageTest, ALogThatIsMissingInTheMiddleIsMissed) {
  for (int i = 0; i < 3; ++i) {
    start();
    set("k" + std::to_string(i), "v");
    flush();
  }
  kill();
  ASSERT_TRUE(disk.remove("log-0000000002.larder"));
  EXPECT_THAT(error_of_start(), HasSubstr("begins with step 3, and steps from 2 on are nowhere"));
}

}  // namespace
}  // namespace larder::node::test
