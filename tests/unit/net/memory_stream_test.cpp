#include "net/memory_stream.hpp"

#include <gtest/gtest.h>

#include <array>

namespace larder::net {
namespace {

using Status = Transfer::Status;

class MemoryStreamTest : public testing::Test {
 protected:
  Transfer read() {
    const Transfer got = right->read(room);
    text.append(room.data(), got.bytes);
    return got;
  }
  std::array<char, 16> room{};
  std::string text;
  std::unique_ptr<MemoryStream> left, right;

  void SetUp() override { std::tie(left, right) = MemoryStream::pair(); }
};

TEST_F(MemoryStreamTest, CarriesBytesBothWays) {
  EXPECT_EQ(left->write("ping").bytes, 4U);
  EXPECT_EQ(read().status, Status::done);
  EXPECT_EQ(text, "ping");
  right->write("pong");
  EXPECT_EQ(left->take(), "pong");
  EXPECT_EQ(read().status, Status::blocked);
}

TEST_F(MemoryStreamTest, SplitsReadsAsTold) {
  right->incoming().read_bytes_max = 1;
  left->write("ab");
  EXPECT_EQ(read().bytes, 1U);
  EXPECT_EQ(read().bytes, 1U);
  EXPECT_EQ(text, "ab");
}

TEST_F(MemoryStreamTest, BlocksAWriterWhoseReaderDoesNotRead) {
  left->outgoing().capacity = 3;
  EXPECT_EQ(left->write("abcdef").bytes, 3U);
  EXPECT_EQ(left->write("def").status, Status::blocked);
}

TEST_F(MemoryStreamTest, APeerThatFinishedWritingStillReads) {
  left->write("bye");
  left->finish_writing();
  EXPECT_EQ(read().status, Status::done);
  EXPECT_EQ(read().status, Status::ended);
  EXPECT_EQ(right->write("ok").status, Status::done);
  EXPECT_EQ(left->take(), "ok");
}

TEST_F(MemoryStreamTest, AVanishedPeerEndsReadsAndBreaksWrites) {
  left.reset();
  EXPECT_EQ(read().status, Status::ended);
  EXPECT_EQ(right->write("x").status, Status::broken);
}

TEST_F(MemoryStreamTest, AResetBreaksBothWays) {
  left->reset();
  EXPECT_EQ(read().status, Status::broken);
  EXPECT_EQ(right->write("x").status, Status::broken);
  EXPECT_EQ(left->write("x").status, Status::broken);
}

}  // namespace
}  // namespace larder::net
