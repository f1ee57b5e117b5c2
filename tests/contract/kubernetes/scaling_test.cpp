// What scaling does in clusters: nodes are emptied within budgets and put back to work, replicas of custom resources
// are set.
#include "control/scale/drain.hpp"
#include "tests/contract/kubernetes/bench.hpp"

namespace drover::kubernetes_suite {
namespace {

using control::Drain;

class KubernetesScaling : public KubernetesTest {
 protected:
  control::ClusterLink link() { return {.cluster = &cluster(), .flows = &connection_->flows}; }

  /// A node that takes pods; "" when there is none.
  std::string some_node() {
    for (const auto& node : must(cluster().list({.kind = kinds::nodes})))
      if (has_condition(node, "Ready") && !node["spec"].value("unschedulable", false) &&
          !node["spec"].contains("taints"))
        return node["metadata"]["name"];
    return "";
  }
  /// Of the test's own pods only: whoever else runs there is left alone.
  std::vector<scaling::NodeView> look(const std::string& node) {
    return scaling::view_nodes({must(cluster().get({kinds::nodes, "", node}))},
                               must(cluster().list({.kind = kinds::pods, .space = space_})),
                               "kubernetes.io/hostname=" + host_);
  }
  /// Turns until the node is empty or `patience` is over; what the last one said.
  control::DrainTurn turns(const std::string& node, Duration longest) {
    Drain drain(link_);
    const Instant end = connection_->clock.now() + patience;
    control::DrainTurn turn;
    while (connection_->clock.now() < end) {
      auto step = drain.step(look(node), longest, connection_->clock.now());
      if (!step) {
        ADD_FAILURE() << format_error(step.error());
        break;
      }
      turn = std::move(*step);
      if (!turn.empty.empty() || !look(node)[0].leaving_since) break;
      wait(pause());
    }
    return turn;
  }
  Flow<Status> pause() {
    co_await connection_->flows.pause_until(connection_->clock.now() + 300ms);
    co_return Status{};
  }
  void TearDown() override {
    if (!node_.empty()) EXPECT_TRUE(Drain(link_).undo(node_));
    KubernetesTest::TearDown();
  }
  /// A service of two pods on one node.
  void serve(const std::string& node) {
    node_ = node;
    link_ = link();
    host_ = must(cluster().get({kinds::nodes, "", node}))["metadata"]["labels"].value("kubernetes.io/hostname", node);
    json service = object(kinds::deployments, "web");
    json labels;
    labels["app"] = "web";
    service["spec"]["replicas"] = 2;
    service["spec"]["selector"]["matchLabels"] = labels;
    service["spec"]["template"]["metadata"]["labels"] = labels;
    json spec = pod("p", "exec sleep 1000")["spec"];
    spec["restartPolicy"] = "Always";
    spec["terminationGracePeriodSeconds"] = 1;
    spec["nodeSelector"]["kubernetes.io/hostname"] = host_;
    service["spec"]["template"]["spec"] = spec;
    must(cluster().create(service));
    await_ready(2);
  }
  void await_ready(int count) {
    await(kinds::deployments, "web", [&](const json& now) {
      return now.is_object() && now.value("/status/readyReplicas"_json_pointer, 0) == count;
    });
  }

