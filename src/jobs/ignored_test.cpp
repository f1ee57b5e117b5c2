#include "jobs/ignored.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

bool ignores(std::string_view text, std::string_view path, bool is_folder = false) {
  return IgnoreRules(text).ignores(path, is_folder);
}

// As git check-ignore has it. (Random rules agree with git too, but for ** inside a name, where git does not do what
// its manual says.)
TEST(IgnoreRules, MeanWhatTheyMeanToGit) {
  EXPECT_TRUE(ignores("*.pyc", "a/b/c.pyc"));
  EXPECT_FALSE(ignores("*.pyc", "c.py"));
  EXPECT_TRUE(ignores("data/", "data", true));
  EXPECT_FALSE(ignores("data/", "data"));
  EXPECT_TRUE(ignores("data/", "src/data", true));
  EXPECT_TRUE(ignores("/data", "data", true));
  EXPECT_FALSE(ignores("/data", "src/data", true));
  EXPECT_TRUE(ignores("src/*.bin", "src/a.bin"));
  EXPECT_FALSE(ignores("src/*.bin", "src/x/a.bin"));
  EXPECT_TRUE(ignores("**/logs", "a/b/logs", true));
  EXPECT_TRUE(ignores("**/logs", "logs", true));
  EXPECT_TRUE(ignores("a/**/z", "a/z"));
  EXPECT_TRUE(ignores("a/**/z", "a/b/c/z"));
  EXPECT_TRUE(ignores("a/**", "a/b"));
  EXPECT_FALSE(ignores("a/**", "a", true));
  EXPECT_TRUE(ignores("run[0-9]?", "run1x"));
  EXPECT_FALSE(ignores("run[!0-9]", "run1"));
  EXPECT_TRUE(ignores("\\#odd", "#odd"));
  EXPECT_TRUE(ignores("\\!odd", "!odd"));
  EXPECT_TRUE(ignores("blank  ", "blank"));
}

TEST(IgnoreRules, TheLastThatFitsDecides) {
  const char* text = "*.csv\n!keep.csv\n# a remark\n\nkeep.csv.bak\r\n";
  EXPECT_TRUE(ignores(text, "a.csv"));
  EXPECT_FALSE(ignores(text, "x/keep.csv"));
  EXPECT_TRUE(ignores(text, "keep.csv.bak"));
  EXPECT_TRUE(IgnoreRules("\n# nothing\n").is_empty());
}

TEST(IgnoreRules, NoPatternIsSlowNorOutOfBounds) {
  const std::string stars(200, '*'), name(200, 'a');
  EXPECT_TRUE(ignores(stars, name));
  EXPECT_FALSE(ignores("*a*a*a*a*a*a*a*a*a*a*b", name));
  for (const char* odd : {"[", "[]", "[!", "[a-", "\\", "/", "!", "!/", "//", "**", "***", "[]a]", "a//b"})
    (void)ignores(odd, "a/b", true);
}

}  // namespace
}  // namespace drover::jobs
