#include "resp/writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <ostream>
#include <string>

namespace larder::resp {
namespace {

/// What one call appends under each protocol.
struct Wire {
  std::string resp2, resp3;
  friend bool operator==(const Wire&, const Wire&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Wire& wire) {
    return out << wire.resp2 << " | " << wire.resp3;
  }
};

template <class... Parameters, class... Arguments>
Wire wrote(void (Writer::*call)(Parameters...), Arguments... arguments) {
  base::Buffer two, three;
  (Writer(two, Version::resp2).*call)(arguments...);
  (Writer(three, Version::resp3).*call)(arguments...);
  return {std::string(two.view()), std::string(three.view())};
}

/// For what both protocols say alike.
Wire both(const std::string& text) { return {text, text}; }

TEST(Writer, SaysTheSameInBothProtocolsWhereItCan) {
  EXPECT_EQ(wrote(&Writer::ok), both("+OK\r\n"));
  EXPECT_EQ(wrote(&Writer::simple, "PONG"), both("+PONG\r\n"));
  EXPECT_EQ(wrote(&Writer::error, "ERR syntax error"), both("-ERR syntax error\r\n"));
  EXPECT_EQ(wrote(&Writer::integer, -42), both(":-42\r\n"));
  EXPECT_EQ(wrote(&Writer::bulk, "a\r\nb"), both("$4\r\na\r\nb\r\n"));
  EXPECT_EQ(wrote(&Writer::bulk, ""), both("$0\r\n\r\n"));
  EXPECT_EQ(wrote(&Writer::array, 3), both("*3\r\n"));
}

TEST(Writer, SaysInResp2WhatOnlyResp3HasATypeFor) {
  EXPECT_EQ(wrote(&Writer::null), (Wire{"$-1\r\n", "_\r\n"}));
  EXPECT_EQ(wrote(&Writer::null_array), (Wire{"*-1\r\n", "_\r\n"}));
  EXPECT_EQ(wrote(&Writer::boolean, true), (Wire{":1\r\n", "#t\r\n"}));
  EXPECT_EQ(wrote(&Writer::boolean, false), (Wire{":0\r\n", "#f\r\n"}));
  EXPECT_EQ(wrote(&Writer::number, 0.1), (Wire{"$3\r\n0.1\r\n", ",0.1\r\n"}));
  EXPECT_EQ(wrote(&Writer::number, INFINITY), (Wire{"$3\r\ninf\r\n", ",inf\r\n"}));
  EXPECT_EQ(wrote(&Writer::number, -INFINITY), (Wire{"$4\r\n-inf\r\n", ",-inf\r\n"}));
  EXPECT_EQ(wrote(&Writer::number, NAN), (Wire{"$3\r\nnan\r\n", ",nan\r\n"}));
  EXPECT_EQ(wrote(&Writer::big_number, "12345678901234567890"),
            (Wire{"$20\r\n12345678901234567890\r\n", "(12345678901234567890\r\n"}));
  EXPECT_EQ(wrote(&Writer::verbatim, "txt", "# Server"),
            (Wire{"$8\r\n# Server\r\n", "=12\r\ntxt:# Server\r\n"}));
  EXPECT_EQ(wrote(&Writer::map, 2), (Wire{"*4\r\n", "%2\r\n"}));
  EXPECT_EQ(wrote(&Writer::set, 2), (Wire{"*2\r\n", "~2\r\n"}));
  EXPECT_EQ(wrote(&Writer::push, 3), (Wire{"*3\r\n", ">3\r\n"}));
}

TEST(Writer, NoTextCanForgeASecondReply) {
  EXPECT_EQ(wrote(&Writer::error, "ERR unknown command 'x\r\n+OK\r\n'"),
            both("-ERR unknown command 'x  +OK  '\r\n"));
  EXPECT_EQ(wrote(&Writer::simple, "a\nb"), both("+a b\r\n"));
}

TEST(Writer, WritesHeadersOfEveryLength) {
  for (const std::size_t n : {0, 9, 10, 99, 100, 999, 1000, 65'536}) {
    base::Buffer out;
    Writer(out).bulk(std::string(n, 'x'));
    EXPECT_EQ(out.view(), "$" + std::to_string(n) + "\r\n" + std::string(n, 'x') + "\r\n");
  }
  EXPECT_EQ(wrote(&Writer::integer, std::numeric_limits<std::int64_t>::min()),
            both(":-9223372036854775808\r\n"));
}

TEST(AppendCommand, IsAnArrayOfBulks) {
  base::Buffer out;
  append_command(out, {"SET", "k", ""});
  EXPECT_EQ(out.view(), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
}

}  // namespace
}  // namespace larder::resp
