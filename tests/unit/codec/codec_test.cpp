// Every kind of value to JSON and back, and what each refuses.
#include <larder/codec.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/json.hpp>

#include "base/limits.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;

struct Address {
  std::string street;
  int zip = 0;
  friend bool operator==(const Address&, const Address&) = default;
};
BOOST_DESCRIBE_STRUCT(Address, (), (street, zip))

enum class Role { reader, writer };
BOOST_DESCRIBE_ENUM(Role, reader, writer)

struct Named {
  std::string id;
  friend bool operator==(const Named&, const Named&) = default;
};
BOOST_DESCRIBE_STRUCT(Named, (), (id))

struct User : Named {
  Address address;
  std::optional<int> age;
  std::vector<Role> roles;
  friend bool operator==(const User&, const User&) = default;
};
BOOST_DESCRIBE_STRUCT(User, (Named), (address, age, roles))

struct Tree {
  int value = 0;
  std::vector<Tree> children;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (value, children))

template <class T>
std::string text(const T& value) {
  std::string out;
  const auto done = Codec<T>::encode(value, out);
  return done ? out : done.error().detail;
}

template <class T>
T value(std::string_view bytes) {
  return Codec<T>::decode(bytes).value();
}

template <class T>
std::string refusal(std::string_view bytes) {
  const auto result = Codec<T>::decode(bytes);
  if (result) return "read";
  EXPECT_EQ(result.error().code, Errc::bad_value);
  return result.error().detail;
}

/// Writes as said, and reads back as it was.
template <class T>
void expect_form(const T& original, std::string_view json) {
  EXPECT_EQ(text(original), json);
  EXPECT_EQ(value<T>(json), original);
}

