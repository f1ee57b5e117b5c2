// Lives of a pool that is run live: pins come and go, pods come and go, calls fail before or after they took effect,
// and the keeper is killed between any two. Nothing that asked to be left alone is lost, no budget is broken, nothing
// is removed that is not empty, and in the end the pool is what was wanted.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/rng.hpp"
#include "control/scale/pool_keeper.hpp"
#include "tests/simulation/seeds.hpp"

namespace drover::simulation {
namespace {

using nlohmann::json;
using std::chrono::minutes;

constexpr int ceiling = 9, nodes_at_once = 2, pods_a_node = 3;
const Instant begin = *parse_iso("2026-11-22T00:00:00Z");

struct Machine {
  Instant ready{};
  bool is_cordoned = false;
  std::string leaving = {};  ///< its annotation
};
struct Pod {
  std::string node = {};  ///< "": waits for one
  bool is_held = false;
  Instant made = {};
  std::optional<Instant> placed = {};
  std::optional<Instant> ends = {};  ///< it was asked to go
};

/// What outlives the keeper: a cloud with one pool, and its cluster.
struct PoolWorld {
  explicit PoolWorld(std::uint64_t seed) : rng(seed) {
    for (int i = 0; i < 9; ++i) add_pod();
  }

  Rng rng;
  Instant now = begin;
  bool is_calm = false;
  int count = 2, made = 0;
  std::map<std::string, Machine> machines;
  std::map<std::string, Pod> pods;
  std::optional<Instant> busy_until = {};
  std::vector<std::string> wrongs;

  bool fails(double odds) { return !is_calm && rng.uniform() < odds; }

  void step() {
    now += minutes{1};
    if (busy_until && now >= *busy_until) busy_until.reset();
    while (static_cast<int>(machines.size()) < count)
      machines["n" + std::to_string(++made)] = {.ready = now + minutes{1 + rng.below(6)}};
    for (auto pod = pods.begin(); pod != pods.end();) {
      const bool is_lost = !pod->second.node.empty() && !machines.contains(pod->second.node);
      if (is_lost && pod->second.is_held) wrongs.push_back(pod->first + " was to be left alone, and is lost");
      if (is_lost || (pod->second.ends && now >= *pod->second.ends))
        pod->second = {.is_held = pod->second.is_held, .made = now};  // its controller makes another
      ++pod;
    }
    for (auto& [name, pod] : pods)
      if (pod.node.empty()) place(pod);
    if (!is_calm && rng.uniform() < 0.06) add_pod();
    if (!is_calm && rng.uniform() < 0.06 && pods.size() > 4)
      pods.erase(std::next(pods.begin(), static_cast<std::ptrdiff_t>(rng.below(pods.size()))));
  }

  int on(const std::string& node) const {
    return static_cast<int>(std::ranges::count_if(pods, [&](const auto& pod) { return pod.second.node == node; }));
  }
  int leaving() const {
    return static_cast<int>(
        std::ranges::count_if(machines, [](const auto& machine) { return !machine.second.leaving.empty(); }));
  }

 private:
  void add_pod() {
    if (pods.size() < 16) pods["p" + std::to_string(++made)] = {.is_held = rng.uniform() < 0.1, .made = now};
  }
  void place(Pod& pod) {
    for (const auto& [name, machine] : machines)
      if (machine.ready <= now && !machine.is_cordoned && on(name) < pods_a_node) {
        pod.node = name;
        pod.placed = now;
        return;
      }
  }
};

/// Of the pool's ARM resource, what the keeper uses.
class FakeCloud final : public Cloud {
 public:
  explicit FakeCloud(PoolWorld& world) : world_(world) {}

