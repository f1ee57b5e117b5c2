#include "localcloud/filter.hpp"

#include <gtest/gtest.h>

namespace drover::localcloud {
namespace {

bool passes(std::string_view filter, const std::string& name, const std::string& type) {
  return parse_filter(filter).passes([&](const std::string& field) { return field == "name" ? name : type; });
}

TEST(ListFilters, CompareWithoutCase) {
  EXPECT_TRUE(passes("type eq 'A/B'", "x", "a/b"));
  EXPECT_FALSE(passes("type eq 'A/B'", "x", "a/c"));
  EXPECT_TRUE(passes("type ne 'A/B'", "x", "a/c"));
}

TEST(ListFilters, JoinByAndOrOr) {
  EXPECT_FALSE(passes("name eq 'x' and type eq 'y'", "x", "z"));
  EXPECT_TRUE(passes("name eq 'x' or type eq 'y'", "x", "z"));
  EXPECT_FALSE(passes("name eq 'a' or type eq 'y'", "x", "z"));
}

TEST(ListFilters, UnderstandFunctionsAndDoubledQuotes) {
  EXPECT_TRUE(passes("startswith(name,'ab')", "ABC", ""));
  EXPECT_FALSE(passes("startswith(name,'ab')", "xab", ""));
  EXPECT_TRUE(passes("substringof('ab', name)", "xabx", ""));
  EXPECT_EQ(parse_filter("name eq 'it''s'").value("name"), "it's");
}

TEST(ListFilters, LetEverythingPassWhenEmpty) { EXPECT_TRUE(passes("", "x", "y")); }

}  // namespace
}  // namespace drover::localcloud
