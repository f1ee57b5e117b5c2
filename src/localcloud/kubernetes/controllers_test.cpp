#include <filesystem>
#include <fstream>

#include "localcloud/kubernetes/test_cluster.hpp"

namespace drover::localcloud::kubernetes {
namespace {

using Controllers = ClusterBench;
using std::chrono::seconds;

std::string job(const std::string& name, const std::string& more) {
  return R"({"metadata":{"name":")" + name +
         R"("},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"main","image":"host","command":["true"]}]}})" +
         more + "}}";
}

TEST_F(Controllers, RunAJobToItsEnd) {
  ASSERT_EQ(api("POST", jobs, job("j", R"(,"completions":3,"parallelism":2)")).status, 201);
  EXPECT_EQ(names(pods).size(), 2U);
  finish(names(pods)[0], 0);
  ASSERT_EQ(names(pods).size(), 3U);
  for (const auto& name : names(pods)) finish(name, 0);
  const Json done = get(jobs + "/j");
  EXPECT_TRUE(has_condition(done, "Complete")) << dump(done);
  EXPECT_EQ(number_at(done, {"status", "succeeded"}), 3);
  api("DELETE", jobs + "/j?propagationPolicy=Background");
  EXPECT_TRUE(names(pods).empty());
}

TEST_F(Controllers, GiveUpAJobThatFailsTooOften) {
  api("POST", jobs, job("j", R"(,"backoffLimit":1)"));
  finish(names(pods)[0], 1);
  EXPECT_EQ(names(pods).size(), 1U) << "the next one comes after a pause";
  pass(seconds(11));
  ASSERT_EQ(names(pods).size(), 2U);
  for (const auto& name : names(pods)) finish(name, 1);
  const Json failed = get(jobs + "/j");
  ASSERT_TRUE(has_condition(failed, "Failed")) << dump(failed);
  EXPECT_EQ(text_at(failed["status"]["conditions"][0], {"reason"}), "BackoffLimitExceeded");
}

TEST_F(Controllers, EndAJobAtItsDeadlineAndForgetItLater) {
  api("POST", jobs, job("j", R"(,"activeDeadlineSeconds":60,"ttlSecondsAfterFinished":30)"));
  pass(seconds(61));
  EXPECT_EQ(text_at(get(jobs + "/j")["status"]["conditions"][0], {"reason"}), "DeadlineExceeded");
  EXPECT_TRUE(processes.running().empty());
  pass(seconds(31));
  EXPECT_EQ(api("GET", jobs + "/j").status, 404);
}

TEST_F(Controllers, NumberThePodsOfAnIndexedJob) {
  api("POST", jobs, job("j", R"(,"completions":2,"parallelism":2,"completionMode":"Indexed")"));
  ASSERT_EQ(processes.running().size(), 2U);
  std::set<std::string> indexes;
  for (const auto& name : processes.running())
    for (const auto& [variable, value] : processes.find(name)->environment)
      if (variable == "JOB_COMPLETION_INDEX") indexes.insert(value);
  EXPECT_EQ(indexes, (std::set<std::string>{"0", "1"}));
  for (const auto& name : names(pods)) finish(name, 0);
  EXPECT_EQ(text_at(get(jobs + "/j"), {"status", "completedIndexes"}), "0,1");
}

TEST_F(Controllers, HoldASuspendedJob) {
  api("POST", jobs, job("j", R"(,"suspend":true)"));
  EXPECT_TRUE(names(pods).empty());
  patch("merge-patch", jobs + "/j", R"({"spec":{"suspend":false}})");
  EXPECT_EQ(names(pods).size(), 1U);
}

TEST_F(Controllers, SayHowContainersEnded) {
  api("POST", pods, pod("eater"));
  finish("eater", 137, true);
  const Json ended = get(pods + "/eater").at("status").at("containerStatuses").at(0).at("state").at("terminated");
  EXPECT_EQ(text_at(ended, {"reason"}), "OOMKilled");
  EXPECT_EQ(number_at(ended, {"exitCode"}), 137);
  EXPECT_EQ(text_at(get(pods + "/eater"), {"status", "phase"}), "Failed");
}

