#include "localcloud/kubernetes/controllers.hpp"
#include "localcloud/kubernetes/test_cluster.hpp"

namespace drover::localcloud::kubernetes {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class NodeLoss : public ClusterBench {
 protected:
  std::string node_of(const std::string& pod) { return text_at(get(pods + "/" + pod), {"spec", "nodeName"}); }
  void power(const std::string& node, const char* value) {
    const std::string body =
        R"({"metadata":{"annotations":{")" + std::string(machine_annotation) + "\":" + value + "}}}";
    ASSERT_EQ(patch("merge-patch", node_path + node, body).status, 200);
  }
  Json condition(const Json& object, const char* type) {
    const Json* found = element_with(at(object, {"status", "conditions"}), "type", type);
    return found == nullptr ? Json() : *found;
  }
  const std::string node_path = "/api/v1/nodes/";
};

TEST_F(NodeLoss, EndsThePodsOfANodeThatIsDeletedUnderThem) {
  api("POST", pods, pod("p"));
  const std::string node = node_of("p");
  ASSERT_EQ(processes.running().size(), 1U);
  EXPECT_EQ(api("DELETE", node_path + node).status, 200);
  EXPECT_TRUE(processes.running().empty());
  EXPECT_EQ(api("GET", pods + "/p").status, 404);
  EXPECT_EQ(names("/api/v1/nodes").size(), 1U);
  bool was_explained = false;
  for (const auto& change : cluster().changes())
    was_explained =
        was_explained || (change.after && name_of(*change.after) == "p" &&
                          text_at(condition(*change.after, "DisruptionTarget"), {"reason"}) == "DeletionByPodGC" &&
                          text_at(*change.after, {"status", "phase"}) == "Failed");
  EXPECT_TRUE(was_explained) << "who watches sees why";
  pass(seconds(30));
  EXPECT_EQ(names("/api/v1/nodes").size(), 1U);
  pass(seconds(31));
  EXPECT_EQ(names("/api/v1/nodes").size(), 2U) << "its machine is there, and its agent registers again";
}

TEST_F(NodeLoss, GivesAJobAnotherPodWhereItsPolicySaysSo) {
  const std::string body =
      R"({"metadata":{"name":"j"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"main","image":"host","command":["true"]}]}}}})";
  ASSERT_EQ(api("POST", jobs, body).status, 201);
  const auto first = names(pods);
  ASSERT_EQ(first.size(), 1U);
  const std::string node = node_of(first[0]);
  power(node, R"("off")");
  api("DELETE", node_path + node);
  const auto second = names(pods);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_NE(second[0], first[0]);
  EXPECT_NE(node_of(second[0]), node);
  finish(second[0], 0);
  EXPECT_TRUE(has_condition(get(jobs + "/j"), "Complete"));
}

TEST_F(NodeLoss, LetsAMachineDieUnderItsPodsAsARealClusterLearnsOfIt) {
  api("POST", pods, pod("p"));
  const std::string node = node_of("p");
  power(node, R"("off")");
  EXPECT_TRUE(processes.running().empty()) << "its power is gone";
  pass(seconds(1));
  EXPECT_TRUE(has_condition(get(node_path + node), "Ready")) << "and nobody knows yet";
  EXPECT_EQ(text_at(get(pods + "/p"), {"status", "phase"}), "Running");
  pass(seconds(40));
  EXPECT_EQ(text_at(condition(get(node_path + node), "Ready"), {"reason"}), "NodeStatusUnknown");
  EXPECT_TRUE(has_condition(get(pods + "/p"), "Ready", "False"));
  EXPECT_TRUE(has_condition(get(pods + "/p"), "ContainersReady")) << "that was the last that was heard";
  api("POST", pods, pod("next"));
  EXPECT_NE(node_of("next"), node);
  pass(seconds(301));
  const Json leaving = get(pods + "/p");
  EXPECT_TRUE(is_being_deleted(leaving)) << dump(leaving);
  EXPECT_EQ(text_at(condition(leaving, "DisruptionTarget"), {"reason"}), "DeletionByTaintManager");
  pass(minutes(2));
  EXPECT_EQ(api("GET", pods + "/p").status, 200) << "nobody says that it has ended";
  api("DELETE", pods + "/p?gracePeriodSeconds=0");
  EXPECT_EQ(api("GET", pods + "/p").status, 404);
}

TEST_F(NodeLoss, BootsAMachineAgain) {
  api("POST", pods, pod("p"));
  const std::string node = node_of("p");
  const std::string boot = text_at(get(node_path + node), {"status", "nodeInfo", "bootID"});
  power(node, R"("off")");
  pass(seconds(41));
  power(node, "null");
  const Json back = get(node_path + node);
  EXPECT_TRUE(has_condition(back, "Ready")) << dump(back);
  EXPECT_EQ(at(back, {"spec", "taints"}), nullptr);
  EXPECT_NE(text_at(back, {"status", "nodeInfo", "bootID"}), boot);
  const Json lost = get(pods + "/p");
  EXPECT_EQ(text_at(lost, {"status", "phase"}), "Failed");
  EXPECT_EQ(text_at(lost["status"]["containerStatuses"][0], {"state", "terminated", "reason"}),
            "ContainerStatusUnknown");
}

TEST_F(NodeLoss, IsRepairedInTheEnd) {
  const std::string node = names("/api/v1/nodes")[0];
  power(node, R"("off")");
  for (int i = 0; i < 9; ++i) pass(minutes(1));
  EXPECT_FALSE(has_condition(get(node_path + node), "Ready"));
  pass(minutes(1));
  EXPECT_TRUE(has_condition(get(node_path + node), "Ready"));
  // As well when its node was deleted meanwhile.
  power(node, R"("off")");
  api("DELETE", node_path + node);
  pass(minutes(9));
  EXPECT_EQ(api("GET", node_path + node).status, 404);
  pass(minutes(1));
  EXPECT_TRUE(has_condition(get(node_path + node), "Ready"));
}

TEST_F(NodeLoss, DoesNotKeepADeadMachineInAPoolThatShrinks) {
  const std::string last = names("/api/v1/nodes").back();
  api("POST", pods, pod("stays"));
  api("POST", pods, pod("goes", R"(,"nodeName":")" + last + "\""));
  ASSERT_EQ(processes.running().size(), 2U);
  power(last, R"("off")");
  make_pool(1);
  pass(seconds(1));
  EXPECT_EQ(names("/api/v1/nodes").size(), 1U);
  EXPECT_EQ(names(pods), std::vector<std::string>{"stays"});
  pass(std::chrono::hours(1));
  make_pool(2);
  pass(std::chrono::hours(1));
  EXPECT_TRUE(has_condition(get(node_path + last), "Ready")) << "a new machine";
}

TEST_F(NodeLoss, EvictsWhatDoesNotEndureATaint) {
  api("POST", pods, pod("plain"));
  api("POST", pods, pod("patient", R"(,"tolerations":[{"key":"k","operator":"Exists","tolerationSeconds":60}])"));
  for (const auto& node : names("/api/v1/nodes"))
    patch("merge-patch", node_path + node, R"({"spec":{"taints":[{"key":"k","effect":"NoExecute"}]}})");
  pass(seconds(1));
  EXPECT_EQ(names(pods), std::vector<std::string>{"patient"});
  pass(seconds(60));
  EXPECT_TRUE(names(pods).empty());
}

}  // namespace
}  // namespace drover::localcloud::kubernetes
