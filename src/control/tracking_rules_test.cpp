#include "control/tracking_rules.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

namespace drover::control {
namespace {

using nlohmann::json;

TEST(TrackingRules, CountsCharactersNotBytes) {
  EXPECT_EQ(count_characters(""), 0U);
  EXPECT_EQ(count_characters("a\u00fc\u20ac\U0001F600"), 4U);
  for (const char* broken : {"\xff", "\xc3", "\xe2\x82", "\x80", "\xc0\xaf", "a\xf5\x80\x80\x80", "\xc3(z"})
    EXPECT_FALSE(count_characters(broken)) << broken;
}

TEST(TrackingRules, ReadsWholeNumbersOfSixtyFourBits) {
  const auto read = [](const json& value) -> std::optional<std::int64_t> {
    const auto number = read_whole("n", value);
    return number ? std::optional(*number) : std::nullopt;
  };
  EXPECT_EQ(read(7), 7);
  EXPECT_EQ(read("-7"), -7);
  EXPECT_EQ(read(7.0), 7);
  EXPECT_EQ(read(INT64_MAX), INT64_MAX);
  EXPECT_EQ(read(INT64_MIN), INT64_MIN);
  EXPECT_EQ(read(-9223372036854775808.0), INT64_MIN);
  EXPECT_EQ(read("9223372036854775807"), INT64_MAX);
  for (const json& wrong : {json(std::uint64_t{1} << 63), json(9223372036854775808.0), json(1e23), json(0.5),
                            json(" 7"), json("7 "), json("+7"), json("7.0"), json(""), json("9223372036854775808"),
                            json(true), json(nullptr), json::array({7}), json(std::nan(""))})
    EXPECT_FALSE(read(wrong)) << wrong.dump();
}

TEST(TrackingRules, ReadsRealNumbersAndTheThreeThatJsonHasNot) {
  const auto read = [](const json& value) {
    const auto number = read_real("n", value);
    return number ? *number : json("refused: " + number.error().message);
  };
  EXPECT_EQ(read(3).dump(), "3");
  EXPECT_EQ(read("0.5"), 0.5);
  EXPECT_EQ(read("-2e3"), -2000.0);
  for (const char* word : {"NaN", "Infinity", "-Infinity"}) EXPECT_EQ(read(word), word);
  for (const json& wrong : {json("nan"), json("inf"), json("1e999"), json(""), json(" 1"), json("0x1"), json("one"),
                            json(true), json(nullptr), json::object()})
    EXPECT_EQ(read(wrong).get<std::string>().rfind("refused: Invalid value ", 0), 0U) << wrong.dump();
}

TEST(TrackingRules, ShowsAValueInShort) {
  const auto error = invalid_value("a[0].key", json(std::string(5000, 'x')), "");
  EXPECT_LT(error.message.size(), 350U);
  EXPECT_EQ(invalid_value("n", 7, "why").message, "Invalid value 7 for parameter 'n' supplied: why");
  EXPECT_EQ(invalid_value("n", "\xff", "").message, "Invalid value \"\\ufffd\" for parameter 'n' supplied.");
}

TEST(TrackingRules, RefusesNamesThatAPathWouldLose) {
  for (const char* name : {"a", "a/b", "val/loss", "a..b", "a b", "\u00fc/\u00df", "mlflow.note.content", "x:y"})
    EXPECT_TRUE(check_tracking_name("key", name)) << name;
  for (const char* name : {"", ".", "..", "../a", "..a", "a/../b", "a/./b", "a//b", "/a", "a/", "a\n", "a*", "a\tb"})
    EXPECT_FALSE(check_tracking_name("key", name)) << name;
}

}  // namespace
}  // namespace drover::control
