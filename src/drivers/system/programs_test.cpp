#include "drivers/system/programs.hpp"

#include <gtest/gtest.h>

namespace drover::system {
namespace {

using namespace std::chrono_literals;

TEST(Programs, GiveTheirOutputAndTheirEnd) {
  SystemPrograms programs;
  const auto end =
      programs.run({.command = {"sh", "-c", "cat; echo \"$A $1\"; exit 3", "sh", "b c"}, .environment = {{"A", "a"}}});
  ASSERT_TRUE(end) << format_error(end.error());
  EXPECT_EQ(end->output, "a b c\n");
  EXPECT_EQ(end->exit_code, 3);
  EXPECT_EQ(programs.run({.command = {"sh", "-c", "kill -TERM $$"}})->exit_code, 143);
}

TEST(Programs, SayWhatIsNotThere) {
  SystemPrograms programs;
  const auto end = programs.run({.command = {"/no/such/program"}});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Code::not_found);
  EXPECT_EQ(end.error().message, "/no/such/program cannot be run: No such file or directory");
}

TEST(Programs, InTheForegroundSayHowTheyEnded) {
  const auto end = run_in_foreground({.command = {"sh", "-c", "exit $CODE"}, .environment = {{"CODE", "7"}}});
  ASSERT_TRUE(end);
  EXPECT_EQ(*end, 7);
  EXPECT_EQ(*run_in_foreground({.command = {"sh", "-c", "kill -INT $$"}}), 130) << "ctrl-c is its own";
  const auto none = run_in_foreground({.command = {"/no/such/program"}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::not_found);
}

TEST(Programs, AreKilledWithWhatTheyStartedWhenTheirTimeIsUp) {
  SystemPrograms programs;
  // The inner one keeps the output open: were it not killed too, the call would last as long as it.
  const auto end = programs.run({.command = {"sh", "-c", "sleep 1000 & sleep 1000"}, .timeout = 100ms});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, Code::deadline);
}

}  // namespace
}  // namespace drover::system
