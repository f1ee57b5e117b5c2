// The life of jobs on a cluster, hundreds of times over: Drover is killed between any two records, calls fail before or
// after they took effect, pods are drained and evicted. No job is lost, none runs twice at once, none is judged twice,
// and nothing stays behind. DROVER_SIM_SEED replays one run.
#include <gtest/gtest.h>

#include <cstdlib>

#include "codec/job_json.hpp"
#include "control/jobs/job_loop.hpp"
#include "control/jobs/kubernetes_runner.hpp"
#include "tests/simulation/fake_cluster.hpp"
#include "tests/simulation/fate.hpp"

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
  Status copy(const std::string&, const std::string&) override { return {}; }
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

/// A transport on which nothing ever comes: the cluster answers by itself.
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
  explicit Life(std::uint64_t seed) : rng_(seed) {}

  void run() {
    const int wanted = 2 + static_cast<int>(rng_.below(5));
    for (int step = 0; step < 6000 && !is_done(wanted); ++step) {
      if (step == 1500) fate_.is_on = false, world_.is_calm = true;  // and then the weather clears
      try {
        if (!program_) program_.emplace(*this);
        if (submitted() < wanted && rng_.below(4) == 0) submit();
        if (rng_.below(40) == 0) cancel_any();
        (void)program_->jobs->tick();
      } catch (const Killed&) {
        program_.reset();
      }
      if (fate_.is_on && rng_.below(60) == 0) program_.reset();
      clock_.advance(std::chrono::seconds(1));
      world_.step();
      remember();
    }
    check(wanted);
  }

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

  void submit() {
    JobRecord job{.owner = "ada", .target = "kubernetes:s"};
    job.spec.command = rng_.below(3) == 0 ? "exit 3" : "exit 0";
    job.spec.environment.image = "image";
    if (rng_.below(6) == 0) job.spec.timeout = std::chrono::seconds(4);
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
    if (submitted() < wanted || !world_.jobs.empty() || !world_.pods.empty()) return false;
    return std::ranges::all_of(records(), [](const JobRecord& job) { return jobs::is_over(job.state); });
  }
  void remember() {
    for (const auto& job : records()) {
      if (!jobs::is_over(job.state)) continue;
      const auto [verdict, is_new] = verdicts_.emplace(job.id, job.state);
      EXPECT_EQ(verdict->second, job.state) << "judged twice: " << job.id;
    }
    EXPECT_FALSE(world_.ran_twice) << "two pods of one job ran at the same time";
  }
  void check(int wanted) {
    EXPECT_EQ(submitted(), wanted);
    for (const auto& job : records()) {
      EXPECT_TRUE(jobs::is_over(job.state)) << job.id << " " << jobs::state_name(job.state);
      EXPECT_LE(job.attempt, jobs::attempts_max);
      if (job.state == State::canceled) EXPECT_TRUE(canceled_.contains(job.id));
      if (job.state == State::completed) {
        EXPECT_EQ(job.spec.command, "exit 0");
        EXPECT_TRUE(world_.succeeded.contains(jobs::process_name(job)));
        EXPECT_TRUE(folders_.unpacked.contains("/s/jobs/" + job.id + "/" + std::to_string(job.attempt) + "/outputs"))
            << "told before its outputs were here";
      }
    }
    EXPECT_TRUE(world_.jobs.empty()) << "left behind: " << world_.jobs.begin()->first;
    for (const auto& attempt : world_.ended) EXPECT_EQ(world_.ended.count(attempt), 1U) << attempt << " ran twice";
  }

  Rng rng_;
  SimClock clock_{Instant(std::chrono::days(20000))};
  Fate fate_{rng_, 0.01};
  MemoryStore inner_store_;
  FatefulStore store_{inner_store_, fate_, rng_};
  MemoryFolders folders_;
  ClusterWorld world_{rng_};
  std::optional<Program> program_;
  std::set<std::string> canceled_;
  std::map<std::string, State> verdicts_;
};

TEST(ClusterJobLife, NothingIsLostNorRunsTwiceNorStaysBehind) {
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
