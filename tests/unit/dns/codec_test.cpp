// Names, rdata and messages: text, wire, and what the wire may not be.
#include <gtest/gtest.h>

#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/rdata_text.hpp"
#include "dns/text_bytes.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

std::string wire_name(std::string_view text) { return name_from_text(text).value(); }

Record record(std::string_view name, std::uint16_t type, std::uint32_t ttl,
              std::string_view rdata) {
  return {wire_name(name), type, kClassIn, ttl, rdata_from_text(type, rdata).value()};
}

Message sample() {
  Message message;
  message.id = 4'711;
  message.response = message.recursion_desired = message.recursion_available = true;
  message.question = Asked{wire_name("www.example.com"), type::kA, kClassIn};
  message.answers = {record("www.example.com", type::kCname, 300, "web.example.com."),
                     record("web.example.com", type::kA, 60, "192.0.2.1"),
                     record("web.example.com", type::kMx, 60, "10 mail.example.com.")};
  message.authority = {
      record("example.com", type::kSoa, 900, "ns.example.com. root.example.com. 1 2 3 4 5")};
  message.additional = {record("example.com", type::kSrv, 5, "1 2 3 web.example.com.")};
  message.edns = Edns{1'232, 0, true, std::string("\0\x0a\0\2ab", 6)};
  return message;
}

TEST(Name, TextAndWireAreTwoFormsOfOneName) {
  struct Row {
    const char* text;
    const char* back;
  };
  const std::string label63(63, 'a');
  const Row rows[] = {{".", "."},
                      {"com", "com."},
                      {"www.Example.com.", "www.Example.com."},
                      {"a\\.b.c", "a\\.b.c."},
                      {"\\000\\255x", "\\000\\255x."},
                      {"a\\032b", "a\\032b."},
                      {"_sip._tcp.example", "_sip._tcp.example."}};
  for (const Row& row : rows) {
    const auto wire = name_from_text(row.text);
    ASSERT_TRUE(wire) << row.text;
    EXPECT_EQ(name_to_text(*wire), row.back);
  }
  EXPECT_TRUE(name_from_text(label63 + ".com"));
}

TEST(Name, WhatIsNoNameIsRefusedWithTheReason) {
  const std::string long_name =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".";
  EXPECT_TRUE(name_from_text(long_name + std::string(61, 'd')));  // 253 characters.
  const std::pair<std::string, const char*> rows[] = {
      {"", "is empty"},
      {"a..b", "empty label"},
      {".a", "empty label"},
      {"a\\", "broken escape"},
      {"a\\25", "broken escape"},
      {"\\256", "broken escape"},
      {std::string(64, 'a'), "more than 63"},
      {long_name + std::string(62, 'd'), "longer than 253"}};
  for (const auto& [text, why] : rows) {
    const auto wire = name_from_text(text);
    ASSERT_FALSE(wire) << text;
    EXPECT_EQ(wire.error().code, Errc::bad_argument);
    EXPECT_NE(wire.error().detail.find(why), std::string::npos) << wire.error().detail;
  }
}

TEST(Name, CaseIsKeptInTheFormAndIgnoredInComparisons) {
  EXPECT_TRUE(same_name(wire_name("A.b"), wire_name("a.B")));
  EXPECT_EQ(lowered(wire_name("WWW.Example.COM")), wire_name("www.example.com"));
  EXPECT_TRUE(is_within(wire_name("a.Example.com"), wire_name("example.com")));
  EXPECT_TRUE(is_within(wire_name("example.com"), wire_name("example.com")));
  EXPECT_FALSE(is_within(wire_name("badexample.com"), wire_name("example.com")));
  EXPECT_TRUE(is_within(wire_name("x"), wire_name(".")));
}

TEST(Types, NamesAndNumbersGoBothWays) {
  EXPECT_EQ(type_from_text("aaaa"), type::kAaaa);
  EXPECT_EQ(type_from_text("TYPE65280"), 65'280);
  EXPECT_EQ(type_from_text("257"), type::kCaa);
  EXPECT_EQ(type_from_text("TYPE65536"), std::nullopt);
  EXPECT_EQ(type_from_text("nonsense"), std::nullopt);
  EXPECT_EQ(type_text(type::kHttps), "HTTPS");
  EXPECT_EQ(type_text(65'280), "TYPE65280");
  EXPECT_EQ(rcode_text(rcode::kNxDomain), "NXDOMAIN");
}

TEST(Rdata, TextComesBackAsItWas) {
  const std::tuple<std::uint16_t, const char*> rows[] = {
      {type::kA, "192.0.2.1"},
      {type::kAaaa, "2001:db8::1"},
      {type::kAaaa, "::"},
      {type::kAaaa, "1:0:0:2::3"},
      {type::kAaaa, "1:2:3:4:5:6:0:8"},
      {type::kNs, "ns.example.com."},
      {type::kMx, "10 mail.example.com."},
      {type::kTxt, "\"a b\" \"say \\\"x\\\" \\007\""},
      {type::kSrv, "0 5 5060 sip.example.com."},
      {type::kSoa, "ns.a. root.a. 1 7200 900 1209600 300"},
      {type::kCaa, "0 issue \"ca.example.net\""},
      {65'280, "\\# 4 C0000201"},
      {65'280, "\\# 0"},
  };
  for (const auto& [type, text] : rows) {
    const auto rdata = rdata_from_text(type, text);
    ASSERT_TRUE(rdata) << text;
    EXPECT_EQ(rdata_to_text(type, *rdata), text);
  }
  EXPECT_EQ(rdata_to_text(type::kA, "abc"), "\\# 3 616263");  // Not an A's shape: the general form.
  EXPECT_EQ(rdata_to_text(type::kDnskey, std::string("\1\1\3\x0d"
                                                     "foobar")),
            "257 3 13 Zm9vYmFy");
  EXPECT_EQ(base64_text("fooba"), "Zm9vYmE=");
}

TEST(Rdata, WhatCannotBeReadSaysHowItIsWritten) {
  const std::tuple<std::uint16_t, const char*> rows[] = {
      {type::kA, "192.0.2"},      {type::kA, "192.0.2.256"}, {type::kA, "1.2.3.4 5"},
      {type::kAaaa, "1::2::3"},   {type::kAaaa, "12345::"},  {type::kAaaa, "1:2:3:4:5:6:7"},
      {type::kMx, "mail."},       {type::kTxt, "\"open"},    {type::kMx, "70000 mail."},
      {65'280, "\\# 3 C0000201"}, {65'280, "abc"},           {type::kA, ""}};
  for (const auto& [type, text] : rows) {
    const auto rdata = rdata_from_text(type, text);
    ASSERT_FALSE(rdata) << text;
    EXPECT_NE(rdata.error().detail.find("is read as in"), std::string::npos);
  }
}

TEST(MessageTest, ComesBackFromTheWireAsItWent) {
  const Message message = sample();
  const std::string wire = build_message(message);
  const auto back = parse_message(wire);
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(*back, message);
  EXPECT_LT(wire.size(), 215U);  // Compressed: whole names would take 40 bytes more.
}

TEST(MessageTest, TheExtendedRcodeTravelsInOpt) {
  Message message;
  message.rcode = rcode::kBadVers;
  message.edns = Edns{};
  EXPECT_EQ(parse_message(build_message(message))->rcode, rcode::kBadVers);
}

TEST(MessageTest, PlacesOfTtlsAreThoseOfEveryRecordButOpt) {
  const std::string wire = build_message(sample());
  const auto places = ttl_places(wire);
  ASSERT_TRUE(places);
  std::vector<std::uint32_t> ttls;
  for (const auto place : *places) ttls.push_back(load32(wire.data() + place));
  EXPECT_EQ(ttls, (std::vector<std::uint32_t>{300, 60, 60, 900, 5}));
}

TEST(MessageTest, WhatIsTooLongIsCutAtAWholeRecord) {
  Message message;
  message.question = Asked{wire_name("a"), type::kTxt, kClassIn};
  for (int i = 0; i < 300; ++i) {
    message.answers.push_back(
        {wire_name("a"), type::kTxt, kClassIn, 1, std::string(1, '\xff') + std::string(255, 'x')});
  }
  const std::string wire = build_message(message);
  EXPECT_LE(wire.size(), kMessageBytesMax);
  const auto back = parse_message(wire);
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->truncated);
  EXPECT_GT(back->answers.size(), 200U);
}

// RFC 9267's catalogue. Each is a header, one question "a A IN", and a record that lies.
std::string with_answer(std::string_view record) {
  std::string wire("\0\1\x80\0\0\1\0\1\0\0\0\0", 12);
  wire += std::string("\1a\0\0\1\0\1", 7);
  return wire.append(record);
}

TEST(MessageTest, HostileMessagesAreRefused) {
  using std::string_literals::operator""s;
  const std::string fixed = "\0\1\0\1\0\0\0\5"s;
  const std::string chain = [] {  // 300 bytes of labels by one pointer after another.
    std::string bytes;
    for (int i = 0; i < 5; ++i) bytes += '\x3f' + std::string(63, 'x');
    return bytes;
  }();
  const std::pair<const char*, std::string> rows[] = {
      {"no header", "\0\0\0"s},
      {"a pointer to itself", with_answer("\xc0\x13"s + fixed + "\0\4abcd"s)},
      {"a pointer ahead", with_answer("\xc0\x20"s + fixed + "\0\4abcd"s)},
      {"a pointer into the header", with_answer("\xc0\x02"s + fixed + "\0\4abcd"s)},
      {"half a pointer", with_answer("\xc0"s)},
      {"a label that does not end", with_answer("\x3f"
                                                "abc"s)},
      {"a label of another kind", with_answer("\x41"
                                              "abc"s)},
      {"a name without end", with_answer("\1b"s)},
      {"a name of more than 255 bytes", with_answer(chain + "\0"s + fixed + "\0\0"s)},
      {"rdata beyond the message", with_answer("\xc0\x0c"s + fixed + "\0\5abcd"s)},
      {"a record cut short", with_answer("\xc0\x0c\0\1\0\1\0\0"s)},
      {"a CNAME that leaves its rdata",
       with_answer("\xc0\x0c\0\5\0\1\0\0\0\5\0\2\5ab"s + "cdef\0"s)},
      {"an MX of one byte", with_answer("\xc0\x0c\0\x0f\0\1\0\0\0\5\0\1x"s)},
      {"an SOA with one name", with_answer("\xc0\x0c\0\6\0\1\0\0\0\5\0\3\1a\0"s)},
      {"an answer that is not there", with_answer("")},
      {"an OPT among the answers", with_answer("\0\0\x29\x10\0\0\0\0\0\0\0"s)},
      {"two questions", "\0\1\0\0\0\2\0\0\0\0\0\0\1a\0\0\1\0\1\1a\0\0\1\0\1"s},
  };
  for (const auto& [what, wire] : rows) {
    const auto message = parse_message(wire);
    ASSERT_FALSE(message) << what;
    EXPECT_EQ(message.error().code, Errc::protocol) << what;
    if (wire.size() > 12 && wire[5] == 1 && std::string_view(what) != "an OPT among the answers") {
      std::string lies = wire;
      (void)ttl_places(lies);  // Must end as well; sanitizers watch.
    }
  }
}

TEST(MessageTest, TwoOptRecordsAreOneTooMany) {
  Message message;
  message.edns = Edns{};
  std::string wire = build_message(message);
  wire += wire.substr(kHeaderBytes);
  store16(wire.data() + 10, 2);
  EXPECT_FALSE(parse_message(wire));
}

}  // namespace
}  // namespace larder::dns