TEST_F(Controllers, WaitForImagesInKubernetesWords) {
  const std::string folder = testing::TempDir() + "drover-controllers-images";
  std::filesystem::remove_all(folder);
  set_machine(bench.world(), {.processes = &processes, .folder = folder});
  const auto waiting = [&](const std::string& name) {
    return get(pods + "/" + name).at("status").at("containerStatuses").at(0).at("state").at("waiting");
  };
  const auto of_image = [&](const std::string& name, const std::string& image) {
    return replace_all(pod(name), "\"host\"", "\"" + image + "\"");
  };
  api("POST", pods, of_image("p", "nowhere:1"));
  EXPECT_EQ(text_at(waiting("p"), {"reason"}), "ContainerCreating");
  ASSERT_EQ(processes.running().size(), 1U);
  EXPECT_TRUE(processes.running()[0].starts_with("pull."));
  processes.finish(processes.running()[0], 1);
  pass(seconds(1));
  EXPECT_EQ(text_at(waiting("p"), {"reason"}), "ErrImagePull");
  EXPECT_EQ(text_at(waiting("p"), {"message"}), "it failed without a word");
  pass(seconds(2));
  EXPECT_EQ(text_at(waiting("p"), {"reason"}), "ImagePullBackOff");
  EXPECT_EQ(text_at(waiting("p"), {"message"}), "Back-off pulling image \"nowhere:1\": it failed without a word");
  for (int i = 0; i < 4; ++i) pass(seconds(10));
  const auto pulls = processes.running();
  ASSERT_EQ(pulls.size(), 1U) << "it is tried again";
  const std::string image = folder + "/images/" + pulls[0].substr(5);
  std::filesystem::create_directories(image + "/bundle/rootfs/bin");
  std::ofstream(image + "/image.json")
      << R"({"config":{"Entrypoint":["serve"],"Env":["PATH=/bin"],"WorkingDir":"/w"}})";
  processes.finish(pulls[0], 0);
  for (int i = 0; i < 4; ++i) pass(seconds(10));
  const ProcessSpec* main = processes.find(process_name(get(pods + "/p"), "main", 0));
  ASSERT_NE(main, nullptr) << dump(get(pods + "/p"));
  EXPECT_EQ(main->command, std::vector<std::string>{"true"});
  EXPECT_EQ(main->folder, "/w");
  EXPECT_EQ(main->environment.front(), (std::pair<std::string, std::string>{"PATH", "/bin"}));
  EXPECT_NE(main->root, "");
  api("POST", pods,
      replace_all(of_image("never", "b:1"), "\"name\":\"main\"", R"("name":"main","imagePullPolicy":"Never")"));
  EXPECT_EQ(text_at(waiting("never"), {"reason"}), "ErrImageNeverPull");
  api("POST", pods, of_image("bad", "No Image"));
  EXPECT_EQ(text_at(waiting("bad"), {"reason"}), "InvalidImageName");
  std::filesystem::remove_all(folder);
}

TEST_F(Controllers, StartContainersAgainAfterLongerAndLongerPauses) {
  const std::string body = replace_all(pod("loop"), "Never", "Always");
  api("POST", pods, body);
  finish("loop", 1);
  EXPECT_EQ(number_at(get(pods + "/loop")["status"]["containerStatuses"][0], {"restartCount"}), 1);
  finish("loop", 1);
  const Json waiting = get(pods + "/loop")["status"]["containerStatuses"][0];
  EXPECT_EQ(text_at(waiting, {"state", "waiting", "reason"}), "CrashLoopBackOff");
  pass(seconds(11));
  EXPECT_EQ(number_at(get(pods + "/loop")["status"]["containerStatuses"][0], {"restartCount"}), 2);
}