  Result<std::vector<Observed>> observe(const std::vector<const Resource*>&, std::vector<Member>*) override {
    if (world_.fails(0.05)) return fail(Code::unavailable, "ARM is away");
    Observed seen{.presence = world_.busy_until ? Presence::busy : Presence::settled, .state = "Scaling"};
    seen.spec = NodePool{.vm_size = "Standard_D4_v3", .nodes = world_.count, .mode = "User"};
    return std::vector{seen};
  }
  OperationId update(const Resource& wanted, const Outputs&) override {
    return begin(wanted, [this](const NodePool& pool) {
      if (pool.nodes < world_.count)
        world_.wrongs.push_back("the count was lowered, and AKS would have chosen whom to lose");
      if (pool.nodes > ceiling) world_.wrongs.push_back(std::to_string(pool.nodes) + " nodes are above the ceiling");
      world_.count = static_cast<int>(pool.nodes);
    });
  }
  OperationId remove_machines(const Resource& wanted, const std::vector<std::string>& names) override {
    return begin(wanted, [&](const NodePool&) {
      for (const auto& name : names) {
        if (!world_.machines.contains(name)) continue;
        if (world_.machines[name].leaving.empty()) world_.wrongs.push_back(name + " was removed and never emptied");
        if (world_.on(name) > 0) world_.wrongs.push_back(name + " was removed with pods on it");
        world_.machines.erase(name);
        --world_.count;
      }
    });
  }
  std::optional<OperationOutcome> next(Instant) override {
    if (!ended_ || (world_.busy_until && !ended_->second)) return std::nullopt;
    OperationOutcome outcome{.id = ended_->first, .outcome = Observed{}};
    if (ended_->second) outcome.outcome = std::unexpected(Error{.code = Code::failed, .message = "AllocationFailed"});
    ended_.reset();
    return outcome;
  }
  Instant now() const override { return world_.now; }

  OperationId create(const Resource&, const Outputs&) override { return {}; }
  OperationId remove(const Resource&) override { return {}; }
  OperationId settle(const Resource&) override { return {}; }
  Result<std::vector<Member>> members(const std::vector<const Resource*>&) override { return none(); }
  Result<std::string> kubeconfig(const Resource&, bool) override { return none(); }
  Result<std::vector<CoreQuota>> core_quotas(const Resource&) override { return none(); }
  Result<LoadSamples> metric(const MetricQuery&, Instant, Instant, Duration) override { return none(); }

 private:
  template <class Change>
  OperationId begin(const Resource& wanted, Change change) {
    const OperationId id{++last_};
    const bool is_refused = world_.busy_until.has_value() || world_.fails(0.1);
    if (!is_refused) {
      change(std::get<NodePool>(wanted.spec));
      world_.busy_until = world_.now + minutes{2 + world_.rng.below(4)};
    }
    ended_ = {id, is_refused || world_.fails(0.05)};
    return id;
  }
  static std::unexpected<Error> none() { return fail(Code::internal, "not here"); }

  PoolWorld& world_;
  std::uint64_t last_ = 0;
  std::optional<std::pair<OperationId, bool>> ended_;  ///< and whether badly
};

class FakeNodes final : public kubernetes::Cluster {
 public:
  FakeNodes(PoolWorld& world, Flows& flows) : world_(world), flows_(flows) {}

  Flow<Result<std::vector<json>>> list(kubernetes::ObjectSelection selection) override {
    if (world_.fails(0.03)) co_return fail(Code::unavailable, "the API server is away");
    std::vector<json> found;
    if (selection.kind.kind == "PodDisruptionBudget") co_return found;
    if (selection.kind.kind == "Node")
      for (const auto& [name, machine] : world_.machines) found.push_back(node(name, machine));
    else
      for (const auto& [name, one] : world_.pods) found.push_back(pod(name, one));
    co_return found;
  }
  Flow<Result<json>> patch(kubernetes::ObjectName name, kubernetes::PatchKind, json change, std::string) override {
    if (world_.fails(0.05)) co_return fail(Code::unavailable, "the API server is away");
    const auto machine = world_.machines.find(name.name);
    if (machine == world_.machines.end()) co_return fail(Code::not_found, "no such node");
    const json& since = change["metadata"]["annotations"][scaling::leaving_annotation];
    machine->second.is_cordoned = change["spec"]["unschedulable"] == true;
    machine->second.leaving = since.is_string() ? since.get<std::string>() : "";
    if (world_.leaving() > nodes_at_once) world_.wrongs.push_back("more nodes are leaving than the budget allows");
    if (world_.fails(0.05)) co_return fail(Code::unavailable, "the answer was lost");
    co_return json::object();
  }
  Flow<Status> evict(kubernetes::ObjectName name, std::optional<std::int64_t>) override {
    if (world_.fails(0.05)) co_return fail(Code::unavailable, "the API server is away");
    const auto found = world_.pods.find(name.name);
    if (found == world_.pods.end()) co_return fail(Code::not_found, "no such pod");
    if (found->second.is_held) world_.wrongs.push_back(name.name + " was to be left alone, and was evicted");
    const auto ending = std::ranges::count_if(
        world_.pods, [](const auto& pod) { return pod.second.ends.has_value() || pod.second.node.empty(); });
    if (ending > 0 && !found->second.ends) co_return fail(Code::precondition, "its budget allows no disruption");
    if (!found->second.ends) found->second.ends = world_.now + minutes{1 + world_.rng.below(2)};
    co_return Status{};
  }
  Instant now() const override { return world_.now; }

