#include "base/quantity.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(Quantity, ReadsWhatKubernetesWrites) {
  EXPECT_EQ(parse_quantity("500m"), 0.5);
  EXPECT_EQ(parse_quantity("2"), 2);
  EXPECT_EQ(parse_quantity("+2"), 2);
  EXPECT_EQ(parse_quantity("1.5Gi"), 1.5 * 1024 * 1024 * 1024);
  EXPECT_EQ(parse_quantity(".5"), 0.5);
  EXPECT_EQ(parse_quantity("5."), 5);
  EXPECT_EQ(parse_quantity("1e3"), 1000);
  EXPECT_EQ(parse_quantity("1E3"), 1000);
  EXPECT_EQ(parse_quantity("12E"), 12e18);
  EXPECT_EQ(parse_quantity("2P"), 2e15);
  EXPECT_EQ(parse_quantity("1Pi"), 1125899906842624.0);
  EXPECT_EQ(parse_quantity("1Ei"), 1152921504606846976.0);
  EXPECT_EQ(parse_quantity("100n"), 100 * 1e-9);
  EXPECT_EQ(parse_quantity("-1"), -1);
}

TEST(Quantity, IsNotReadIntoWhatIsNone) {
  for (const char* text :
       {"", "m", "Gi", "1 Gi", "1gi", "1K", "1KB", "0x10", "inf", "nan", "-inf", "1e999", "--1", "+-1", "1.2.3", "1,5"})
    EXPECT_FALSE(parse_quantity(text)) << text;
}

}  // namespace
}  // namespace drover
