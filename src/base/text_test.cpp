#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/result.hpp"

namespace drover {
namespace {

TEST(Text, PrintsNothingThatATerminalWouldObey) {
  EXPECT_EQ(printable("plain, \xC3\xBC and \xE2\x86\x92"), "plain, \xC3\xBC and \xE2\x86\x92");
  EXPECT_EQ(printable("\x1B]0;owned\x07"), "\\x1b]0;owned\\x07");
  EXPECT_EQ(printable("\xC2\x9B"
                      "2J"),
            "\\xc2\\x9b2J");  // the C1 form of ESC [
  EXPECT_EQ(printable("\xFF\xFE z\xE4hl"), "\\xff\\xfe z\\xe4hl");
  EXPECT_EQ(printable("\xC0\xAF \xED\xA0\x80 \xE2\x86"), "\\xc0\\xaf \\xed\\xa0\\x80 \\xe2\\x86");
}

TEST(Text, NamesAFileWithoutItsControlCharacters) {
  const SourceSpan span{.file = std::make_shared<const std::string>("a\x1B[2J.csv"), .line = 3, .column = 1};
  EXPECT_EQ(format_span(span), "a\\x1b[2J.csv:3:1");
}

TEST(Text, WritesHugeNumbersWithAnExponent) {
  EXPECT_EQ(format_fixed(1e308, 2), "1e+308");
  EXPECT_EQ(format_fixed(-2.5e20, 0), "-2.5e+20");
  EXPECT_EQ(format_fixed(123456789012345678.0, 0), "123456789012345680");
  EXPECT_EQ(format_fixed(1.005, 1), "1.0");
}

}  // namespace
}  // namespace drover
