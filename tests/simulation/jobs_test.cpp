// The life of jobs on one machine, a thousand times over: programs that are killed between any two of their doings,
// stores that fail, machines that reboot. No job is lost, none runs twice at once, none is judged twice.
// DROVER_SIM_SEED replays one run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "base/rng.hpp"
#include "control/jobs/job_loop.hpp"
#include "control/jobs/process_runner.hpp"
#include "tests/simulation/fate.hpp"

namespace drover {
namespace {

using jobs::JobRecord;
using jobs::State;
using namespace simulation;

class FatefulProcesses final : public Processes {
 public:
  FatefulProcesses(FakeProcesses& inner, Fate& fate, std::multiset<std::string>& started)
      : inner_(inner), fate_(fate), started_(started) {}
  const Isolation& isolation() const override { return inner_.isolation(); }
  Status start(const ProcessSpec& spec) override {
    fate_.before_or_after();
    const std::string job = spec.name.substr(0, spec.name.find('.'));
    for (const auto& other : inner_.running())
      EXPECT_NE(other.substr(0, other.find('.')), job) << "two processes of one job at the same time";
    auto done = inner_.start(spec);
    if (done) started_.insert(spec.name);
    fate_.before_or_after();
    return done;
  }
  void terminate(const std::string& name) override {
    fate_.before_or_after();
    inner_.terminate(name);
  }
  void kill(const std::string& name) override { inner_.kill(name); }
  std::vector<std::string> running() const override { return inner_.running(); }
  std::vector<ProcessEnd> take_ended() override { return inner_.take_ended(); }
  bool wait(Instant until) override { return inner_.wait(until); }
  void forget(const std::string& name) override {
    fate_.before_or_after();
    inner_.forget(name);
  }

 private:
  FakeProcesses& inner_;
  Fate& fate_;
  std::multiset<std::string>& started_;
};

class NoFolders final : public Folders {
 public:
  bool exists(const std::string&) override { return false; }
  Status make(const std::string&) override { return {}; }
  Status copy(const std::string&, const std::string&) override { return {}; }
  Status remove(const std::string&) override { return {}; }
  Result<std::vector<FileEntry>> list(const std::string&) override { return std::vector<FileEntry>(); }
  Result<std::string> read(const std::string&, std::int64_t, std::int64_t) override { return std::string(); }
  Result<std::int64_t> size(const std::string&) override { return 0; }
  Status append(const std::string&, std::string_view) override { return {}; }
  Result<std::string> pack(const std::string&, std::int64_t) override { return std::string(); }
  Status copy_part(const std::string& from, const std::string& to, const LeavesOut&) override { return copy(from, to); }
  Status pack_file(const std::string&, const std::string&) override { return {}; }
  Status unpack(std::string_view, const std::string&) override { return {}; }
};

class Life {
 public:
  explicit Life(std::uint64_t seed) : rng_(seed) {}

  void run() {
    // What the world does: what each job's command will come to, in the order of submission.
    const int wanted = 3 + static_cast<int>(rng_.below(6));
    for (int step = 0; step < 4000 && !(submitted() == wanted && all_over()); ++step) {
      if (step == 1500) fate_.is_on = false;  // and then the weather clears
      try {
        if (!jobs_) open();
        if (submitted() < wanted && rng_.below(4) == 0) submit();
        if (rng_.below(25) == 0) cancel_any();
        if (jobs_) (void)jobs_->tick();
      } catch (const Killed&) {
        jobs_.reset();
        processes_.tell_again();
      }
      world();
      remember();
    }
    check(wanted);
  }

