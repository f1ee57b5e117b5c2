// The life of jobs on a cluster, hundreds of times over: Drover is killed between any two records, calls fail before or
// after they took effect, pods are drained and evicted, the cluster lets nobody in for an hour. No job is lost, none
// runs twice at once, none is judged twice, and nothing stays behind. DROVER_SIM_SEED replays one run.
#include "control/jobs/kubernetes_runner.hpp"
#include "tests/simulation/fake_cluster.hpp"
#include "tests/simulation/job_life.hpp"
#include "tests/simulation/seeds.hpp"

namespace drover {
namespace {

using namespace simulation;
using jobs::JobRecord;
using jobs::State;

/// Keeps what is appended; archives are not looked into.
class MemoryFolders final : public Folders {
 public:
  bool exists(const std::string& path) override { return files_.contains(path); }
  Status make(const std::string&) override { return {}; }
  Status copy(const std::string& from, const std::string& to) override {
    if (unpacked.contains(from)) unpacked.insert(to);
    return {};
  }
  Status remove(const std::string&) override { return {}; }
  Result<std::vector<FileEntry>> list(const std::string&) override { return std::vector<FileEntry>(); }
  Result<std::string> read(const std::string& path, std::int64_t, std::int64_t) override {
    const auto it = files_.find(path);
    return it == files_.end() ? "" : it->second;
  }
  Result<std::int64_t> size(const std::string& path) override { return read(path, 0, 0)->size(); }
  Status append(const std::string& path, std::string_view bytes) override {
    files_[path] += bytes;
    return {};
  }
  Result<std::string> pack(const std::string&, std::int64_t) override { return ""; }
  Status copy_part(const std::string& from, const std::string& to, const LeavesOut&) override { return copy(from, to); }
  Status pack_file(const std::string&, const std::string&) override { return {}; }
  Status unpack(std::string_view, const std::string& to) override {
    unpacked.insert(to);
    return {};
  }
  std::set<std::string> unpacked;

 private:
  std::map<std::string, std::string> files_;
};

class Life final : public JobLife {
 public:
  explicit Life(std::uint64_t seed) : JobLife(seed, {}) {}
  void run() { JobLife::run(2 + static_cast<int>(rng_.below(5))); }

 private:
  /// What dies with a program.
  struct Program {
    explicit Program(Life& life)
        : transport(life.clock_),
          flows(transport),
          cluster(life.world_, flows),
          runner(cluster, flows, life.folders_, {.home = "h", .space = "s", .slots = 3}) {
      auto opened = control::JobLoop::open({.store = life.store_,
                                            .folders = life.folders_,
                                            .clock = life.clock_,
                                            .folder = "/s",
                                            .runner = [this](const JobRecord&) { return &runner; }});
      jobs.emplace(std::move(*opened));
    }
    SilentTransport transport;
    Flows flows;
    FakeCluster cluster;
    control::KubernetesRunner runner;
    std::optional<control::JobLoop> jobs;
  };

  control::JobLoop& jobs() override {
    if (!program_) program_.emplace(*this);
    return *program_->jobs;
  }
  void end_program() override {
    program_.reset();
    world_.handed_over.clear();  // what it had not put on disk yet went with it
  }
  JobRecord next_job() override {
    JobRecord job{.owner = "ada", .target = jobs::KubernetesContext{"s"}};
    job.spec.command = rng_.below(3) == 0 ? "exit 3" : "exit 0";
    job.spec.environment.image = "image";
    if (rng_.below(6) == 0) job.spec.timeout = std::chrono::seconds(4);
    return job;
  }
  void pass_time() override {
    if (world_.is_away)
      world_.is_away = rng_.below(20) != 0;
    else if (!world_.is_calm && rng_.below(300) == 0)
      go_away();
    clock_.advance(world_.is_away && is_long_away_ ? std::chrono::seconds(50) : std::chrono::seconds(1));
    world_.step(clock_.now());
  }
  /// For less than a minute, or for longer than a job that was to end is waited for.
  void go_away() {
    world_.is_away = true;
    is_long_away_ = rng_.below(2) == 0;
    if (is_long_away_) world_.handed_over.clear();  // what is given up is not put on disk
  }
  void calm_down() override {
    world_.is_calm = true;
    world_.is_away = false;
  }
  void set_asleep(bool is_asleep) override { world_.is_deaf = is_asleep; }
  bool ended_well_in_time(const JobRecord& job) override {
    const std::string attempt = jobs::process_name(job);
    constexpr Duration notice = std::chrono::seconds(2);  // of a cluster that has just gone away
    return world_.succeeded.contains(attempt) && world_.pods_made.at(attempt) == 1 &&
           (job.spec.timeout == Duration{0} || world_.took.at(attempt) + notice < job.spec.timeout);
  }
  bool is_clean() override { return world_.jobs.empty() && world_.pods.empty(); }
  void look_at_place() override { EXPECT_FALSE(world_.ran_twice) << "two pods of one job ran at the same time"; }
  void check(const JobRecord& job) override {
    for (int attempt = 1; attempt <= job.attempt; ++attempt) {
      const std::string name = job.id + "." + std::to_string(attempt);
      EXPECT_LE(world_.ended.count(name), 1U) << "an attempt ran twice";
      if (world_.handed_over.contains(name))
        EXPECT_TRUE(folders_.unpacked.contains("/s/jobs/" + job.id + "/" + std::to_string(attempt) + "/outputs"))
            << "what it handed over is lost";
    }
    if (job.state != State::completed) return;
    EXPECT_EQ(job.spec.command, "exit 0");
    EXPECT_TRUE(world_.succeeded.contains(jobs::process_name(job)));
    EXPECT_TRUE(folders_.unpacked.contains("/s/jobs/" + job.id + "/" + std::to_string(job.attempt) + "/outputs"))
        << "told before its outputs were here";
  }

  MemoryFolders folders_;
  ClusterWorld world_{rng_};
  bool is_long_away_ = false;
  std::optional<Program> program_;
};

TEST(ClusterJobLife, NothingIsLostNorRunsTwiceNorStaysBehind) {
  for_each_seed(500, [](std::uint64_t seed) { Life(seed).run(); });
}

}  // namespace
}  // namespace drover
