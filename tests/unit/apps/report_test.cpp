#include "apps/report.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace larder::apps {
namespace {

TEST(JsonTest, FieldsKeepTheirOrder) {
  Json json;
  json.text("b", "x").number("a", std::int64_t{-7}).boolean("c", true).null("d");
  EXPECT_EQ(json.str(), R"({"b":"x","a":-7,"c":true,"d":null})");
}

TEST(JsonTest, AnEmptyObject) { EXPECT_EQ(Json{}.str(), "{}"); }

TEST(JsonTest, NumbersComeBackAsTheyWere) {
  EXPECT_EQ(Json{}.number("x", 0.1).str(), R"({"x":0.1})");
  EXPECT_EQ(Json{}.number("x", INFINITY).str(), R"({"x":null})");
}

TEST(JsonTest, BytesThatAreTextStayText) {
  EXPECT_EQ(Json{}.bytes("v", "ñ\n").str(), "{\"v\":\"ñ\\n\"}");
}

TEST(JsonTest, OtherBytesAreBase64) {
  EXPECT_EQ(Json{}.bytes("v", "\xff").str(), R"({"v_base64":"/w=="})");
  EXPECT_EQ(Json{}.bytes("v", "\xff\xfe").str(), R"({"v_base64":"//4="})");
  EXPECT_EQ(Json{}.bytes("v", "\xff\xfe\xfd").str(), R"({"v_base64":"//79"})");
  EXPECT_EQ(json_of_bytes("\xff\xfe\xfd\xfc"), R"({"base64":"//79/A=="})");
}

TEST(JsonTest, ObjectsNest) {
  EXPECT_EQ(Json{}.object("in", Json{}.text("a", "b")).str(), R"({"in":{"a":"b"}})");
}

}  // namespace
}  // namespace larder::apps
