#include "api/job_choice.hpp"

#include <gtest/gtest.h>

namespace drover::api {
namespace {

using jobs::JobRecord;
using jobs::State;

class JobChoiceTest : public testing::Test {
 protected:
  /// In order of submission: what runs came late, and what ended first was submitted last.
  std::vector<JobRecord> records_ = {
      {.id = "waits", .state = State::queued, .order = 1},
      {.id = "urgent", .state = State::queued, .order = 2, .priority = 5},
      {.id = "ended-last", .state = State::failed, .order = 3, .ended = Instant(Duration(30))},
      {.id = "runs", .state = State::running, .order = 4},
      {.id = "ended-first", .state = State::completed, .order = 5, .ended = Instant(Duration(20))},
  };
  JobChoice choose(const json& query) {
    std::vector<const JobRecord*> all;
    for (const auto& each : records_) all.push_back(&each);
    return choose_jobs(all, query);
  }
  static std::string names(const JobChoice& choice) {
    std::string text;
    for (const auto* job : choice.jobs) text += job->id + " ";
    return text;
  }
};

TEST_F(JobChoiceTest, IsAllOfThemWhereNothingIsSaid) {
  const auto all = choose(json::object());
  EXPECT_EQ(names(all), "waits urgent ended-last runs ended-first ");
  EXPECT_EQ(all.open, 3U);
  EXPECT_EQ(all.ended, 2U);
}

TEST_F(JobChoiceTest, TakesWhatRunsAndWhatWillRunNext) {
  EXPECT_EQ(names(choose({{"open_max", 1}, {"ended_max", 0}})), "runs ");
  EXPECT_EQ(names(choose({{"open_max", 2}, {"ended_max", 0}})), "urgent runs ");
  EXPECT_EQ(choose({{"open_max", 0}}).open, 3U) << "how many there are is told";
}

TEST_F(JobChoiceTest, TakesWhatEndedLast) {
  EXPECT_EQ(names(choose({{"open_max", 0}, {"ended_max", 1}})), "ended-last ");
  EXPECT_EQ(names(choose({{"open_max", -1}, {"ended_max", -1}})), "");
}

}  // namespace
}  // namespace drover::api
