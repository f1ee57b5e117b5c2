// A few jobs from submission to their end, in a place of chance, under a Drover that is killed again and again, and
// then is off for hours now and then: what is the same for every kind of place. After some time the weather clears, and
// then all of it has to come to an end.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/rng.hpp"
#include "codec/job_json.hpp"
#include "control/jobs/job_loop.hpp"
#include "ports/http_transport.hpp"
#include "tests/simulation/fate.hpp"

namespace drover::simulation {

/// A transport on which nothing ever comes: the place answers by itself.
class SilentTransport final : public HttpTransport {
 public:
  explicit SilentTransport(const Clock& clock) : clock_(clock) {}
  ExchangeId submit(http::Request, Instant, BodySink*) override { return {}; }
  std::optional<Completion> next(Instant) override { return std::nullopt; }
  void cancel(ExchangeId) override {}
  const Clock& clock() const override { return clock_; }

 private:
  const Clock& clock_;
};

class JobLife {
 public:
  virtual ~JobLife() = default;

  void run(int wanted) {
    for (int step = 0; step < habits_.steps_max && !(step % habits_.look_every == 0 && is_done(wanted)); ++step) {
      if (step == storm_steps) {
        fate_.is_on = false;
        calm_down();
      }
      try {
        control::JobLoop& all = jobs();
        if (submitted() < wanted && rng_.below(4) == 0) (void)all.submit({next_job()});
        if (rng_.below(habits_.steps_a_cancel) == 0) cancel_any(all);
        (void)all.tick();
      } catch (const Killed&) {
        die();
      }
      if (fate_.is_on && rng_.below(habits_.steps_a_kill) == 0) die();
      if (fate_.is_on && rng_.below(4 * habits_.steps_a_kill) == 0) be_off();
      pass_time();
      if (step % habits_.look_every == 0) look();
    }
    check(wanted);
  }

 protected:
  struct Habits {
    double fate = 0.01;                 ///< odds of a kill at each turn
    std::uint64_t steps_a_cancel = 40;  ///< on average
    std::uint64_t steps_a_kill = 60;
    int steps_max = 6000;
    int look_every = 1;
  };

  JobLife(std::uint64_t seed, Habits habits) : rng_(seed), habits_(habits), fate_(rng_, habits.fate) {}

  /// Of the program that runs; one is begun where none does.
  virtual control::JobLoop& jobs() = 0;
  virtual void end_program() = 0;
  virtual jobs::JobRecord next_job() = 0;
  /// A moment in the life of the place.
  virtual void pass_time() = 0;
  virtual void calm_down() {}
  /// A program that there is hears nothing meanwhile.
  virtual void set_asleep(bool) {}
  /// Nothing is left there.
  virtual bool is_clean() { return true; }
  /// The command of its last attempt ended well, clearly before its timeout.
  virtual bool ended_well_in_time(const jobs::JobRecord& job) = 0;
  /// What must hold at every moment; what must hold of a job at the end.
  virtual void look_at_place() {}
  virtual void check(const jobs::JobRecord& job) = 0;

  Rng rng_;

 private:
  static constexpr int storm_steps = 1500, steps_off = 30;

  void die() {
    look();  // what it has put on record is still its own
    end_program();
    if (rng_.below(4) == 0) be_off();
    program_began_ = clock_.now();
  }
  /// The place goes on without Drover: it does not run, or its machine sleeps.
  void be_off() {
    look();  // before the time is counted anew, as in die
    set_asleep(true);
    for (int step = 0; step < steps_off; ++step) pass_time();
    clock_.advance(std::chrono::minutes(20 + rng_.below(160)));
    set_asleep(false);
    program_began_ = clock_.now();
  }

  std::vector<jobs::JobRecord> records() {
    std::vector<jobs::JobRecord> list;
    const auto kept = inner_store_.scan("job/");
    for (const auto& [key, bytes] : *kept) list.push_back(*codec::job_from_json(parse_json(bytes)));
    return list;
  }
  /// As a person at the terminal: what is not in the list is submitted again.
  int submitted() { return static_cast<int>(inner_store_.scan("job/")->size()); }

  void cancel_any(control::JobLoop& all) {
    for (const auto* job : all.all())
      if (!jobs::is_over(job->state) && rng_.below(3) == 0) {
        canceled_.insert(job->id);
        (void)all.cancel(job->id);
        return;
      }
  }

  bool is_done(int wanted) {
    return submitted() >= wanted && is_clean() &&
           std::ranges::all_of(records(), [](const auto& job) { return jobs::is_over(job.state); });
  }

  /// A verdict on record never changes, no job goes, and none begins again before its pause is over.
  void look() {
    std::map<std::string, jobs::JobRecord> there;
    for (auto& job : records()) {
      const std::string id = job.id;
      there.emplace(id, std::move(job));
    }
    for (const auto& [id, before] : seen_) {
      const auto at = there.find(id);
      ASSERT_NE(at, there.end()) << "lost: " << id;
      const jobs::JobRecord& job = at->second;
      if (jobs::is_over(before.state)) EXPECT_EQ(job.state, before.state) << "judged twice: " << id;
      if (job.reason.contains("is not known") && !before.reason.contains("is not known"))
        EXPECT_GE(clock_.now() - program_began_, jobs::unseen_patience) << "given up at the first look: " << id;
      if (job.attempt > before.attempt && before.state == jobs::State::queued)
        EXPECT_GE(clock_.now(), before.again) << "too soon again: " << id;
    }
    seen_ = std::move(there);
    look_at_place();
  }

  void check(int wanted) {
    EXPECT_EQ(submitted(), wanted);
    EXPECT_TRUE(is_clean()) << "something is left behind";
    for (const auto& job : records()) {
      EXPECT_TRUE(jobs::is_over(job.state)) << job.id << " " << jobs::state_name(job.state);
      EXPECT_LE(job.attempt, jobs::attempts_max);
      if (job.state == jobs::State::canceled) EXPECT_TRUE(canceled_.contains(job.id)) << job.id;
      if (!canceled_.contains(job.id) && ended_well_in_time(job) && !job.reason.contains("is not known"))
        EXPECT_EQ(job.state, jobs::State::completed) << job.id << ": " << job.reason;
      check(job);
    }
  }

  Habits habits_;
  std::set<std::string> canceled_;
  std::map<std::string, jobs::JobRecord> seen_;

 protected:
  SimClock clock_{Instant(std::chrono::days(20000))};
  Instant program_began_ = clock_.now();  ///< or woke up
  Fate fate_;
  MemoryStore inner_store_;
  FatefulStore store_{inner_store_, fate_, rng_};
};

}  // namespace drover::simulation