TEST(Codec, WritesScalarsAsJson) {
  expect_form(true, "true");
  expect_form(false, "false");
  expect_form(-42, "-42");
  expect_form(std::uint8_t{255}, "255");
  expect_form(std::numeric_limits<std::int64_t>::min(), "-9223372036854775808");
  expect_form(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
  expect_form(0.1, "0.1");
  expect_form(1.0, "1.0");
  expect_form(1e300, "1e+300");
  expect_form(0.1F, "0.1");
  expect_form(std::string("a\"b\nü"), "\"a\\\"b\\nü\"");
}

TEST(Codec, WritesContainersAsArraysAndObjects) {
  expect_form(std::vector<int>{1, 2, 3}, "[1,2,3]");
  expect_form(std::vector<int>{}, "[]");
  expect_form(std::vector<bool>{true, false}, "[true,false]");
  expect_form(std::deque<std::string>{"a", "["}, R"(["a","["])");
  expect_form(std::array<int, 2>{1, 2}, "[1,2]");
  expect_form(std::set<std::string>{"a", "b"}, R"(["a","b"])");
  expect_form(std::unordered_set<int>{7}, "[7]");
  expect_form(std::map<std::string, int>{{"a", 1}, {"b", 2}}, R"({"a":1,"b":2})");
  expect_form(std::map<int, std::string>{{-1, "x"}, {2, "y"}}, R"({"-1":"x","2":"y"})");
  expect_form(std::unordered_map<std::string, std::vector<int>>{{"k", {1}}}, R"({"k":[1]})");
  expect_form(std::pair<int, std::string>{1, "a"}, R"([1,"a"])");
  expect_form(std::tuple<int, double, bool>{1, 2.5, true}, "[1,2.5,true]");
  expect_form(std::tuple<>{}, "[]");
}

TEST(Codec, WritesChoicesAsWhatTheyHold) {
  using Choice = std::variant<std::monostate, int, double, std::string, std::vector<int>>;
  expect_form(std::optional<int>{}, "null");
  expect_form(std::optional<int>{5}, "5");
  expect_form(Choice{}, "null");
  expect_form(Choice{7}, "7");
  expect_form(Choice{7.0}, "7.0");
  expect_form(Choice{"seven"}, "\"seven\"");
  expect_form(Choice{std::vector<int>{7}}, "[7]");
}

TEST(Codec, WritesTimeAsACountOfItsUnit) {
  expect_form(1500ms, "1500");
  expect_form(std::chrono::duration<double>(0.5), "0.5");
}

TEST(Codec, WritesDescribedStructsWithBasesAndEnumsByName) {
  User user;
  user.id = "7";
  user.address = {"Main", 12345};
  user.roles = {Role::writer, Role::reader};
  expect_form(
      user,
      R"({"id":"7","address":{"street":"Main","zip":12345},"age":null,"roles":["writer","reader"]})");
}

TEST(Codec, ReadsJsonOfAnyShape) {
  const std::string json = R"({"a":[1,-1,1.5,18446744073709551615,true,null,"x"],"b":{}})";
  expect_form(boost::json::parse(json),
              "{\"a\":[1,-1,1.5,18446744073709551615,true,null,\"x\"],\"b\":{}}");
  expect_form(std::vector<boost::json::value>{1, "x"}, R"([1,"x"])");
  EXPECT_EQ(refusal<boost::json::value>(R"({"a":[1,{"b":nul}]})"),
            "at /a/1/b: no JSON value begins so (offset 13)");
  EXPECT_EQ(refusal<boost::json::value>(""), "expected a value, found the end");
  EXPECT_EQ(value<boost::json::value>("1e2").as_double(), 100.0);
}

TEST(Codec, LeavesBytesUntouched) {
  const Bytes raw(std::string_view("\0\xff{\"", 4));
  EXPECT_EQ(text(raw), raw);
  EXPECT_EQ(value<Bytes>(raw), raw);
  EXPECT_EQ(text(Bytes("")), "");
}

TEST(Codec, BytesThatLookLikeAnEnvelopeComeBackAllTheSame) {
  const Bytes tricky("\xCALDR and so on");
  EXPECT_NE(text(tricky), tricky);
  EXPECT_EQ(value<Bytes>(text(tricky)), tricky);
}

// What json.dumps of Python 3.11 printed for these values.
TEST(Codec, ReadsWhatPythonWrites) {
  EXPECT_EQ(
      (value<std::map<std::string, double>>(
          R"({"a": 1, "b": 1.0, "c": 100000.0, "d": 1e+16, "e": 1e-07})")),
      (std::map<std::string, double>{{"a", 1}, {"b", 1}, {"c", 1e5}, {"d", 1e16}, {"e", 1e-7}}));
  EXPECT_EQ(value<std::string>(R"("gr\u00fc\u00dfe \ud83e\udd6b \u0000 \u001f \" \\ / \n")"),
            std::string("grüße 🥫 \0 \x1f \" \\ / \n", 24));
  EXPECT_EQ((value<std::tuple<std::vector<int>, std::optional<int>, bool>>("[[1, 2], null, true]")),
            (std::tuple<std::vector<int>, std::optional<int>, bool>{{1, 2}, {}, true}));
  EXPECT_EQ(value<Address>("{\n  \"zip\": 1,\n  \"street\": \"x\"\n}\n").zip, 1);
}

TEST(Codec, ReadsAnIntegerForADoubleButNotTheOtherWay) {
  EXPECT_EQ(value<double>("3"), 3.0);
  EXPECT_EQ(value<double>("123456789012345678901234567890"), 123456789012345678901234567890.0);
  EXPECT_EQ(refusal<int>("3.0"), "expected integer, found a number with a fraction or exponent");
  EXPECT_EQ(refusal<int>("1e3"), "expected integer, found a number with a fraction or exponent");
}

TEST(Codec, SaysWhichNumberDoesNotFit) {
  EXPECT_EQ(refusal<std::int8_t>("128"), "the integer does not fit its type");
  EXPECT_EQ(refusal<std::uint64_t>("-1"), "the integer does not fit its type");
  EXPECT_EQ(refusal<std::int64_t>("9223372036854775808"), "the integer does not fit its type");
  EXPECT_EQ(value<std::uint8_t>("-0"), 0);
  EXPECT_EQ(refusal<double>("1e400"), "the number does not fit its type");
  EXPECT_EQ(value<double>("1e-400"), 0.0);
  EXPECT_EQ(refusal<std::vector<std::uint8_t>>("[1,256]"),
            "at /1: the integer does not fit its type");
}

TEST(Codec, SaysWhatJsonCannotHold) {
  EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN()), "JSON has no NaN");
  EXPECT_EQ(text(std::vector<double>{1, -std::numeric_limits<double>::infinity()}),
            "at /1: JSON has no infinity");
  EXPECT_EQ(text(std::map<std::string, std::string>{{"photo", "\xff"}}),
            "at /photo: the string is not UTF-8; store raw bytes as larder::Bytes");
  EXPECT_EQ(text(static_cast<Role>(9)), "the enum holds a value without a name");
}

