#include "codec/log_number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace drover::codec {
namespace {

using enum DecimalMark;

double read(const std::string& text, DecimalMark mark = point) {
  const auto number = read_number(text, mark);
  return number ? number->value : std::nan("");
}

TEST(LogNumber, IsReadInTheWaysInWhichItIsWritten) {
  for (const char* text : {"1234.5", "1,234.5", "1 234.5", "1'234.5",
                           "1\xC2\xA0"
                           "234.5",
                           "1\xE2\x80\xAF"
                           "234.5",
                           "1\xE2\x80\x99"
                           "234.5",
                           "1.234,5", "1 234,5", " 1234.5 ", "+1234.5", "1234.5%", "1,234.5 %", "1.2345e3"})
    EXPECT_EQ(read(text), 1234.5) << text;
  EXPECT_EQ(read("1,234,567"), 1234567);
  EXPECT_EQ(read("1.234.567"), 1234567);
  EXPECT_EQ(read("12,34,567"), 1234567);  // India
  EXPECT_EQ(read("-3,5"), -3.5);
  EXPECT_EQ(read("1,234"), 1234);
  EXPECT_EQ(read("1.234"), 1.234);
  EXPECT_EQ(read("1,234", comma), 1.234);
  EXPECT_EQ(read("1.234", comma), 1234);
  EXPECT_EQ(read("12.5", comma), 12.5);
  EXPECT_EQ(read("1,2345"), 1.2345);
}

TEST(LogNumber, IsNotReadIntoWhatIsNone) {
  for (const char* text :
       {"",      "-",     ",",     ".",   "1,23,4", "1 2",    "12 34",    "1.2.3", "0x1F",    "5 req/s",
        "1e400", "1e308", "-1e19", "inf", "nan",    "1,,234", ",234,567", "12:30", "1e3,5e1", "'5"})
    EXPECT_TRUE(std::isnan(read(text))) << text;
}

TEST(LogNumber, TellsTheMarksByTheWholeColumn) {
  const auto mark_of = [](const std::vector<std::string>& cells, char separator = '\t') {
    return decimal_mark_of(cells, separator);
  };
  EXPECT_EQ(mark_of({"999", "1,234"}), point);  // thousands are marked: no 1000 stands without one
  EXPECT_EQ(mark_of({"999", "1,234"}, ';'), point);
  EXPECT_EQ(mark_of({"1,234", "3,456"}, ';'), comma);  // nothing else tells
  EXPECT_EQ(mark_of({"1,234", "3,456"}), point);
  EXPECT_EQ(mark_of({"1,234", "3,5"}), comma);
  EXPECT_EQ(mark_of({"1500", "1,234"}), comma);
  EXPECT_EQ(mark_of({"1.234,5", "3"}), comma);
  EXPECT_EQ(mark_of({"1.234", "3.5"}), point);
  std::vector<std::string> grouped = {"998"};
  for (int i = 0; i < 20; ++i) grouped.emplace_back("1.00" + std::to_string(i % 10));
  EXPECT_EQ(mark_of(grouped), comma);  // decimals of three digits would end in a zero now and then
  grouped.emplace_back("0.5");
  EXPECT_EQ(mark_of(grouped), point);
  EXPECT_EQ(mark_of({}), point);
}

}  // namespace
}  // namespace drover::codec
