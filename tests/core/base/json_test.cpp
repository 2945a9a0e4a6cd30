#include "base/json.h"

#include "base/error.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <string>

using reprise::InputError;
using reprise::Json;

namespace {

std::string message_of(const std::string& text) {
  try {
    Json::parse(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST(Json, ExampleOfTheHeader) {
  Json config = Json::parse(R"({"seeds": 20})");
  config["model"] = "gauss";
  EXPECT_EQ(config.dump(), R"({"model":"gauss","seeds":20})");
}

TEST(Json, WritesSortedKeysWithoutWhiteSpace) {
  const Json value =
      Json::parse(" { \"b\" : [ 1 , 2.50, true , null ],\n\"a\" : { } , \"B\":\"x\" , \"\":[]} ");
  EXPECT_EQ(value.dump(), R"({"":[],"B":"x","a":{},"b":[1,2.5,true,null]})");
  EXPECT_EQ(Json::parse(value.dump()), value);
}

TEST(Json, Numbers) {
  EXPECT_EQ(Json::parse("[0,-0,1.0,1e3,1e21,0.1,-1.5e-9]").dump(), "[0,0,1,1000,1e+21,0.1,-1.5e-9]");
  EXPECT_TRUE(Json::parse("9223372036854775807").is_integer());
  EXPECT_EQ(Json::parse("9223372036854775807").as_integer(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(Json::parse("-9223372036854775808").as_integer(), std::numeric_limits<std::int64_t>::min());
  const Json beyond = Json::parse("9223372036854775808");
  EXPECT_FALSE(beyond.is_integer());
  EXPECT_EQ(beyond.as_number(), 0x1p63);
  EXPECT_EQ(Json::parse("123456789012345678901234567890").as_number(), 123456789012345678901234567890.0);
  EXPECT_EQ(Json::parse("1e-400").as_number(), 0.0);
  EXPECT_EQ(Json(std::numeric_limits<double>::quiet_NaN()).dump(), "\"NaN\"");
  EXPECT_EQ(Json(-std::numeric_limits<double>::infinity()).dump(), "\"-Infinity\"");
  EXPECT_TRUE(std::isnan(Json("NaN").as_number()));
  EXPECT_EQ(Json("-Infinity").as_number(), -std::numeric_limits<double>::infinity());
}

TEST(Json, Strings) {
  EXPECT_EQ(Json::parse(R"("\u00e9\ud83d\ude00\n\/")").as_string(), "é😀\n/");
  EXPECT_EQ(Json("tab\t quote\" back\\ bell\x07 new\n").dump(), R"("tab\t quote\" back\\ bell\u0007 new\n")");
  EXPECT_EQ(Json(std::string("a\0b", 3)).dump(), R"("a\u0000b")");
  EXPECT_EQ(Json("żółw 😀").dump(), "\"żółw 😀\"");
}

TEST(Json, BytesThatAreNoUtf8AreReplaced) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(Json("a\xFFz").dump(), "\"a" + mark + "z\"");
  EXPECT_EQ(Json("\xC3").dump(), "\"" + mark + "\"");                                   // cut short
  EXPECT_EQ(Json("\xC0\xAF").dump(), "\"" + mark + mark + "\"");                        // overlong
  EXPECT_EQ(Json("\xED\xA0\x80").dump(), "\"" + mark + mark + mark + "\"");             // a surrogate
  EXPECT_EQ(Json("\xF4\x90\x80\x80").dump(), "\"" + mark + mark + mark + mark + "\"");  // beyond U+10FFFF
  EXPECT_EQ(Json("\xF4\x8F\xBF\xBF").dump(), "\"\xF4\x8F\xBF\xBF\"");                   // U+10FFFF itself
  EXPECT_NO_THROW(Json::parse(Json("\xE2\x82 \x80").dump()));
}

TEST(Json, ProblemsNameLineAndColumn) {
  EXPECT_TRUE(contains(message_of("{\"a\": 1,\n \"b\": tru}"), "line 2, column 10"))
      << message_of("{\"a\": 1,\n \"b\": tru}");
  EXPECT_TRUE(contains(message_of("[1,\n2,\n  x]"), "line 3, column 3"));
  EXPECT_TRUE(contains(message_of("[\"é\", x]"), "line 1, column 7"));  // columns count characters
  EXPECT_TRUE(contains(message_of("[1, 2"), "end of input"));
  EXPECT_TRUE(contains(message_of(""), "end of input"));
  const std::string duplicate = message_of("{\"a\": 1,\n \"a\": 2}");
  EXPECT_TRUE(contains(duplicate, "duplicate key \"a\"") && contains(duplicate, "line 2, column 4"))
      << duplicate;
  const std::string large = message_of("{\"x\": 1e400}");
  EXPECT_TRUE(contains(large, "1e400") && contains(large, "too large") && contains(large, "line 1")) << large;
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const char* text :
       {"",    "  ",       "nan",     "NaN",         "Infinity",   "+1",      "01",    "1.",
        ".5",  "0x1",      "'a'",     "[1,]",        "{\"a\":1,}", "{a:1}",   "[1 2]", "1 2",
        "\"a", "\"\x01\"", "\"\\x\"", "\"\\ud800\"", "\"\xFF\"",   "// c\n1", "tru",   "{\"a\"}",
        "]",   "{\"a\":}", "-",       "1e",          "-1e400"}) {
    EXPECT_NE(message_of(text), "accepted") << '"' << text << '"';
  }
  EXPECT_TRUE(contains(message_of(std::string("1\0", 2)), "zero byte"));
}

TEST(Json, DepthIsLimitedTo64) {
  const std::string allowed = std::string(64, '[') + std::string(64, ']');
  EXPECT_EQ(Json::parse(allowed).dump(), allowed);
  EXPECT_TRUE(contains(message_of(std::string(65, '[') + std::string(65, ']')), "64"));
  EXPECT_NE(message_of(std::string(1000000, '[')), "accepted");
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  EXPECT_TRUE(contains(message_of(objects), "64"));
}

TEST(Json, LongProblemsAreCutInMessages) {
  EXPECT_LT(message_of("\"" + std::string(100000, 'x')).size(), 400U);
  EXPECT_LT(message_of("{\"" + std::string(9999, 'k') + "\":1,\"" + std::string(9999, 'k') + "\":1}").size(),
            400U);
}

TEST(Json, ParseOrString) {
  EXPECT_EQ(Json::parse_or_string("3"), Json(3));
  EXPECT_EQ(Json::parse_or_string("[1,2]"), Json(std::vector<int>{1, 2}));
  EXPECT_EQ(Json::parse_or_string("gauss"), Json("gauss"));
  EXPECT_EQ(Json::parse_or_string("1,2"), Json("1,2"));
  EXPECT_EQ(Json::parse_or_string(""), Json(""));
}

TEST(Json, AccessToAnotherKindSaysWhatWasFound) {
  const Json value = Json::parse(R"({"n": 2.5, "whole": 3.0, "list": [1], "name": "x"})");
  EXPECT_EQ(value.at("whole").as_integer(), 3);
  EXPECT_EQ(value.at("list").size(), 1U);
  EXPECT_EQ(value.find("none"), nullptr);
  EXPECT_EQ(value.at("n").find("x"), nullptr);
  const auto problem = [](auto access) {
    try {
      access();
    } catch (const InputError& error) {
      return error.problems().at(0);
    }
    return reprise::Problem{};
  };
  EXPECT_EQ(problem([&] { value.at("n").as_integer(); }).message,
            "expected an integer within ±(2^53 − 1), found a number 2.5");
  EXPECT_EQ(problem([&] { value.at("name").as_number(); }).value, "\"x\"");
  EXPECT_EQ(problem([&] { value.at("list").as_object(); }).allowed, "an object");
  EXPECT_TRUE(contains(problem([&] { value.at("none"); }).message, "list, n, name, whole"));
  EXPECT_EQ(problem([&] { Json(0x1p53).as_integer(); }).value, "9007199254740992");
  EXPECT_NE(problem([&] { Json().as_bool(); }).message, "");
  EXPECT_NE(problem([&] { Json(1).as_string(); }).message, "");
  EXPECT_NE(problem([&] { Json(1).as_array(); }).message, "");
  EXPECT_NE(problem([&] { Json("a").push_back(1); }).message, "");
  EXPECT_NE(problem([&] { Json("a")["key"] = 1; }).message, "");
}

TEST(Json, NullBecomesWhatItIsUsedAs) {
  Json value;
  value["list"].push_back(1);
  value["list"].push_back("two");
  value["inner"]["deep"] = true;
  EXPECT_EQ(value.dump(), R"({"inner":{"deep":true},"list":[1,"two"]})");
}