 private:
  void open() {
    auto opened = control::JobLoop::open(
        {.store = store_, .folders = folders_, .clock = clock_, .folder = "/s", .runner = [this](const JobRecord&) {
           return &runner_;
         }});
    ASSERT_TRUE(opened);
    jobs_.emplace(std::move(*opened));
  }
  void submit() {
    JobRecord job{.owner = rng_.below(2) == 0 ? "ada" : "bob"};
    job.spec.command = "exit " + std::to_string(rng_.below(3) == 0 ? 3 : 0);
    if (rng_.below(5) == 0) job.spec.timeout = std::chrono::seconds(20);
    (void)jobs_->submit({job});
  }
  /// As a person at the terminal: what is not in the list is submitted again.
  int submitted() { return static_cast<int>(inner_store_.scan("job/")->size()); }
  void cancel_any() {
    for (const auto* job : jobs_->all())
      if (!jobs::is_over(job->state) && rng_.below(3) == 0) {
        canceled_.insert(job->id);
        (void)jobs_->cancel(job->id);
        return;
      }
  }
  void world() {
    clock_.advance(std::chrono::seconds(1 + rng_.below(5)));
    processes_.heeds_terminate(rng_.below(3) != 0);
    for (const auto& name : processes_.running())
      if (rng_.below(6) == 0) {
        const bool fails = processes_.find(name)->command.back() == "exit 3";
        if (!fails) succeeded_.insert(name.substr(0, name.find('.')));
        processes_.finish(name, fails ? 3 : 0, false);
      }
    if (fate_.is_on && rng_.below(80) == 0) {
      processes_.lose_all();
      jobs_.reset();
      processes_.tell_again();
    }
  }
  std::vector<JobRecord> records() {
    std::vector<JobRecord> list;
    auto opened = control::JobLoop::open({.store = inner_store_,
                                          .folders = folders_,
                                          .clock = clock_,
                                          .folder = "/s",
                                          .runner = [this](const JobRecord&) { return &runner_; }});
    for (const auto* job : opened->all()) list.push_back(*job);
    return list;
  }
  bool all_over() {
    for (const auto& job : records())
      if (!jobs::is_over(job.state)) return false;
    return true;
  }
  /// A verdict on record never changes, and no job goes.
  void remember() {
    std::set<std::string> there;
    for (const auto& job : records()) {
      there.insert(job.id);
      if (!jobs::is_over(job.state)) continue;
      const auto [verdict, is_new] = verdicts_.emplace(job.id, job.state);
      EXPECT_EQ(verdict->second, job.state) << "judged twice: " << job.id;
    }
    for (const auto& id : known_) EXPECT_TRUE(there.contains(id)) << "lost: " << id;
    known_ = std::move(there);
  }
  void check(int wanted) {
    EXPECT_EQ(static_cast<int>(records().size()), wanted);
    for (const auto& job : records()) {
      EXPECT_TRUE(jobs::is_over(job.state)) << job.id << " " << jobs::state_name(job.state);
      EXPECT_EQ(job.state == State::canceled && !canceled_.contains(job.id), false);
      if (job.state == State::completed) {
        EXPECT_EQ(job.spec.command, "exit 0");
        EXPECT_TRUE(started_.contains(jobs::process_name(job)));
      }
      if (job.exit_code == 3) EXPECT_NE(job.state, State::completed);
      EXPECT_LE(job.attempt, jobs::attempts_max);
      EXPECT_LE(succeeded_.count(job.id), 1U) << "done twice: " << job.id;
    }
    for (const auto& name : started_) EXPECT_EQ(started_.count(name), 1U) << name << " was started twice";
    EXPECT_TRUE(processes_.running().empty());
  }

  Rng rng_;
  SimClock clock_{Instant(std::chrono::days(20000))};
  Fate fate_{rng_, 0.02};
  MemoryStore inner_store_;
  FakeProcesses processes_;
  std::multiset<std::string> started_, succeeded_;
  NoFolders folders_;
  FatefulStore store_{inner_store_, fate_, rng_};
  FatefulProcesses fateful_{processes_, fate_, started_};
  control::ProcessRunner runner_{fateful_, folders_, 1 + static_cast<std::int64_t>(rng_.below(3)), {}};
  std::optional<control::JobLoop> jobs_;
  std::set<std::string> canceled_, known_;
  std::map<std::string, State> verdicts_;
};

TEST(JobLife, NothingIsLostNorDoneTwice) {
  const char* only = std::getenv("DROVER_SIM_SEED");
  const char* asked = std::getenv("DROVER_SIM_RUNS");
  const std::uint64_t runs = asked != nullptr && *asked != 0 ? std::strtoull(asked, nullptr, 10) : 500;
  const bool replays = only != nullptr && *only != 0;
  const std::uint64_t first = replays ? std::strtoull(only, nullptr, 10) : 1;
  for (std::uint64_t seed = first; seed < first + (replays ? 1 : runs); ++seed) {
    Life(seed).run();
    if (HasFailure()) {
      ADD_FAILURE() << "replay with ./dev sim SEED=" << seed;
      return;
    }
  }
}

}  // namespace
}  // namespace drover
