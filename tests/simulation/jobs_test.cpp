// The life of jobs on one machine, a thousand times over: programs that are killed between any two of their doings,
// stores that fail, machines that reboot. No job is lost, none runs twice at once, none is judged twice.
// DROVER_SIM_SEED replays one run.
#include <set>

#include "control/jobs/process_runner.hpp"
#include "tests/simulation/job_life.hpp"
#include "tests/simulation/seeds.hpp"

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

class Life final : public JobLife {
 public:
  explicit Life(std::uint64_t seed) : JobLife(seed, {.fate = 0.02, .steps_a_cancel = 25, .steps_a_kill = 80}) {}
  void run() {
    JobLife::run(3 + static_cast<int>(rng_.below(6)));
    for (const auto& name : started_) EXPECT_EQ(started_.count(name), 1U) << name << " was started twice";
  }

 private:
  control::JobLoop& jobs() override {
    if (!jobs_) {
      auto opened = control::JobLoop::open(
          {.store = store_, .folders = folders_, .clock = clock_, .folder = "/s", .runner = [this](const JobRecord&) {
             return &runner_;
           }});
      jobs_.emplace(std::move(*opened));
    }
    return *jobs_;
  }
  /// Half of the times by a reboot, which takes all processes along.
  void end_program() override {
    if (fate_.is_on && rng_.below(2) == 0) processes_.lose_all();
    jobs_.reset();
    processes_.tell_again();
  }
  JobRecord next_job() override {
    JobRecord job{.owner = rng_.below(2) == 0 ? "ada" : "bob"};
    job.spec.command = "exit " + std::to_string(rng_.below(3) == 0 ? 3 : 0);
    if (rng_.below(5) == 0) job.spec.timeout = std::chrono::seconds(20);
    return job;
  }
  void pass_time() override {
    clock_.advance(std::chrono::seconds(1 + rng_.below(5)));
    processes_.heeds_terminate(rng_.below(3) != 0);
    for (const auto& name : processes_.running()) {
      began_.try_emplace(name, clock_.now());
      if (rng_.below(6) == 0) {
        const bool fails = processes_.find(name)->command.back() == "exit 3";
        if (!fails) succeeded_.insert(name.substr(0, name.find('.')));
        if (!fails) took_well_[name] = clock_.now() - began_[name];
        processes_.finish(name, fails ? 3 : 0, false);
      }
    }
  }
  bool ended_well_in_time(const JobRecord& job) override {
    const auto took = took_well_.find(jobs::process_name(job));
    constexpr Duration notice = std::chrono::seconds(6);
    return took != took_well_.end() && (job.spec.timeout == Duration{0} || took->second + notice < job.spec.timeout);
  }
  bool is_clean() override { return processes_.running().empty(); }
  void check(const JobRecord& job) override {
    EXPECT_LE(succeeded_.count(job.id), 1U) << "done twice: " << job.id;
    if (job.exit_code == 3) EXPECT_NE(job.state, State::completed);
    if (job.state != State::completed) return;
    EXPECT_EQ(job.spec.command, "exit 0");
    EXPECT_TRUE(started_.contains(jobs::process_name(job)));
  }

  FakeProcesses processes_;
  std::multiset<std::string> started_, succeeded_;
  std::map<std::string, Instant> began_;
  std::map<std::string, Duration> took_well_;
  NoFolders folders_;
  FatefulProcesses fateful_{processes_, fate_, started_};
  control::ProcessRunner runner_{fateful_, folders_, 1 + static_cast<std::int64_t>(rng_.below(3)), {}};
  std::optional<control::JobLoop> jobs_;
};

TEST(LocalJobLife, NothingIsLostNorDoneTwice) {
  for_each_seed(500, [](std::uint64_t seed) { Life(seed).run(); });
}

}  // namespace
}  // namespace drover
