// The life of jobs in an Azure ML workspace, hundreds of times over: Drover is killed between any two records and in
// the middle of any upload, calls fail before or after they took effect, nodes go away, jobs are removed by others. No
// job is lost, none runs twice at once, none is judged twice, none without its code, and none is said to be done before
// its log and outputs are here. DROVER_SIM_SEED replays one run.
#include <gtest/gtest.h>

#include <cstdlib>

#include "codec/job_json.hpp"
#include "control/jobs/azureml_runner.hpp"
#include "control/jobs/job_loop.hpp"
#include "jobs/workspace_job.hpp"
#include "tests/simulation/fake_workspace.hpp"
#include "tests/simulation/fate.hpp"
#include "tests/simulation/memory_folders.hpp"

namespace drover {
namespace {

using namespace simulation;
using jobs::JobRecord;
using jobs::State;
using nlohmann::json;

/// A transport on which nothing ever comes: the workspace answers by itself.
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

class Life {
 public:
  explicit Life(std::uint64_t seed) : rng_(seed) {
    folders_.files["/user/code/train.py"] = "print(1)";
    // Now and then one that goes up in two pieces.
    world_.code_bytes = rng_.below(250) == 0 ? 9'000'000 : 1000;
    folders_.files["/user/code/large.bin"] = std::string(world_.code_bytes, 'x');
  }

  void run() {
    const int wanted = 2 + static_cast<int>(rng_.below(4));
    for (int step = 0; step < 6000 && !(step % 8 == 0 && is_done(wanted)); ++step) {
      if (step == 1500) fate_.is_on = false, world_.is_calm = true;  // and then the weather clears
      try {
        if (!program_) program_.emplace(*this);
        if (submitted() < wanted && rng_.below(4) == 0) submit();
        if (rng_.below(60) == 0) cancel_any();
        (void)program_->jobs->tick();
      } catch (const Killed&) {
        program_.reset();
      }
      if (fate_.is_on && rng_.below(40) == 0) program_.reset();
      clock_.advance(std::chrono::seconds(1));
      world_.step();
      if (step % 5 == 0) remember();
    }
    check(wanted);
  }

 private:
  /// What dies with a program.
  struct Program {
    explicit Program(Life& life)
        : transport(life.clock_),
          flows(transport),
          workspace(life.world_, flows),
          runner(workspace, workspace, flows, life.folders_, life.clock_,
                 {.workspace = "lab", .compute = "cpu", .home = "0123456789", .takes_host = true}) {
      auto opened = control::JobLoop::open({.store = life.store_,
                                            .folders = life.folders_,
                                            .clock = life.clock_,
                                            .folder = "/s",
                                            .runner = [this](const JobRecord&) { return &runner; }});
      jobs.emplace(std::move(*opened));
    }
    SilentTransport transport;
    Flows flows;
    FakeWorkspace workspace;
    control::AzuremlRunner runner;
    std::optional<control::JobLoop> jobs;
  };

  void submit() {
    JobRecord job{.owner = "ada", .target = "azureml:lab/cpu"};
    job.spec.command = rng_.below(3) == 0 ? "exit 3" : "exit 0";
    job.spec.code = "code";
    job.folder = "/user";
    job.spec.environment.reference = "host";
    job.spec.outputs["model"] = {};
    if (rng_.below(6) == 0) job.spec.timeout = std::chrono::seconds(6);
    (void)program_->jobs->submit({job});
  }
  int submitted() { return static_cast<int>(inner_store_.scan("job/")->size()); }
  void cancel_any() {
    for (const auto* job : program_->jobs->all())
      if (!jobs::is_over(job->state)) {
        canceled_.insert(job->id);
        (void)program_->jobs->cancel(job->id);
        return;
      }
  }
  std::vector<JobRecord> records() {
    std::vector<JobRecord> list;
    const auto kept = inner_store_.scan("job/");
    for (const auto& [key, bytes] : *kept) list.push_back(*codec::job_from_json(json::parse(bytes)));
    return list;
  }
  bool is_done(int wanted) {
    if (submitted() < wanted) return false;
    return std::ranges::all_of(records(), [](const JobRecord& job) { return jobs::is_over(job.state); });
  }
  void remember() {
    for (const auto& job : records()) {
      if (!jobs::is_over(job.state)) continue;
      const auto [verdict, is_new] = verdicts_.emplace(job.id, job.state);
      EXPECT_EQ(verdict->second, job.state) << "judged twice: " << job.id;
    }
    EXPECT_EQ(world_.mischief, "");
  }
  void check(int wanted) {
    EXPECT_EQ(submitted(), wanted);
    for (const auto& job : records()) {
      EXPECT_TRUE(jobs::is_over(job.state)) << job.id << " " << jobs::state_name(job.state);
      EXPECT_LE(job.attempt, jobs::attempts_max);
      if (job.state == State::canceled) EXPECT_TRUE(canceled_.contains(job.id));
      if (job.state != State::completed) continue;
      const std::string name = jobs::workspace_job_name(job, "0123456789");
      EXPECT_GE(world_.ended.count(name), 1U);
      const std::string folder = "/s/jobs/" + job.id;
      EXPECT_EQ(folders_.files[folder + "/" + std::to_string(job.attempt) + "/outputs/model/weights"],
                "weights of " + name)
          << "told before its outputs were here";
      EXPECT_EQ(folders_.files[folder + "/log"].substr(static_cast<std::size_t>(job.log_begin)), world_.logs[name])
          << "a log with gaps or repetitions";
    }
    for (const auto& name : world_.ended)
      EXPECT_TRUE(world_.ended.count(name) == 1 || world_.removed.contains(name)) << name << " ran twice";
  }

  Rng rng_;
  SimClock clock_{Instant(std::chrono::days(20000))};
  Fate fate_{rng_, 0.01};
  MemoryStore inner_store_;
  FatefulStore store_{inner_store_, fate_, rng_};
  MemoryFolders folders_;
  WorkspaceWorld world_{rng_};
  std::optional<Program> program_;
  std::set<std::string> canceled_;
  std::map<std::string, State> verdicts_;
};

TEST(WorkspaceJobLife, NothingIsLostNorRunsTwiceNorIsToldTooEarly) {
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
