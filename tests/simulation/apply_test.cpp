// Thousands of applies and destroys on the local cloud under a simulated clock, each from a seed: with throttling,
// server errors, lost requests, lost answers, operations that fail, and a kill at every position of the journal. All
// must end converged, with nothing made twice and nothing left over. `./dev sim SEED=n` replays one.
#include <gtest/gtest.h>

#include <set>

#include "codec/estate_yaml.hpp"
#include "control/apply/provisioner.hpp"
#include "drivers/azure/azure_cloud.hpp"
#include "localcloud/cloud.hpp"
#include "localcloud/defaults.hpp"
#include "ports/transport/faulty.hpp"
#include "ports/transport/rate_limited.hpp"
#include "ports/transport/retrying.hpp"
#include "tests/simulation/seeds.hpp"

namespace drover {
namespace {

constexpr const char* estate_text = R"(
estate: sim
cloud: local
accounts:
  main: {subscription: 10ca1000-0000-4000-8000-000000000002, tenant: 10ca1000-0000-4000-8000-000000000001, location: eastus, group: sim-rg}
providers: [Microsoft.Storage, Microsoft.ContainerService]
workspace: sim-ws
storage:
  simstorage1: {containers: [data, models]}
vaults:
  kv-sim: {soft_deleted: recover}
principals:
  simapp:
roles:
  - {principal: simapp, role: Contributor, scope: group/sim-rg}
clusters:
  simaks:
    principal: simapp
    pools:
      np1: {size: Standard_D2_v3}
      np2: {size: Standard_D4_v3, mode: user, nodes: 2}
compute:
  train: {size: Standard_DS3_v2, nodes: 0..4, idle: 5m}
)";

/// A log whose owner dies at a given append: before it is written, or just after.
class DyingLog final : public Log {
 public:
  DyingLog(Log& inner, std::uint64_t appends_left, bool writes_first)
      : inner_(inner), left_(appends_left), writes_first_(writes_first) {}

  Result<std::uint64_t> append(const std::vector<std::string>& entries) override {
    if (left_ == 0) return fail(Code::cancelled, "killed");
    if (--left_ == 0) {
      if (writes_first_) (void)inner_.append(entries);
      return fail(Code::cancelled, "killed");
    }
    return inner_.append(entries);
  }
  Result<std::vector<LogEntry>> read(std::uint64_t after) override { return inner_.read(after); }

 private:
  Log& inner_;
  std::uint64_t left_;
  bool writes_first_;
};

estate::Lowered lowered() {
  auto loaded = codec::load_estate(estate_text, "sim.yaml", {});
  return std::move(loaded->lowered);
}

/// One world and one state folder, and processes that come and die over them.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed)
      : rng_(seed), clock_(*parse_iso("2026-11-21T00:00:00Z")), lowered_(lowered()) {
    const double harsh = rng_.uniform();
    faults_ = {.throttled = 0.08 * harsh,
               .server_error = 0.05 * harsh,
               .lost_request = 0.05 * harsh,
               .lost_answer = 0.08 * harsh};
    physics_.failure_rate = rng_.chance(0.5) ? 0.1 * harsh : 0;
    kill_at_ = seed % 48;  // a clean apply has fewer appends than this: every position comes up
  }

  void run() {
    converge(false);
    check_all_there();
    converge(true);
    check_all_gone();
  }

 private:
  struct Process {
    Process(Simulation& sim, Faults faults, std::uint64_t appends_left, bool writes_first)
        : log(sim.log_, appends_left, writes_first),
          wire(*sim.world_, sim.clock_),
          faulty(wire, faults, sim.rng_.next()),
          limited(faulty, ArmBudget{}),
          retrying(limited, RetryPolicy{}, sim.rng_.next()),
          cloud(retrying, {}, credentials(), sim.secrets_) {}
    static std::map<std::string, azure::Credential> credentials() {
      return {{"main", oauth::ClientCredentials{std::string(localcloud::default_tenant),
                                                std::string(localcloud::default_client_id),
                                                std::string(localcloud::default_client_secret)}}};
    }
    DyingLog log;
    localcloud::LocalCloudTransport wire;
    FaultyTransport faulty;
    RateLimitedTransport limited;
    RetryingTransport retrying;
    azure::AzureCloud cloud;
  };

  control::PlanWish wish(bool destroy) const {
    return {.estate = "sim", .cloud = "local", .graph = &lowered_.graph, .destroy = destroy};
  }