  Flow<Result<kubernetes::ApiResource>> discover(kubernetes::ObjectKind) override { co_return none(); }
  Flow<Result<std::string>> server_version() override { co_return none(); }
  Flow<Result<json>> get(kubernetes::ObjectName) override { co_return none(); }
  Flow<Status> watch(kubernetes::ObjectSelection, kubernetes::WatchObserver) override { co_return none(); }
  Flow<Result<json>> apply(json, kubernetes::ApplyOptions) override { co_return none(); }
  Flow<Result<json>> create(json, kubernetes::Warnings*) override { co_return none(); }
  Flow<Result<bool>> remove(kubernetes::ObjectName, kubernetes::DeleteOptions) override { co_return none(); }
  Flow<Status> logs(kubernetes::ObjectName, kubernetes::LogOptions, BodySink&) override { co_return none(); }

 private:
  static std::unexpected<Error> none() { return fail(Code::internal, "not here"); }

  json node(const std::string& name, const Machine& machine) const {
    static const json any = json::parse(R"({"metadata": {"labels": {"agentpool": "web"}, "annotations": {}}, "spec": {},
      "status": {"allocatable": {"cpu": "3", "memory": "9Gi"}, "conditions": [{"type": "Ready"}]}})");
    json out = any;
    out["metadata"]["name"] = name;
    out["spec"]["unschedulable"] = machine.is_cordoned;
    if (!machine.leaving.empty()) out["metadata"]["annotations"][scaling::leaving_annotation] = machine.leaving;
    out["status"]["conditions"][0]["status"] = machine.ready <= world_.now ? "True" : "False";
    return out;
  }
  static json pod(const std::string& name, const Pod& one) {
    static const json any = json::parse(R"({"metadata": {"namespace": "d", "annotations": {}, "ownerReferences":
      [{"kind": "ReplicaSet", "controller": true}]}, "spec": {"containers": [{"resources": {"requests": {"cpu": "1"}}}]}})");
    static const json placed =
        json::parse(R"({"phase": "Running", "conditions": [{"type": "PodScheduled", "status": "True"}]})");
    static const json waiting = json::parse(R"({"phase": "Pending", "conditions": [{"type": "PodScheduled",
      "status": "False", "reason": "Unschedulable"}]})");
    json out = any;
    const std::string made = format_iso(one.made);
    out["metadata"]["name"] = name;
    out["metadata"]["uid"] = name + made;
    out["metadata"]["creationTimestamp"] = made;
    if (one.is_held) out["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] = "true";
    out["status"] = one.node.empty() ? waiting : placed;
    if (one.node.empty()) return out;
    out["spec"]["nodeName"] = one.node;
    out["status"]["conditions"][0]["lastTransitionTime"] = format_iso(*one.placed);
    return out;
  }

  PoolWorld& world_;
  Flows& flows_;
};

/// Nothing of it waits.
class NoTransport final : public HttpTransport {
 public:
  ExchangeId submit(http::Request, Instant, BodySink*) override { return {}; }
  std::optional<Completion> next(Instant) override { return std::nullopt; }
  void cancel(ExchangeId) override {}
  const Clock& clock() const override { return clock_; }

 private:
  SimClock clock_{begin};
};

class PoolLife {
 public:
  explicit PoolLife(std::uint64_t seed, bool consolidates = false)
      : consolidates_(consolidates),
        wait_(!consolidates && seed % 2 == 0 ? minutes{5} : minutes{0}),
        world_(seed),
        flows_(transport_),
        nodes_(world_, flows_) {
    restart();
  }