  control::ClusterLink link_;
  std::string node_, host_;
};

TEST_F(KubernetesScaling, ANodeIsEmptiedWithinTheBudgetsOfItsPods) {
  const std::string node = some_node();
  if (node.empty()) GTEST_SKIP() << "no node takes pods";
  serve(node);
  json budget = object(kinds::disruption_budgets, "web");
  budget["spec"]["minAvailable"] = 2;
  budget["spec"]["selector"]["matchLabels"]["app"] = "web";
  must(cluster().create(budget));
  await(kinds::disruption_budgets, "web",
        [](const json& now) { return now.is_object() && now.value("/status/currentHealthy"_json_pointer, 0) == 2; });
  Drain drain(link_);
  const Instant began = connection_->clock.now();
  ASSERT_TRUE(drain.begin(node, began));
  const auto held = drain.step(look(node), std::chrono::hours{1}, connection_->clock.now());
  ASSERT_TRUE(held) << format_error(held.error());
  EXPECT_TRUE(held->empty.empty());
  ASSERT_EQ(held->notes.size(), 1u);
  EXPECT_TRUE(held->notes[0].contains("may not go yet")) << held->notes[0];
  EXPECT_EQ(must(cluster().get(named(kinds::deployments, "web")))["status"]["readyReplicas"], 2) << "nobody was moved";
  must(cluster().remove(named(kinds::disruption_budgets, "web"), {}));
  EXPECT_EQ(turns(node, std::chrono::hours{1}).empty, std::vector<std::string>{node});
  ASSERT_TRUE(drain.undo(node));
  await_ready(2);
  EXPECT_FALSE(look(node)[0].leaving_since) << "back to work";
}

TEST_F(KubernetesScaling, ANodeThatIsNotEmptyInTimeGoesBackToWork) {
  const std::string node = some_node();
  if (node.empty()) GTEST_SKIP() << "no node takes pods";
  serve(node);
  json budget = object(kinds::disruption_budgets, "web");
  budget["spec"]["maxUnavailable"] = 0;
  budget["spec"]["selector"]["matchLabels"]["app"] = "web";
  must(cluster().create(budget));
  await(kinds::disruption_budgets, "web",
        [](const json& now) { return now.is_object() && now.value("/status/currentHealthy"_json_pointer, 0) == 2; });
  ASSERT_TRUE(Drain(link_).begin(node, connection_->clock.now() - 10s));
  const auto turn = turns(node, 5s);
  EXPECT_TRUE(turn.empty.empty());
  EXPECT_TRUE(turn.notes.at(0).contains("goes back to work")) << turn.notes.at(0);
  EXPECT_FALSE(must(cluster().get({kinds::nodes, "", node}))["spec"].value("unschedulable", false));
}

/// Only its time is asked.
class CloudOfNothing final : public Cloud {
 public:
  Result<std::vector<Observed>> observe(const std::vector<const Resource*>&, std::vector<Member>*) override {
    return nothing();
  }
  OperationId create(const Resource&, const Outputs&) override { return {}; }
  OperationId update(const Resource&, const Outputs&) override { return {}; }
  OperationId remove(const Resource&) override { return {}; }
  OperationId remove_machines(const Resource&, const std::vector<std::string>&) override { return {}; }
  OperationId settle(const Resource&) override { return {}; }
  std::optional<OperationOutcome> next(Instant) override { return std::nullopt; }
  Instant now() const override { return Instant{}; }
  Result<std::vector<Member>> members(const std::vector<const Resource*>&) override { return nothing(); }
  Result<std::string> kubeconfig(const Resource&, bool) override { return nothing(); }
  Result<std::vector<CoreQuota>> core_quotas(const Resource&) override { return nothing(); }
  Result<LoadSamples> metric(const MetricQuery&, Instant, Instant, Duration) override { return nothing(); }

 private:
  static std::unexpected<Error> nothing() { return fail(Code::internal, "this cloud has nothing"); }
};

TEST_F(KubernetesScaling, ReplicasOfACustomResourceAreSet) {
  if (!wait(cluster().discover({"apiextensions.k8s.io", "CustomResourceDefinition"})))
    GTEST_SKIP() << "this cluster has no custom resources";
  // As karpenter.sh/v1 has them, under a group of the test's own.
  const std::string group = "karpenter" + std::to_string(::getpid()) + ".example.com";
  const ObjectKind definitions{"apiextensions.k8s.io", "CustomResourceDefinition"};
  json definition = json::parse(R"({"spec": {"scope": "Cluster", "names": {"kind": "NodePool", "plural": "nodepools",
    "singular": "nodepool"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema":
    {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})");
  definition["apiVersion"] = "apiextensions.k8s.io/v1";
  definition["kind"] = "CustomResourceDefinition";
  definition["metadata"]["name"] = "nodepools." + group;
  definition["spec"]["group"] = group;
  must(cluster().create(definition));
  const Instant end = connection_->clock.now() + patience;
  while (!wait(cluster().discover({group, "NodePool"})) && connection_->clock.now() < end) wait(pause());
  json pool = json::parse(R"({"kind": "NodePool", "metadata": {"name": "gpu"}, "spec": {"replicas": 2, "weight": 7}})");
  pool["apiVersion"] = group + "/v1";
  must(cluster().create(pool));

  CloudOfNothing cloud;
  MemoryLog log;
  auto journal = control::Journal::open(log);
  ASSERT_TRUE(journal);
  Resource resource{.key = "node-pool/lab/gpu", .name = "lab/gpu", .spec = NodePool{}};
  const auto lever = control::make_lever({cloud, *journal, link()}, resource, group + "/NodePool/gpu");
  auto state = lever->look();
  ASSERT_TRUE(state) << format_error(state.error());
  EXPECT_EQ(state->asked, 2);
  EXPECT_FALSE(lever->empties_nodes()) << "its own controller does";
  ASSERT_TRUE(lever->set(5));
  EXPECT_EQ(lever->look()->asked, 5);
  EXPECT_EQ(must(cluster().get({{group, "NodePool"}, "", "gpu"}))["spec"]["weight"], 7) << "the rest is left alone";
  EXPECT_TRUE(control::Journal::history(log)->back().text.contains("done")) << "and it is in the journal";
  must(cluster().remove({definitions, "", "nodepools." + group}, {}));
}

}  // namespace
}  // namespace drover::kubernetes_suite