TEST_F(Controllers, GiveAPodItsGraceAndNoMore) {
  processes.heeds_terminate(false);
  api("POST", pods, pod("stubborn", R"(,"terminationGracePeriodSeconds":20)"));
  api("DELETE", pods + "/stubborn");
  pass(seconds(10));
  EXPECT_EQ(processes.running().size(), 1U);
  EXPECT_EQ(api("GET", pods + "/stubborn").status, 200);
  pass(seconds(11));
  EXPECT_TRUE(processes.running().empty());
  EXPECT_EQ(api("GET", pods + "/stubborn").status, 404);
}

TEST_F(Controllers, ScheduleByRoomAndSayWhyNot) {
  const auto asks = [](const char* cpu) {
    return R"({"metadata":{"name":"p)" + std::string(cpu) +
           R"("},"spec":{"containers":[{"name":"main","image":"host","command":["true"],"resources":{"requests":{"cpu":")" +
           cpu + R"("}}}]}})";
  };
  api("POST", pods, asks("64"));
  const Json waits = get(pods + "/p64");
  EXPECT_EQ(text_at(waits, {"status", "phase"}), "Pending");
  EXPECT_EQ(text_at(waits["status"]["conditions"][0], {"message"}), "0/2 nodes are available: 2 Insufficient cpu.");
  api("POST", pods, asks("1"));
  EXPECT_FALSE(text_at(get(pods + "/p1"), {"spec", "nodeName"}).empty());
}

TEST_F(Controllers, ScheduleDaemonsLikeOtherPods) {
  const std::string sets = "/apis/apps/v1/namespaces/default/daemonsets";
  const auto daemons = [&](const std::string& name, const std::string& cpu) {
    return R"({"metadata":{"name":")" + name + R"("},"spec":{"selector":{"matchLabels":{"a":")" + name +
           R"("}},"template":{"metadata":{"labels":{"a":")" + name +
           R"("}},"spec":{"containers":[{"name":"main","image":"host","command":["true"],"resources":{"requests":{"cpu":")" +
           cpu + R"("}}}]}}}})";
  };
  ASSERT_EQ(api("POST", sets, daemons("small", "1")).status, 201);
  for (const auto& name : names(pods)) EXPECT_FALSE(text_at(get(pods + "/" + name), {"spec", "nodeName"}).empty());
  ASSERT_EQ(names(pods).size(), 2U);
  ASSERT_EQ(api("POST", sets, daemons("large", "1500m")).status, 201);
  ASSERT_EQ(names(pods).size(), 4U) << "one for each node, whether it fits or not";
  int waiting = 0;
  for (const auto& name : names(pods)) {
    const Json pod = get(pods + "/" + name);
    const Json* condition = element_with(at(pod, {"status", "conditions"}), "type", "PodScheduled");
    if (!text_at(pod, {"spec", "nodeName"}).empty()) continue;
    ++waiting;
    ASSERT_NE(condition, nullptr);
    EXPECT_TRUE(text_at(*condition, {"message"}).contains("Insufficient cpu")) << dump(*condition);
  }
  EXPECT_EQ(waiting, 2) << "a node of two cores has no room for 2.5";
  pass(seconds(60));
  EXPECT_EQ(names(pods).size(), 4U) << "those that wait are not made anew";
  api("DELETE", sets + "/small?propagationPolicy=Background");
  pass(seconds(60));
  ASSERT_EQ(names(pods).size(), 2U);
  for (const auto& name : names(pods)) EXPECT_FALSE(text_at(get(pods + "/" + name), {"spec", "nodeName"}).empty());
}