TEST(Codec, AFailedEncodeLeavesTheOutputAsItWas) {
  std::string out = "before";
  EXPECT_FALSE(Codec<std::vector<std::string>>::encode({"good", "\xff"}, out));
  EXPECT_EQ(out, "before");
}

TEST(Codec, NamesThePlaceOfWhatIsWrong) {
  EXPECT_EQ(refusal<User>(R"({"id":"7","address":{"street":"x","zip":"12"},"roles":[]})"),
            "at /address/zip: expected integer, found string");
  EXPECT_EQ(
      refusal<User>(R"({"id":"7","address":{"street":"x","zip":1},"roles":["reader","king"]})"),
      "at /roles/1: no enumerator has this name");
  EXPECT_EQ((refusal<std::map<std::string, int>>(R"({"a/b~":true})")),
            "at /a~1b~0: expected integer, found boolean");
  EXPECT_EQ((refusal<std::map<int, bool>>(R"({"1":2})")), "at /1: expected boolean, found number");
  EXPECT_EQ((refusal<std::map<int, bool>>(R"({"x":true})")),
            "the member's name is not an integer that fits");
}

TEST(Codec, MembersMayComeInAnyOrderAndSomeBeUnknown) {
  const User user =
      value<User>(R"({"new":{"x":[1]},"roles":[],"address":{"zip":1,"street":"x"},"id":"b"})");
  EXPECT_EQ(user.id, "b");
  EXPECT_EQ(user.age, std::nullopt);
}

TEST(Codec, AMemberMayNotStandThereTwice) {
  EXPECT_EQ(refusal<Address>(R"({"street":"x","zip":1,"zip":2})"),
            "at /zip: the member stands there twice");
}

TEST(Codec, OnlyOptionalMembersMayBeMissing) {
  EXPECT_EQ(refusal<User>(R"({"id":"7","address":{"street":"x"},"roles":[]})"),
            "at /address/zip: missing");
  EXPECT_EQ(refusal<User>("{}"), "at /id: missing");
}

TEST(Codec, TuplesAndArraysHaveTheirSize) {
  EXPECT_EQ((refusal<std::array<int, 2>>("[1]")), "expected an array of 2 elements");
  EXPECT_EQ((refusal<std::pair<int, int>>("[1,2,3]")), "expected an array of 2 elements");
  EXPECT_EQ((refusal<std::pair<int, int>>("[1,true]")), "at /1: expected integer, found boolean");
}

TEST(Codec, AVariantSaysWhenNothingFits) {
  using Choice = std::variant<int, std::string>;
  EXPECT_EQ(refusal<std::vector<Choice>>("[1,true]"), "at /1: fits no alternative of the variant");
  EXPECT_EQ((value<std::vector<std::variant<std::vector<int>, std::vector<std::string>>>>(
                 R"([[1],["a"],[]])")
                 .size()),
            3U);
}

