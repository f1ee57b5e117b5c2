// The life of jobs in an Azure ML workspace, hundreds of times over: Drover is killed between any two records and in
// the middle of any upload, calls fail before or after they took effect, nodes go away, jobs are removed by others. No
// job is lost, none runs twice at once, none is judged twice, none without its code, and none is said to be done before
// its log and outputs are here. DROVER_SIM_SEED replays one run.
#include "control/jobs/azureml_runner.hpp"
#include "jobs/workspace_job.hpp"
#include "tests/simulation/fake_workspace.hpp"
#include "tests/simulation/job_life.hpp"
#include "tests/simulation/memory_folders.hpp"
#include "tests/simulation/seeds.hpp"

namespace drover {
namespace {

using namespace simulation;
using jobs::JobRecord;
using jobs::State;

class Life final : public JobLife {
 public:
  explicit Life(std::uint64_t seed) : JobLife(seed, {.steps_a_cancel = 60, .steps_a_kill = 40, .look_every = 5}) {
    folders_.files["/user/code/train.py"] = "print(1)";
    // Now and then one that goes up in two pieces.
    world_.code_bytes = rng_.below(250) == 0 ? 9'000'000 : 1000;
    folders_.files["/user/code/large.bin"] = std::string(world_.code_bytes, 'x');
  }
  void run() { JobLife::run(2 + static_cast<int>(rng_.below(4))); }

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

  control::JobLoop& jobs() override {
    if (!program_) program_.emplace(*this);
    return *program_->jobs;
  }
  void end_program() override { program_.reset(); }
  JobRecord next_job() override {
    JobRecord job{.owner = "ada", .target = jobs::WorkspaceCompute{"lab", "cpu"}};
    job.spec.command = rng_.below(3) == 0 ? "exit 3" : "exit 0";
    job.spec.code = "code";
    job.folder = "/user";
    job.spec.environment.reference = "host";
    job.spec.outputs["model"] = {};
    if (rng_.below(6) == 0) job.spec.timeout = std::chrono::seconds(30);
    return job;
  }
  void pass_time() override {
    clock_.advance(std::chrono::seconds(1));
    world_.step(clock_.now());
  }
  void calm_down() override { world_.is_calm = true; }
  bool ended_well_in_time(const JobRecord& job) override {
    const auto took = world_.took_well.find(jobs::workspace_job_name(job, "0123456789"));
    constexpr Duration notice =
        std::chrono::seconds(14);  // from one look to the next: up to seven calls of two seconds
    return took != world_.took_well.end() && !world_.removed.contains(took->first) &&
           (job.spec.timeout == Duration{0} || took->second + notice < job.spec.timeout);
  }
  void look_at_place() override { EXPECT_EQ(world_.mischief, ""); }
  void check(const JobRecord& job) override {
    for (const auto& name : world_.ended)
      EXPECT_TRUE(world_.ended.count(name) == 1 || world_.removed.contains(name)) << name << " ran twice";
    if (job.state != State::completed) return;
    const std::string name = jobs::workspace_job_name(job, "0123456789");
    EXPECT_GE(world_.ended.count(name), 1U);
    const std::string folder = "/s/jobs/" + job.id;
    EXPECT_EQ(folders_.files[folder + "/" + std::to_string(job.attempt) + "/outputs/model/weights"],
              "weights of " + name)
        << "told before its outputs were here";
    EXPECT_EQ(folders_.files[folder + "/log"].substr(static_cast<std::size_t>(job.log_begin)), world_.logs[name])
        << "a log with gaps or repetitions";
  }

  MemoryFolders folders_;
  WorkspaceWorld world_{rng_};
  std::optional<Program> program_;
};

TEST(WorkspaceJobLife, NothingIsLostNorRunsTwiceNorIsToldTooEarly) {
  for_each_seed(500, [](std::uint64_t seed) { Life(seed).run(); });
}

}  // namespace
}  // namespace drover
