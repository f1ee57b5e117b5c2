#include "jobs/retention.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

TEST(Retention, TakesWhatEndedLongAgoAndNothingElse) {
  const Instant noon{std::chrono::hours(500'000)};
  const auto ended = [&](const char* id, State state, Duration ago) {
    return JobRecord{.id = id, .state = state, .ended = noon - ago};
  };
  const JobRecord old = ended("old", State::completed, std::chrono::days(31)),
                  older = ended("older", State::failed, std::chrono::days(60)),
                  young = ended("young", State::canceled, std::chrono::days(29)),
                  edge = ended("edge", State::completed, std::chrono::days(30));
  JobRecord open{.id = "open", .state = State::running, .submitted = noon - std::chrono::days(400)};
  JobRecord traces = ended("traces", State::completed, std::chrono::days(90));
  traces.leaves_traces = true;
  const std::vector<const JobRecord*> all = {&old, &older, &young, &edge, &open, &traces};
  EXPECT_EQ(outdated(all, std::chrono::days(30), noon), (std::vector<std::string>{"older", "old", "edge"}));
  EXPECT_TRUE(outdated(all, std::chrono::days(100), noon).empty());
  open.ended = noon - std::chrono::days(100);  // whatever is written there: it is not over
  EXPECT_EQ(outdated({&open}, Duration{0}, noon), std::vector<std::string>{});
}

}  // namespace
}  // namespace drover::jobs
