#include "lab/traffic.hpp"

#include <gtest/gtest.h>

#include <set>

namespace larder::lab {
namespace {

using Reply = Traffic::Reply;

std::string request(const Traffic& traffic, Op op, std::uint64_t number) {
  std::string out;
  traffic.append(out, op, number);
  return out;
}

std::string bulk(std::string_view value) {
  return "$" + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}

TEST(TrafficTest, RequestsAreArraysOfBulkStrings) {
  const Traffic traffic({.prefix = "b:", .keys = 1'000, .value = {8, 8}});
  const std::string value(traffic.value(42));
  EXPECT_EQ(value.size(), 8u);
  EXPECT_EQ(request(traffic, Op::get, 42), "*2\r\n$3\r\nGET\r\n$12\r\nb:0000000042\r\n");
  EXPECT_EQ(request(traffic, Op::erase, 42), "*2\r\n$3\r\nDEL\r\n$12\r\nb:0000000042\r\n");
  EXPECT_EQ(request(traffic, Op::set, 42),
            "*3\r\n$3\r\nSET\r\n$12\r\nb:0000000042\r\n$8\r\n" + value + "\r\n");
}

TEST(TrafficTest, RequestsFollowEachOtherInOneBuffer) {
  const Traffic traffic({});
  std::string out = request(traffic, Op::set, 1);
  traffic.append(out, Op::get, 2);
  EXPECT_EQ(out, request(traffic, Op::set, 1) + request(traffic, Op::get, 2));
}

TEST(TrafficTest, AKeyKeepsItsValueAndSizesFillTheirRange) {
  const Traffic traffic({.keys = 1'000, .value = {10, 19}});
  const Traffic same({.keys = 1'000, .value = {10, 19}});
  std::set<std::size_t> sizes;
  std::set<std::string_view> values;
  for (std::uint64_t number = 0; number < 1'000; ++number) {
    EXPECT_EQ(traffic.value(number), same.value(number));
    sizes.insert(traffic.value(number).size());
    values.insert(traffic.value(number));
  }
  EXPECT_EQ(sizes.size(), 10u);
  EXPECT_EQ(*sizes.begin(), 10u);
  EXPECT_EQ(*sizes.rbegin(), 19u);
  EXPECT_GT(values.size(), 850u);  // A taken-over neighbour's value would be noticed.
}

class GetReply : public testing::TestWithParam<SizeRange> {
 protected:
  const Traffic traffic_{{.keys = 100, .value = GetParam()}};
  const std::string right_ = bulk(traffic_.value(7));
};

TEST_P(GetReply, IsIncompleteUntilItsLastByteAndThenGood) {
  for (std::size_t size = 0; size < right_.size(); ++size) {
    EXPECT_EQ(traffic_.check({right_.data(), size}, Op::get, 7).reply, Reply::incomplete) << size;
  }
  const auto checked = traffic_.check(right_ + "$6", Op::get, 7);
  EXPECT_EQ(checked.reply, Reply::good);
  EXPECT_EQ(checked.bytes, right_.size());
}

TEST_P(GetReply, WithOneByteChangedIsWrong) {
  std::string wrong = right_;
  wrong[wrong.size() - 3] = '!';
  const auto checked = traffic_.check(wrong, Op::get, 7);
  EXPECT_EQ(checked.reply, Reply::wrong);
  EXPECT_EQ(checked.bytes, right_.size());
}

TEST_P(GetReply, OfAnotherLengthIsWrongAndHasNoKnownEnd) {
  const auto checked = traffic_.check(bulk("short"), Op::get, 7);
  EXPECT_EQ(checked.reply, Reply::wrong);
  EXPECT_EQ(checked.bytes, 0u);
}

INSTANTIATE_TEST_SUITE_P(TrafficTest, GetReply,
                         testing::Values(SizeRange{64, 64}, SizeRange{30, 200}));

TEST(TrafficTest, AMissIsToldInRespTwoAndThree) {
  const Traffic traffic({});
  EXPECT_EQ(traffic.check("$-1\r\n", Op::get, 7).reply, Reply::miss);
  EXPECT_EQ(traffic.check("_\r\n", Op::get, 7).reply, Reply::miss);
  EXPECT_EQ(traffic.check("$-1\r", Op::get, 7).reply, Reply::incomplete);
  EXPECT_EQ(traffic.check("$", Op::get, 7).reply, Reply::incomplete);
}

TEST(TrafficTest, EachRequestHasItsOwnGoodReply) {
  const Traffic traffic({});
  EXPECT_EQ(traffic.check("+OK\r\n", Op::set, 7).bytes, 5u);
  EXPECT_EQ(traffic.check(":1\r\n", Op::erase, 7).reply, Reply::good);
  EXPECT_EQ(traffic.check(":0\r\n", Op::erase, 7).reply, Reply::good);
  EXPECT_EQ(traffic.check("+OK\r\n", Op::get, 7).reply, Reply::wrong);
  EXPECT_EQ(traffic.check("+OK\r\n", Op::erase, 7).reply, Reply::wrong);
  EXPECT_EQ(traffic.check("$-1\r\n", Op::set, 7).reply, Reply::wrong);
  EXPECT_EQ(traffic.check("+O", Op::set, 7).reply, Reply::incomplete);
}

TEST(TrafficTest, AnErrorIsToldApartFromAWrongReply) {
  const Traffic traffic({});
  const std::string_view error = "-OOM command not allowed\r\n";
  EXPECT_EQ(traffic.check(error, Op::set, 7).reply, Reply::error);
  EXPECT_EQ(traffic.check(error, Op::get, 7).reply, Reply::error);
  EXPECT_EQ(traffic.check(error, Op::get, 7).bytes, error.size());
}

TEST(TrafficTest, WithoutVerifyingOnlyTypeAndLengthCount) {
  const Traffic traffic({.value = {4, 4}, .verify = false});
  EXPECT_EQ(traffic.check("$4\r\nabcd\r\n", Op::get, 7).reply, Reply::good);
  EXPECT_EQ(traffic.check("$5\r\nabcde\r\n", Op::get, 7).reply, Reply::wrong);
}

}  // namespace
}  // namespace larder::lab