  /// Starts processes until one finds nothing to do.
  void converge(bool destroy) {
    constexpr int processes_max = 80;  // by far enough: faults stop after 40
    for (int n = 0; n < processes_max; ++n) {
      reopen_world(n < 40);
      const bool dies = n < 3;
      const std::uint64_t appends = dies ? 1 + (kill_at_ + static_cast<std::uint64_t>(n) * 7) % 48 : 1'000'000;
      Process process(*this, n < 40 ? faults_ : Faults{}, appends, rng_.chance(0.5));
      if (one_process(process, destroy)) return;
      if (rng_.chance(0.5)) {  // what was on its way still arrives, though nobody reads the answers
        for (int i = 0; i < 50; ++i) (void)process.wire.next(clock_.now() + std::chrono::milliseconds(50));
      }
      clock_.advance(std::chrono::seconds(rng_.below(400)));
    }
    FAIL() << (destroy ? "destroy" : "apply") << " did not converge: " << last_error_;
  }

  bool one_process(Process& process, bool destroy) {
    auto journal = control::Journal::open(process.log);
    if (!journal) return last_error_ = journal.error().message, false;
    control::Provisioner provisioner(process.cloud, *journal);
    auto plan = provisioner.plan(wish(destroy));
    if (!plan) return last_error_ = plan.error().message, false;
    if (plan->actions.empty() && plan->refusals.empty()) return true;
    auto report = provisioner.apply(*plan, {.tick = Duration{0}});
    if (!report)
      last_error_ = report.error().message;
    else if (!report->failed.empty())
      last_error_ = report->failed.front().first + ": " + report->failed.front().second.message;
    return false;
  }

  /// The world is read back from its store, as after a kill of everything.
  void reopen_world(bool with_faults) {
    world_.reset();
    localcloud::Physics physics = physics_;
    if (!with_faults) physics.failure_rate = 0;
    auto opened = localcloud::open_world(store_, 7, physics);
    ASSERT_TRUE(opened) << opened.error().message;
    world_ = std::move(*opened);
  }

  std::size_t graph_objects(const std::string& collection) {
    Process process(*this, Faults{}, 1'000'000, false);
    auto token = send(process.wire,
                      oauth::token_request("https://login.microsoftonline.com",
                                           std::get<oauth::ClientCredentials>(Process::credentials()["main"]),
                                           "https://graph.microsoft.com/.default"),
                      std::chrono::minutes(1));
    const auto parsed = oauth::parse_token(*token, clock_.now());
    auto listed =
        send(process.wire,
             {.method = "GET",
              .url = "https://graph.microsoft.com/v1.0/" + collection + "?$filter=displayName%20eq%20%27simapp%27",
              .headers = {{"Authorization", "Bearer " + parsed->value}},
              .body = ""},
             std::chrono::minutes(1));
    std::size_t count = 0;
    for (std::size_t at = 0; (at = listed->body.find("\"displayName\":\"simapp\"", at)) != std::string::npos; ++at)
      ++count;
    return count;
  }

  std::vector<std::string> in_group() {
    Process process(*this, Faults{}, 1'000'000, false);
    auto listed = process.cloud.members({lowered_.graph.find("resource-group/sim-rg")});
    EXPECT_TRUE(listed) << listed.error().message;
    std::vector<std::string> ids;
    if (listed)
      for (const auto& member : *listed) ids.push_back(member.arm_id);
    return ids;
  }

  std::set<std::string> holdings() {
    auto journal = control::Journal::open(log_);
    std::set<std::string> keys;
    for (const auto& [key, holding] : journal->holdings()) {
      EXPECT_EQ(holding.origin, planning::Origin::created) << key << ": nobody else made anything";
      keys.insert(key);
    }
    return keys;
  }

  void check_all_there() {
    std::set<std::string> wanted;
    for (const auto& resource : lowered_.graph.resources()) wanted.insert(resource.key);
    EXPECT_EQ(holdings(), wanted);
    EXPECT_EQ(graph_objects("applications"), 1U);
    EXPECT_EQ(graph_objects("servicePrincipals"), 1U);
    // storage, vault, insights, workspace, cluster: the top-level resources of the group, each once.
    EXPECT_EQ(in_group().size(), 5U);
  }

  void check_all_gone() {
    EXPECT_TRUE(holdings().empty()) << *holdings().begin();
    EXPECT_EQ(graph_objects("applications"), 0U);
    EXPECT_TRUE(in_group().empty());
  }

  Rng rng_;
  SimClock clock_;
  estate::Lowered lowered_;
  MemoryStore store_;
  MemoryLog log_;
  MemorySecrets secrets_;
  std::shared_ptr<localcloud::World> world_;
  Faults faults_;
  localcloud::Physics physics_;
  std::uint64_t kill_at_ = 0;
  std::string last_error_;
};

TEST(Simulation, EveryApplyAndDestroyConvergesWhateverFails) {
  simulation::for_each_seed(2000, [](std::uint64_t seed) { Simulation(seed).run(); });
}

}  // namespace
}  // namespace drover