TEST(Codec, RefusesTextThatIsNotJson) {
  for (const char* bad : {"",
                          " ",
                          "[1,]",
                          "[1 2]",
                          "[,1]",
                          "[1",
                          "{\"a\"}",
                          "{\"a\":}",
                          "{\"a\":1,}",
                          "{a:1}",
                          "01",
                          "-",
                          "1.",
                          ".5",
                          "1e",
                          "+1",
                          "nul",
                          "truee",
                          "\"a",
                          "\"\\x\"",
                          "\"\\u12\"",
                          "\"\\ud800\"",
                          "\"\\udc00\\ud800\"",
                          "\"\n\"",
                          "NaN",
                          "Infinity",
                          "'a'",
                          "[1]]",
                          "1 1",
                          "\"\xff\"",
                          "// c\n1"}) {
    EXPECT_NE(refusal<boost::json::value>(bad), "read") << bad;
  }
}

TEST(Codec, DepthIsBoundedBothWays) {
  const std::size_t deep = base::limits::kValueDepthMax;
  const std::string fits = std::string(deep, '[') + std::string(deep, ']');
  EXPECT_EQ(refusal<boost::json::value>(fits), "read");
  EXPECT_NE(refusal<boost::json::value>("[" + fits + "]").find("nested too deeply"),
            std::string::npos);
  EXPECT_NE(refusal<Address>("{\"new\":" + std::string(100'000, '[')).find("nested too deeply"),
            std::string::npos);
  Tree tree;
  for (std::size_t i = 0; i < deep; ++i) {
    Tree parent;
    parent.children.push_back(std::move(tree));
    tree = std::move(parent);
  }
  EXPECT_NE(text(tree).find("nested too deeply"), std::string::npos);
}

struct Knot;
using KnotList = std::vector<Knot>;
struct Knot {
  // Both alternatives read the same text nearly to its end: without a bound, each level doubles the
  // work.
  std::variant<std::tuple<KnotList, int>, std::tuple<KnotList, std::string>> held;
};
BOOST_DESCRIBE_STRUCT(Knot, (), (held))

TEST(Codec, TryingAlternativesIsBounded) {
  std::string json = "null";
  for (int i = 0; i < 40; ++i) json = "[{\"held\":[" + json + ",true]}]";
  EXPECT_NE(refusal<KnotList>(json), "read");
}

TEST(Codec, OpensEnvelopes) {
  // The worked example of docs/formats/values.md.
  const std::string_view stored(
      "\xca\x4c\x44\x52\xd7\xcf\x6f\x8a\x01\x00\x0a\x00\x01\x08\x80\x56\x1c\xd0\x8b\x01\x00\x00{"
      "\"id\":\"123\",\"name\":\"John\"}",
      48);
  EXPECT_EQ(value<Named>(stored).id, "123");
  std::string damaged(stored);
  damaged[30] ^= 1;
  EXPECT_EQ(refusal<Named>(damaged), "envelope: checksum does not fit");
}

struct Point {
  int x = 0, y = 0;
};

}  // namespace

// A type of somebody else's joins in.
template <>
struct json::Format<Point> {
  static bool write(Writer& out, const Point& point) {
    return Format<std::pair<int, int>>::write(out, {point.x, point.y});
  }
  static bool read(Reader& in, Point& point) {
    std::pair<int, int> pair;
    if (!Format<std::pair<int, int>>::read(in, pair)) return false;
    point = {pair.first, pair.second};
    return true;
  }
};

namespace {

TEST(Codec, TakesFormatsFromOutside) {
  EXPECT_EQ(text(std::vector<Point>{{1, 2}}), "[[1,2]]");
  EXPECT_EQ(value<std::vector<Point>>("[[1,2]]")[0].y, 2);
}

}  // namespace
}  // namespace larder
