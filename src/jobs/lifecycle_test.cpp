#include "jobs/lifecycle.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

const Instant noon{std::chrono::hours(500'000)};

JobRecord record(const std::string& id, State state, std::int64_t order = 0) {
  JobRecord job{.id = id, .owner = "ada", .state = state, .order = order};
  job.submitted = noon - std::chrono::minutes(2);
  if (state != State::queued) {
    job.attempt = 1;
    job.started = noon - std::chrono::minutes(1);
  }
  return job;
}

class Lifecycle : public testing::Test {
 protected:
  /// The steps as words: "start a", "finish a failed: why", ...
  std::vector<std::string> steps() {
    Situation now{.begun = running_, .ended = ended_, .slots = slots_, .now = now_, .seen_since = seen_since_};
    for (const auto& job : jobs_) now.jobs.push_back(&job);
    std::vector<std::string> words;
    for (const auto& step : decide(now)) words.push_back(std::visit(*this, step));
    return words;
  }

 public:
  std::string operator()(const Start& step) const { return "start " + step.id; }
  std::string operator()(const Confirm& step) const { return "confirm " + step.id; }
  std::string operator()(const Stop& step) const { return (step.kill ? "kill " : "stop ") + step.id + ": " + step.why; }
  std::string operator()(const Requeue& step) const { return "requeue " + step.id; }
  std::string operator()(const Finish& step) const {
    return "finish " + step.id + " " + state_name(step.state) + (step.reason.empty() ? "" : ": " + step.reason);
  }

 protected:
  using Words = std::vector<std::string>;
  std::vector<JobRecord> jobs_;
  std::map<std::string, Begun> running_;
  std::map<std::string, Ended> ended_;
  std::int64_t slots_ = 1;
  Instant now_ = noon, seen_since_ = noon;
};

TEST_F(Lifecycle, StartsAsManyAsThereAreSlots) {
  jobs_ = {record("a", State::queued, 1), record("b", State::queued, 2), record("c", State::queued, 3)};
  EXPECT_EQ(steps(), Words{"start a"});
  slots_ = 2;
  EXPECT_EQ(steps(), (Words{"start a", "start b"}));
  jobs_.push_back(record("d", State::running, 0));
  running_ = {{"d.1", {}}};
  EXPECT_EQ(steps(), Words{"start a"});
}

TEST_F(Lifecycle, PutsPriorityFirstAndThenWhoeverHasLess) {
  jobs_ = {record("a", State::queued, 1), record("b", State::queued, 2), record("c", State::queued, 3),
           record("r", State::running, 0)};
  running_ = {{"r.1", {}}};
  slots_ = 4;
  jobs_[1].priority = 5;
  jobs_[2].owner = "bob";
  EXPECT_EQ(steps(), (Words{"start b", "start c", "start a"}));
}

TEST_F(Lifecycle, JudgesAnEnd) {
  jobs_ = {record("a", State::running)};
  const auto verdict = [&](Ended end) {
    ended_ = {{"a.1", end}};
    return steps().front();
  };
  EXPECT_EQ(verdict({.exit_code = 0}), "finish a completed");
  EXPECT_EQ(verdict({.exit_code = 3}), "finish a failed: its command ended with exit code 3");
  EXPECT_EQ(verdict({.exit_code = 139}), "finish a failed: its command ended with exit code 139 (signal 11)");
  EXPECT_EQ(verdict({.exit_code = 137, .out_of_memory = true}),
            "finish a failed: it was killed for using more memory than it may");
  EXPECT_EQ(verdict({.exit_code = 0, .out_of_memory = true}), "finish a completed") << "only a child of it was killed";
  EXPECT_EQ(verdict({.exit_code = 1, .out_of_memory = true}),
            "finish a failed: its command ended with exit code 1, and a process of it was killed for using more memory "
            "than it may");
  EXPECT_EQ(verdict({.lost = true}), "requeue a");
  ended_.clear();
  EXPECT_EQ(steps(), Words{"requeue a"}) << "gone without a word";
  jobs_[0].attempt = attempts_max;
  EXPECT_EQ(steps(), Words{"finish a failed: its process was lost: the machine went down under it (3 times)"});
}

TEST_F(Lifecycle, TriesAFailingCommandAgainAsOftenAsAskedAndNoOftener) {
  jobs_ = {record("a", State::running)};
  ended_ = {{"a.1", {.exit_code = 3}}};
  jobs_[0].retries = 1;
  EXPECT_EQ(steps(), Words{"requeue a"});
  jobs_[0].attempt = 2;
  jobs_[0].failures = 1;
  ended_ = {{"a.2", {.exit_code = 3}}};
  EXPECT_EQ(steps(), Words{"finish a failed: its command ended with exit code 3, the last of 2 times"});
  ended_ = {{"a.2", {.exit_code = 137, .out_of_memory = true}}};
  jobs_[0].retries = 5;
  EXPECT_EQ(steps().front().substr(0, 8), "finish a") << "it would need as much memory again";
  jobs_[0].attempt = attempts_max;
  ended_ = {{"a.3", {.lost = true}}};
  EXPECT_EQ(steps(), Words{"requeue a"}) << "attempts whose command failed are not counted as lost ones";
  jobs_[0].failures = 0;
  EXPECT_EQ(steps().front().substr(0, 8), "finish a");
}

TEST_F(Lifecycle, GivesASlotThatEndsToTheNextAtOnceAndCountsItAgainstNobody) {
  jobs_ = {record("r", State::running, 0), record("s", State::running, 1), record("a", State::queued, 2),
           record("b", State::queued, 3)};
  jobs_[3].owner = "bob";
  jobs_[1].owner = "bob";
  running_ = {{"s.1", {}}};
  ended_ = {{"r.1", {.exit_code = 0}}};
  slots_ = 2;
  EXPECT_EQ(steps(), (Words{"finish r completed", "start a"})) << "ada has none running any more, bob has one";
}

TEST_F(Lifecycle, PausesBeforeItTriesAgainWhatWasLost) {
  jobs_ = {record("a", State::running)};
  const auto pause = [&] {
    Situation now{.slots = 1, .now = now_};
    now.jobs.push_back(jobs_.data());
    return std::get<Requeue>(decide(now).at(0)).again - now_;
  };
  const Duration first = pause();
  EXPECT_GE(first, retry_pause);
  EXPECT_LE(first, retry_pause * 5 / 4);
  EXPECT_EQ(first, pause()) << "whoever decides again decides the same";
  jobs_[0].attempt = 2;
  EXPECT_GE(pause(), retry_pause * 2);
  // It waits for its time, and holds up nobody meanwhile.
  jobs_ = {record("a", State::queued, 1), record("b", State::queued, 2)};
  jobs_[0].attempt = 1;
  jobs_[0].again = noon + std::chrono::seconds(10);
  EXPECT_EQ(steps(), Words{"start b"});
  now_ = jobs_[0].again;
  EXPECT_EQ(steps(), Words{"start a"});
  jobs_[0].cancel_asked = true;
  now_ = noon;
  EXPECT_EQ(steps().front(), "finish a canceled: it was canceled before it began");
}

TEST_F(Lifecycle, TriesAgainAtOnceWhereItsAuthorAskedForIt) {
  jobs_ = {record("a", State::running)};
  jobs_[0].retries = 1;
  Situation now{.ended = {{"a.1", {.exit_code = 3}}}, .slots = 1, .now = now_};
  now.jobs.push_back(jobs_.data());
  EXPECT_EQ(std::get<Requeue>(decide(now).at(0)).again, Instant{});
}

TEST(PauseAfter, DoublesUpToItsMost) {
  for (int lost = 1; lost < 40; ++lost) {
    const Duration pause = pause_after(lost, "a." + std::to_string(lost));
    EXPECT_GE(pause, std::min<Duration>(retry_pause * (1LL << std::min(lost - 1, 20)), retry_pause_max)) << lost;
    EXPECT_LE(pause, retry_pause_max);
  }
  EXPECT_NE(pause_after(1, "a.1"), pause_after(1, "b.1")) << "not all at once";
}

TEST(QueueOf, IsFairBetweenOwnersWithinAPriority) {
  std::vector<JobRecord> jobs;
  for (int i = 0; i < 6; ++i) jobs.push_back(record("ada" + std::to_string(i), State::queued, i));
  for (int i = 0; i < 2; ++i) jobs.push_back(record("bob" + std::to_string(i), State::queued, 10 + i));
  jobs[6].owner = jobs[7].owner = "bob";
  jobs[5].priority = 1;
  std::vector<const JobRecord*> all;
  for (const auto& job : jobs) all.push_back(&job);
  std::string order;
  for (const auto* job : queue_of(all, all.size(), noon).waiting) order += job->id + " ";
  EXPECT_EQ(order, "ada5 bob0 ada0 bob1 ada1 ada2 ada3 ada4 ");
  EXPECT_EQ(queue_of(all, 3, noon).waiting.size(), 3U);
  EXPECT_EQ(queue_of(all, all.size(), noon).place.at("bob1"), 3U);
}

TEST_F(Lifecycle, StartsAgainWhatMayNotHaveStarted) {
  jobs_ = {record("a", State::starting)};
  EXPECT_EQ(steps(), Words{"start a"});
  running_ = {{"a.1", {}}};
  EXPECT_EQ(steps(), Words{"confirm a"});
  jobs_[0].spec.timeout = std::chrono::seconds(1);
  EXPECT_EQ(steps(), Words{"confirm a"}) << "its time counts from when it began, which the record does not know yet";
}

TEST_F(Lifecycle, HoldsNoTimeAgainstWhatHasEndedInItsPlaceOrMayHave) {
  jobs_ = {record("a", State::running)};
  jobs_[0].spec.timeout = std::chrono::seconds(1);
  running_ = {{"a.1", {.is_on_the_clock = false}}};
  EXPECT_EQ(steps(), Words{});
  jobs_[0].cancel_asked = true;
  EXPECT_EQ(steps(), Words{"stop a: it was canceled"});
  jobs_[0].state = State::stopping;
  jobs_[0].stopping = noon;
  now_ = noon + stop_patience;
  EXPECT_EQ(steps(), Words{}) << "what it made is on its way";
  jobs_[0] = record("a", State::starting);
  running_["a.1"].is_running = false;
  now_ = noon + start_patience;
  EXPECT_EQ(steps(), Words{}) << "it may have begun while nobody looked";
}

TEST_F(Lifecycle, StopsWhatIsCanceledOrTooLong) {
  jobs_ = {record("a", State::running)};
  running_ = {{"a.1", {}}};
  EXPECT_EQ(steps(), Words{});
  jobs_[0].spec.timeout = std::chrono::minutes(1);
  EXPECT_EQ(steps(), Words{"stop a: it ran longer than its timeout of 1:00"});
  jobs_[0].cancel_asked = true;
  EXPECT_EQ(steps(), Words{"stop a: it was canceled"});
  jobs_[0].state = State::stopping;
  jobs_[0].stopping = noon;
  jobs_[0].reason = "it was canceled";
  EXPECT_EQ(steps(), Words{}) << "it has its grace";
  now_ = noon + grace;
  EXPECT_EQ(steps(), Words{"kill a: it was canceled"});
  now_ = noon + stop_patience;
  seen_since_ = now_;
  EXPECT_EQ(steps(), Words{"kill a: it was canceled"}) << "nobody was there to do it";
  seen_since_ = noon;
  EXPECT_EQ(steps(),
            Words{"finish a canceled: it was canceled; whether it has ended is not known: it was killed, and is "
                  "there still"});
  ended_ = {{"a.1", {.exit_code = 143}}};
  EXPECT_EQ(steps(), Words{"finish a canceled: it was canceled"});
  jobs_ = {record("q", State::queued)};
  jobs_[0].cancel_asked = true;
  EXPECT_EQ(steps(), Words{"finish q canceled: it was canceled before it began"});
}

TEST_F(Lifecycle, WaitsForAPlaceThatIsNotSeenButNotForEver) {
  const auto steps_at = [&](Instant now) {
    std::vector<std::string> words;
    for (const auto& step : decide_unseen({&jobs_[0]}, now, "the cluster refuses: Unauthorized"))
      words.push_back(std::visit(*this, step));
    return words;
  };
  const Words none;
  jobs_ = {record("q", State::queued)};
  EXPECT_EQ(steps_at(noon + std::chrono::days(9)), none) << "it may wait as long as it likes";
  jobs_[0].cancel_asked = true;
  EXPECT_EQ(steps_at(noon), Words{"finish q canceled: it was canceled before it began"});

  jobs_ = {record("r", State::running)};
  EXPECT_EQ(steps_at(noon + std::chrono::days(9)), none);
  jobs_[0].spec.timeout = std::chrono::minutes(1);
  EXPECT_EQ(steps_at(noon + unseen_patience - std::chrono::seconds(1)), none);
  EXPECT_EQ(steps_at(noon + unseen_patience), Words{"finish r failed: it ran longer than its timeout of 1:00; whether "
                                                    "it has ended is not known: the cluster refuses: Unauthorized"});
  jobs_[0].cancel_asked = true;
  EXPECT_EQ(steps_at(noon), Words{"stop r: it was canceled"});
  jobs_[0].state = State::stopping;
  jobs_[0].stopping = noon;
  jobs_[0].reason = "it was canceled";
  EXPECT_EQ(steps_at(noon + unseen_patience - std::chrono::seconds(1)), none);
  EXPECT_EQ(steps_at(noon + unseen_patience), Words{"finish r canceled: it was canceled; whether it has ended is not "
                                                    "known: the cluster refuses: Unauthorized"});

  jobs_ = {record("s", State::starting)};
  EXPECT_EQ(steps_at(noon + start_patience), none);
  EXPECT_EQ(steps_at(noon + start_patience + unseen_patience),
            Words{"finish s failed: it was not seen to begin within 1 d 00:00; whether it has ended is not known: the "
                  "cluster refuses: Unauthorized"});
}

TEST_F(Lifecycle, SaysWhereAnEndWasNotSeen) {
  jobs_ = {record("a", State::stopping)};
  jobs_[0].reason = "it was canceled";
  jobs_[0].cancel_asked = true;
  ended_ = {{"a.1", {.unseen = true, .reason = "the workspace was asked to end it and has not"}}};
  EXPECT_EQ(steps(), Words{"finish a canceled: it was canceled; whether it has ended is not known: the workspace was "
                           "asked to end it and has not"});
}

TEST(Why, SaysInOneSentenceWhatItIs) {
  JobRecord job = record("a", State::queued, 2), other = record("b", State::running, 1),
            third = record("c", State::queued, 1);
  const auto said = [&](std::vector<const JobRecord*> all, std::int64_t slots) {
    return why(job, queue_of(all, all.size(), noon), slots, noon);
  };
  EXPECT_EQ(said({&job}, 1),
            "Waiting 2:00: a slot is free, and it starts with the next look (any drover job command).");
  EXPECT_EQ(said({&job, &other}, 1), "Waiting 2:00: the one slot is taken, and it is the next.");
  EXPECT_EQ(said({&job, &other, &third}, 1), "Waiting 2:00: the one slot is taken, and 1 job goes before it.");
  job.attempt = 1;
  job.reason = "its pod on node n1 was lost";
  job.again = noon + std::chrono::milliseconds(8200);
  EXPECT_EQ(said({&job}, 1), "Waiting 9.0 s before attempt 2 of 3, since its pod on node n1 was lost.");
  job = record("a", State::running);
  EXPECT_EQ(said({&job}, 1), "Running for 1:00 on this machine.");
  job.state = State::stopping;
  job.reason = "it was canceled";
  job.stopping = noon - std::chrono::seconds(20);
  const std::string trouble = "the cluster refuses: Unauthorized";
  EXPECT_EQ(why(job, {}, 1, noon, trouble), "Stopping for 20.0 s, since it was canceled; after 30.0 s it is killed.");
  job.stopping = noon - std::chrono::minutes(2);
  EXPECT_EQ(why(job, {}, 1, noon, trouble), "Stopping for 2:00, since it was canceled: " + trouble + ".");
  job.state = State::failed;
  job.ended = noon;
  job.reason = "its command ended with exit code 3";
  EXPECT_EQ(said({}, 1), "Failed after 1:00: its command ended with exit code 3.");
}

}  // namespace
}  // namespace drover::jobs