  void run() {
    for (int i = 0; i < 150; ++i) turn();
    world_.is_calm = true;
    const int held =
        static_cast<int>(std::ranges::count_if(world_.pods, [](const auto& pod) { return pod.second.is_held; }));
    const int wanted = std::max({2, held, (static_cast<int>(world_.pods.size()) + 2) / 3 + held}) > 7 ? 8 : 7;
    book().set_hand(control::ScaleHand{.pinned = wanted});
    for (int i = 0; i < 110; ++i) turn();
    EXPECT_EQ(world_.count, wanted);
    expect_order();
  }

  /// Without a person's word: in the end every pod runs, and no node is left whose pods would fit on the others.
  void consolidate() {
    for (int i = 0; i < 150; ++i) turn();
    world_.is_calm = true;
    book().set_hand(std::nullopt);
    for (int i = 0; i < 250; ++i) turn();
    int free = 0, to_move = 0;
    for (const auto& [name, machine] : world_.machines) {
      free += pods_a_node - world_.on(name);
      to_move += std::ranges::any_of(world_.pods,
                                     [&](const auto& pod) { return pod.second.node == name && pod.second.is_held; })
                     ? 0
                     : 1;
    }
    for (const auto& [name, pod] : world_.pods) EXPECT_NE(pod.node, "") << name;
    EXPECT_TRUE(free < pods_a_node || to_move == 0 || world_.count == 1)
        << free << " places are free on " << world_.count << " nodes, " << to_move << " of which could go";
    expect_order();
  }

 private:
  void expect_order() {
    EXPECT_EQ(world_.leaving(), 0);
    for (const auto& [name, machine] : world_.machines) EXPECT_FALSE(machine.is_cordoned) << name;
    for (const auto& wrong : world_.wrongs) ADD_FAILURE() << wrong;
  }

  control::ScaleBook book() { return {store_, "lab/web"}; }

  /// As after a kill: all that is left is the world and the store.
  void restart() {
    keeper_.reset();
    lever_.reset();
    journal_ = std::make_unique<control::Journal>(std::move(*control::Journal::open(log_)));
    cloud_ = std::make_unique<FakeCloud>(world_);
    const control::ClusterLink link{.cluster = &nodes_, .flows = &flows_};
    lever_ = control::make_lever({*cloud_, *journal_, link}, pool_, "");
    control::KeeperWish wish{.name = "lab/web",
                             .drain_longest = minutes{20},
                             .acts = true,
                             .consolidates = consolidates_,
                             .wait = wait_,
                             .queue = {.pool = {.name = "lab/web", .vm_size = "Standard_D4_v3", .nodes_max = ceiling}}};
    wish.pool.terms.ceiling = ceiling;
    wish.pool.terms.floor = 1;
    wish.pool.terms.budgets.push_back({.nodes = nodes_at_once});
    keeper_ = std::make_unique<control::PoolKeeper>(control::KeeperParts{*lever_, nullptr, link, book()}, wish);
  }

  void turn() {
    world_.step();
    if (world_.fails(0.08)) restart();
    if (world_.fails(0.06)) {
      const int pinned = static_cast<int>(world_.rng.below(ceiling + 3));
      book().set_hand(world_.rng.uniform() < 0.3 ? std::nullopt : std::optional(control::ScaleHand{.pinned = pinned}));
    }
    (void)keeper_->turn(world_.now, false);  // what the cloud or the store would not say is asked again
  }

  bool consolidates_;
  Duration wait_;  ///< with headroom, or without
  PoolWorld world_;
  NoTransport transport_;
  Flows flows_;
  FakeNodes nodes_;
  MemoryStore store_;
  MemoryLog log_;
  Resource pool_{.key = "node-pool/lab/web", .name = "lab/web", .spec = NodePool{.vm_size = "Standard_D4_v3"}};
  std::unique_ptr<control::Journal> journal_;
  std::unique_ptr<FakeCloud> cloud_;
  std::unique_ptr<control::PoolLever> lever_;
  std::unique_ptr<control::PoolKeeper> keeper_;
};

TEST(PoolSimulation, ConsolidatesAndBreaksNothing) {
  for_each_seed(30, [](std::uint64_t seed) { PoolLife(seed, true).consolidate(); });
}

TEST(PoolSimulation, ConvergesAndBreaksNothing) {
  for_each_seed(100, [](std::uint64_t seed) { PoolLife(seed).run(); });
}

}  // namespace
}  // namespace drover::simulation