TEST_F(Controllers, KeepOffCordonedAndTaintedNodes) {
  const auto nodes = names("/api/v1/nodes");
  ASSERT_EQ(nodes.size(), 2U);
  patch("merge-patch", "/api/v1/nodes/" + nodes[0], R"({"spec":{"unschedulable":true}})");
  patch("merge-patch", "/api/v1/nodes/" + nodes[1],
        R"({"spec":{"taints":[{"key":"gpu","value":"yes","effect":"NoSchedule"}]}})");
  api("POST", pods, pod("plain"));
  EXPECT_EQ(text_at(get(pods + "/plain"), {"spec", "nodeName"}), "");
  api("POST", pods, pod("tolerant", R"(,"tolerations":[{"key":"gpu","operator":"Exists"}])"));
  EXPECT_EQ(text_at(get(pods + "/tolerant"), {"spec", "nodeName"}), nodes[1]);
}

TEST_F(Controllers, LetNodesComeAndGoWithTheirPool) {
  make_pool(3);
  EXPECT_EQ(names("/api/v1/nodes").size(), 2U) << "the pool is still being scaled";
  pass(std::chrono::hours(1));
  EXPECT_EQ(names("/api/v1/nodes").size(), 3U);
  for (const char* name : {"a", "b", "c"}) api("POST", pods, pod(name));
  ASSERT_EQ(processes.running().size(), 3U);
  make_pool(1);
  pass(seconds(1));
  EXPECT_EQ(names("/api/v1/nodes").size(), 1U);
  EXPECT_EQ(processes.running().size(), names(pods).size()) << "what ran on the others was asked to end";
}

TEST_F(Controllers, RollADeployment) {
  const std::string deployments = "/apis/apps/v1/namespaces/default/deployments";
  const std::string body =
      R"({"metadata":{"name":"web"},"spec":{"replicas":2,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"main","image":"host","command":["old"]}]}}}})";
  ASSERT_EQ(api("POST", deployments, body).status, 201);
  EXPECT_EQ(number_at(get(deployments + "/web"), {"status", "availableReplicas"}), 2);
  patch("strategic-merge-patch", deployments + "/web",
        R"({"spec":{"template":{"spec":{"containers":[{"name":"main","command":["new"]}]}}}})");
  for (int i = 0; i < 5; ++i) pass(seconds(1));
  for (const auto& name : processes.running()) EXPECT_EQ(processes.find(name)->command.front(), "new");
  EXPECT_EQ(processes.running().size(), 2U);
  patch("merge-patch", deployments + "/web/scale", R"({"spec":{"replicas":4}})");
  EXPECT_EQ(processes.running().size(), 4U);
  api("DELETE", deployments + "/web");
  pass(seconds(31));
  EXPECT_TRUE(processes.running().empty());
  EXPECT_TRUE(names("/apis/apps/v1/namespaces/default/replicasets").empty());
}

TEST_F(Controllers, ProtectABudgetFromEvictions) {
  api("POST", pods,
      R"({"metadata":{"name":"p","labels":{"a":"b"}},"spec":{"containers":[{"name":"main","image":"host","command":["true"]}]}})");
  api("POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
      R"({"metadata":{"name":"b"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"a":"b"}}}})");
  EXPECT_EQ(api("POST", pods + "/p/eviction", "{}").status, 429);
  api("DELETE", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/b");
  EXPECT_EQ(api("POST", pods + "/p/eviction", "{}").status, 201);
  pass(seconds(1));
  EXPECT_EQ(api("GET", pods + "/p").status, 404);
}

TEST_F(Controllers, EmptyANamespaceThatGoes) {
  api("POST", "/api/v1/namespaces", R"({"metadata":{"name":"team"}})");
  api("POST", "/api/v1/namespaces/team/pods", pod("p"));
  ASSERT_EQ(processes.running().size(), 1U);
  EXPECT_EQ(api("DELETE", "/api/v1/namespaces/team").status, 200);
  pass(seconds(1));
  EXPECT_EQ(api("GET", "/api/v1/namespaces/team").status, 404);
  EXPECT_TRUE(processes.running().empty());
}

}  // namespace
}  // namespace drover::localcloud::kubernetes
