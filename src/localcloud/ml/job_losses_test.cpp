// Jobs on an AmlCompute cluster when a world is killed, processes are lost, and nodes, computes and workspaces go.
#include <fstream>

#include "localcloud/ml/test_workspace.hpp"

namespace drover::localcloud::ml {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class MlJobLosses : public JobBench {};

TEST_F(MlJobLosses, GoOnAfterAKillAndNeverRunTwice) {
  make_cluster();
  submit("first");
  // At every step on the way: only what is kept counts.
  for (int i = 0; i < 40; ++i) {
    pass(seconds(10));
    kill_and_reopen();
    ASSERT_LE(processes.running().size(), 1u);
  }
  ASSERT_EQ(status("first"), "Running");
  EXPECT_EQ(run("first").attempt, 1);
  processes.finish(process("first"), 0);
  kill_and_reopen();
  for (int i = 0; i < 10; ++i) {
    pass(seconds(10));
    kill_and_reopen();
    ASSERT_TRUE(processes.running().empty());
  }
  EXPECT_EQ(status("first"), "Completed");
}

TEST_F(MlJobLosses, AreNotJudgedByAWorldThatCannotSeeProcesses) {
  make_cluster();
  submit("first");
  run_up("first");
  bench->reopen();  // by a command of its own, without a machine
  pass(minutes(10));
  EXPECT_EQ(status("first"), "Running");
  kill_and_reopen();
  finish("first", 0);
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Completed");
}

TEST_F(MlJobLosses, DoNotStartAgainWhatAKillLeftUnrecorded) {
  make_cluster();
  submit("first");
  pass(seconds(30));
  // The kill comes between the start of the process and the record of it: the world knows nothing of it.
  const std::string name = process("first");
  MemoryStore before = bench->store();
  run_up("first");
  bench->store() = before;
  kill_and_reopen();
  for (int i = 0; i < 30; ++i) pass(seconds(15));
  EXPECT_EQ(processes.running(), std::vector<std::string>{name});
  EXPECT_EQ(status("first"), "Running");
}

TEST_F(MlJobLosses, AreTriedAgainWhenTheirProcessesAreLost) {
  make_cluster();
  submit("first");
  run_up("first");
  write(node_folder("first") + "/outputs/kept", "");
  processes.lose_all();
  pass(Duration{0});
  EXPECT_EQ(run("first").attempt, 2);
  run_up("first");
  processes.lose_all();
  pass(Duration{0});
  run_up("first");
  processes.lose_all();
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Failed");
  EXPECT_NE(text_at(details("first"), {"error", "error", "message"}).find("lost 3 times"), std::string::npos);
}

TEST_F(MlJobLosses, ResumeFromTheirOutputsWhenALowPriorityNodeIsTakenBack) {
  open({.preemptions_per_hour = 4});
  make_environment();
  make_cluster(0, 2, R"(,"vmPriority":"LowPriority")");
  submit("first", "true", R"(,"outputs":{"model":{"jobOutputType":"uri_folder"}})");
  run_up("first");
  const std::string first_process = process("first");
  write(node_folder("first") + "/outputs/model/checkpoint", "epoch 9");
  for (int i = 0; i < 600 && run("first").attempt == 1; ++i) pass(seconds(15));
  ASSERT_EQ(run("first").attempt, 2);
  EXPECT_EQ(processes.find(first_process), nullptr);
  EXPECT_EQ(status("first"), "Queued");
  run_up("first");
  std::ifstream checkpoint(node_folder("first") + "/outputs/model/checkpoint");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(checkpoint), {}), "epoch 9");
}

TEST_F(MlJobLosses, FailWhenTheirComputeGoes) {
  make_cluster();
  submit("first");
  run_up("first");
  bench->arm("DELETE", compute + "?underlyingResourceAction=Delete&api-version=2024-04-01");
  pass(minutes(5));
  EXPECT_EQ(status("first"), "Failed");
  EXPECT_TRUE(processes.running().empty());
}

TEST_F(MlJobLosses, GoWithTheirWorkspace) {
  make_cluster();
  submit("first");
  run_up("first");
  bench->arm("DELETE", workspace);
  pass(minutes(5));
  EXPECT_TRUE(processes.running().empty());
  EXPECT_TRUE(bench->world().training().runs().empty());
}

}  // namespace
}  // namespace drover::localcloud::ml
