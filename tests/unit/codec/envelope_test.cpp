#include "codec/envelope.hpp"

#include <gtest/gtest.h>

#include "support/seed.hpp"

namespace larder::codec {
namespace {

using namespace std::chrono_literals;

const std::string_view kExample(
    "\xca\x4c\x44\x52\xd7\xcf\x6f\x8a\x01\x00\x0a\x00\x01\x08\x80\x56\x1c\xd0\x8b\x01\x00\x00{"
    "\"id\":\"123\",\"name\":\"John\"}",
    48);

TEST(Envelope, IsTheOneOfTheFormatsPage) {
  std::string out;
  append_envelope(out, {.hard_deadline = base::WallTime{1'700'003'600'000ms}},
                  R"({"id":"123","name":"John"})");
  EXPECT_EQ(out, kExample);
}

TEST(Envelope, KeepsEveryFact) {
  const Facts facts{.compressed = true,
                    .hard_deadline = base::WallTime{-5ms},
                    .soft_deadline = base::WallTime{1ms},
                    .load_cost = 1234us};
  std::string out = "behind something";
  const std::size_t start = out.size();
  append_envelope(out, facts, std::string_view("pay\0load", 8));
  const auto opened = open_envelope(std::string_view(out).substr(start)).value();
  EXPECT_EQ(opened.facts, facts);
  EXPECT_EQ(opened.payload, std::string_view("pay\0load", 8));
}

TEST(Envelope, PlainBytesAreAnEnvelopeWithoutFacts) {
  const auto opened = open_envelope("{\"a\":1}").value();
  EXPECT_EQ(opened.facts, Facts{});
  EXPECT_EQ(opened.payload, "{\"a\":1}");
  EXPECT_EQ(open_envelope("").value().payload, "");
}

TEST(Envelope, ALongLoadIsCutToWhatFits) {
  std::string out;
  append_envelope(out, {.load_cost = std::chrono::hours(2)}, "");
  EXPECT_EQ(open_envelope(out).value().facts.load_cost, base::Micros{0xffff'ffff});
}

TEST(Envelope, EveryFlippedBitIsNoticed) {
  for (std::size_t bit = 32; bit < kExample.size() * 8;
       ++bit) {  // Before it stands the magic: without it, bytes are plain.
    std::string damaged(kExample);
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(open_envelope(damaged)) << bit;
  }
}

TEST(Envelope, EveryTruncationIsNoticed) {
  for (std::size_t n = 4; n < kExample.size(); ++n)
    EXPECT_FALSE(open_envelope(kExample.substr(0, n))) << n;
}

/// An envelope with any header, its checksum right.
std::string forged(std::string_view header_and_rest) {
  std::string out =
      "\xCA"
      "LDR";
  const std::uint32_t crc = base::crc32c(header_and_rest);
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(crc >> (8 * i)));
  return out.append(header_and_rest);
}

std::string why(std::string_view stored) {
  const auto opened = open_envelope(stored);
  return opened ? "read" : opened.error().detail;
}

TEST(Envelope, TheFutureIsRefusedAndUnknownFieldsAreSkipped) {
  EXPECT_EQ(why(forged(std::string_view("\x02\0\0\0x", 5))),
            "envelope: version of a newer program");
  EXPECT_EQ(why(forged(std::string_view("\x01\x04\0\0x", 5))), "envelope: flag of a newer program");
  EXPECT_EQ(open_envelope(forged(std::string_view("\x01\0\x05\0\x63\x03"
                                                  "abcpay",
                                                  12)))
                .value()
                .payload,
            "pay");
}

TEST(Envelope, FieldsThatLieAreRefused) {
  EXPECT_EQ(why(forged(std::string_view("\x01\0\x09\0pay", 7))),
            "envelope: bad fields");  // Beyond the end.
  EXPECT_EQ(why(forged(std::string_view("\x01\0\x02\0\x63\x05pay", 9))),
            "envelope: bad fields");  // A field beyond the fields.
  EXPECT_EQ(why(forged(std::string_view("\x01\0\x01\0\x63pay", 8))),
            "envelope: bad fields");  // Half a field.
  EXPECT_EQ(why(forged(std::string_view("\x01\0\x03\0\x01\x01zpay", 10))),
            "envelope: bad fields");  // A deadline of one byte.
  EXPECT_EQ(why(forged(std::string_view("\x01\x02\0\0pay", 7))),
            "envelope: negative answer with a payload");
}

TEST(Envelope, AnyBytesAreReadOrRefused) {
  base::Random random = test::seeded_random();
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random.below(40), '\0');
    for (char& c : bytes) c = static_cast<char>(random.below(8) == 0 ? random() : random.below(4));
    const auto opened = open_envelope(forged(bytes));
    if (opened) {
      ASSERT_LE(opened->payload.size(), bytes.size());
    }
  }
}

}  // namespace
}  // namespace larder::codec
