#include "base/number.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace drover {
namespace {

TEST(Number, IsReadWholeOrNotAtAll) {
  EXPECT_EQ(parse_whole<int>("42"), 42);
  EXPECT_EQ(parse_whole<int>("-42"), -42);
  EXPECT_EQ(parse_whole<std::uint64_t>("ff", 16), 255U);
  EXPECT_EQ(parse_whole<std::uint64_t>("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", " 1", "1 ", "+1", "1.0", "0x10", "one", "99999999999999999999"})
    EXPECT_FALSE(parse_whole<int>(text)) << text;
  EXPECT_FALSE(parse_whole<unsigned>("-1"));
  EXPECT_FALSE(parse_whole<std::uint8_t>("256"));
}

TEST(Number, IsFinite) {
  EXPECT_EQ(parse_real("1.5e2"), 150.0);
  EXPECT_EQ(parse_real("-0.25"), -0.25);
  for (const char* text : {"", "nan", "-nan", "NaN", "inf", "-inf", "infinity", "1e999", "1.5x", " 1", "+1"})
    EXPECT_FALSE(parse_real(text)) << text;
}

}  // namespace
}  // namespace drover
