#include "base/json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/rng.hpp"

namespace drover {
namespace {

using nlohmann::json;

/// Equal in value, in the type of each number, and in the order of members.
void expect_as_nlohmann(const std::string& text) {
  const json expected = json::parse(text, nullptr, false);
  const json actual = parse_json(text);
  ASSERT_EQ(actual.type(), expected.type()) << text;
  if (actual.is_discarded()) return;
  EXPECT_EQ(actual, expected) << text;
  EXPECT_EQ(actual.dump(), expected.dump()) << text;
  EXPECT_EQ(parse_ordered_json(text).dump(), nlohmann::ordered_json::parse(text).dump()) << text;
}

TEST(Json, ReadsLongTextsToo) {
  std::string text = "[0";
  for (int i = 0; text.size() < (3U << 20); ++i) text += ", {\"number\": " + std::to_string(i) + "}";
  expect_as_nlohmann(text + "]");
  EXPECT_TRUE(parse_json(text).is_discarded());
}

TEST(Json, ReadsWhatNlohmannReads) {
  for (const char* text : {"{}",
                           "[]",
                           " null ",
                           "true",
                           "0",
                           "-0.5",
                           "-1",
                           "1.0",
                           "1e3",
                           "-0.0",
                           "9223372036854775807",
                           "9223372036854775808",
                           "18446744073709551615",
                           "18446744073709551616",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "1e400",
                           "1e-400",
                           "0.1",
                           "123456789012345678901234567890",
                           R"("a\u00e9\ud83d\ude00\n")",
                           R"({"b":1,"a":[1,2,{"c":null}]})",
                           R"({"a":1,"a":2,"b":3,"a":4})"})
    expect_as_nlohmann(text);
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\":}", "nul", "01", "+1", "1.", "NaN", "'a'", "\"\x01\"",
                           "\"\xff\"", "\"\\ud800\"", "[1] 2", "// a\n1", "\"a"}) {
    EXPECT_TRUE(parse_json(text).is_discarded()) << text;
    expect_as_nlohmann(text);
  }
}

TEST(Json, ReadsWhatIsNestedDeeperThanSimdjsonReads) {
  const std::size_t depth = 5000;
  EXPECT_EQ(parse_json(std::string(depth, '[') + std::string(depth, ']')).type(), json::value_t::array);
}

/// Cut, doubled and overwritten texts: both must agree on every one.
TEST(Json, AgreesWithNlohmannOnBrokenTexts) {
  const std::string whole = R"({"id":"/a/b","n":[0,-1,1.5e3,18446744073709551615],"s":"\u00e9\"\\","t":true,"z":null})";
  Rng rng(1);
  for (int run = 0; run < 3000; ++run) {
    std::string text = whole;
    for (std::uint64_t edits = 1 + rng.next() % 3; edits > 0; --edits) {
      const std::size_t at = rng.next() % text.size();
      switch (rng.next() % 3) {
        case 0:
          text.erase(at, 1 + rng.next() % 4);
          break;
        case 1:
          text.insert(at, 1, whole[rng.next() % whole.size()]);
          break;
        default:
          text[at] = static_cast<char>(rng.next());
      }
      if (text.empty()) text = " ";
    }
    expect_as_nlohmann(text);
  }
}

TEST(Json, FindsWhatLiesAtAPath) {
  const json pod =
      parse_json(R"({"spec": {"containers": [{"image": "a"}, {"image": 7}], "": "empty"}, "status": null})");
  EXPECT_EQ(json_text_at(pod, "/spec/containers/0/image"), "a");
  EXPECT_EQ(json_at(pod, "/spec/containers/1/image"), 7);
  EXPECT_EQ(json_text_at(pod, "/spec/containers/1/image"), "") << "no text";
  EXPECT_EQ(json_text_at(pod, "/spec/"), "empty") << "a member without a name";
  EXPECT_EQ(json_at(pod, ""), pod);
  for (const char* nowhere : {"/spec/containers/2", "/spec/containers/-1", "/spec/containers/first", "/status/phase",
                              "/spec/containers/0/image/0", "/metadata/name"})
    EXPECT_TRUE(json_at(pod, nowhere).is_null()) << nowhere;
}

}  // namespace
}  // namespace drover
