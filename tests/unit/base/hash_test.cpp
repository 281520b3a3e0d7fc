// Both hashes against numbers that others published or computed.
#include "base/hash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "base/hash_detail.hpp"

namespace larder::base {
namespace {

std::string counting(std::size_t n) {
  std::string bytes;
  for (std::size_t i = 0; i < n; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// CPython 3.11 hashes bytes with SipHash-1-3 under a zero key when PYTHONHASHSEED=0: an independent
// oracle.
TEST(SipHash, AgreesWithCPythonsSipHash13) {
  EXPECT_EQ(detail::sip_hash_1_3("a", {}), 0x407448d2b89b1813U);
  EXPECT_EQ(detail::sip_hash_1_3("abcdefg", {}), 0x6db12aae9070f506U);
  EXPECT_EQ(detail::sip_hash_1_3("abcdefgh", {}), 0x3f7b849c0b8e35eaU);
  EXPECT_EQ(detail::sip_hash_1_3("user:1234567890123456", {}), 0x4f242a0921890ceaU);
  EXPECT_EQ(detail::sip_hash_1_3(counting(63), {}), 0x385d3e39e5f37359U);
}

TEST(SipHash, SharesItsBodyWithTheSipHash24OfThePaper) {
  const HashKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  EXPECT_EQ(detail::sip_hash_2_4("", key), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(detail::sip_hash_2_4(counting(1), key), 0x74f839c593dc67fdU);
  EXPECT_EQ(detail::sip_hash_2_4(counting(15), key), 0xa129ca6149be45e5U);
}

TEST(KeyedHash, DependsOnBothHalvesOfTheKey) {
  EXPECT_NE(keyed_hash("k", {1, 0}), keyed_hash("k", {0, 0}));
  EXPECT_NE(keyed_hash("k", {0, 1}), keyed_hash("k", {0, 0}));
}

// Of every length, each bit of the input turns about half of the bits of the hash.
TEST(KeyedHash, SpreadsEachBitOfTheInputOverTheWholeHash) {
  for (std::size_t length = 1; length <= 80; ++length) {
    std::array<int, 64> flips{};
    int trials = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      std::string bytes(length, '\0');
      for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<char>(seed * 131 + i * 29);
      const HashKey key{seed * 0x9e3779b97f4a7c15, ~seed * 0xd6e8feb86659fd93};
      const std::uint64_t before = keyed_hash(bytes, key);
      const std::size_t bit = seed * 7 % (length * 8);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      const std::uint64_t changed = before ^ keyed_hash(bytes, key);
      for (int i = 0; i < 64; ++i) flips[static_cast<std::size_t>(i)] += changed >> i & 1;
      ++trials;
    }
    for (const int count : flips) {
      ASSERT_GT(count, trials / 6) << length;
      ASSERT_LT(count, trials * 5 / 6) << length;
    }
  }
}

TEST(KeyedHash, TellsLengthsAndBlocksInOtherOrderApart) {
  std::set<std::uint64_t> hashes;
  for (std::size_t length = 0; length <= 100; ++length)
    hashes.insert(keyed_hash(std::string(length, '\0'), {1, 2}));
  EXPECT_EQ(hashes.size(), 101u);
  const std::string a(16, 'a'), b(16, 'b');
  for (const std::string& text : {a + b + a + b, b + a + a + b, a + a + b + b, a + b, b + a})
    hashes.insert(keyed_hash(text, {1, 2}));
  EXPECT_EQ(hashes.size(), 106u);
}

TEST(Crc32c, AgreesWithRfc3720) {
  const std::string zeros(32, '\0'), ones(32, '\xff');
  const std::string up = counting(32);
  const std::string down(up.rbegin(), up.rend());
  EXPECT_EQ(crc32c(zeros), 0x8a9136aaU);
  EXPECT_EQ(crc32c(ones), 0x62a8ab43U);
  EXPECT_EQ(crc32c(up), 0x46dd794eU);
  EXPECT_EQ(crc32c(down), 0x113fdb5cU);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, TheTablesAgreeWithTheInstructionAtEveryLength) {
  const std::string bytes = counting(100);
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    const std::string_view part = std::string_view(bytes).substr(0, n);
    ASSERT_EQ(detail::crc32c_tables(part, 0), crc32c(part)) << n;
  }
}

TEST(Crc32c, CanBeContinued) {
  EXPECT_EQ(crc32c("6789", crc32c("12345")), crc32c("123456789"));
  EXPECT_EQ(detail::crc32c_tables("6789", detail::crc32c_tables("12345", 0)), 0xe3069283U);
}

}  // namespace
}  // namespace larder::base
