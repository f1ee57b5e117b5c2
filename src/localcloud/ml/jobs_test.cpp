// The life of jobs on an AmlCompute cluster, by the world's clock, with processes of the test's imagination.
#include <fstream>

#include "localcloud/ml/test_workspace.hpp"

namespace drover::localcloud::ml {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class MlJobs : public JobBench {};

TEST_F(MlJobs, AreTakenInAsTheServiceShowsThem) {
  make_cluster();
  const auto put = submit("first", "pip freeze");
  ASSERT_EQ(put.status, 201) << put.body;
  EXPECT_TRUE(put.headers.get("Location")->find("/jobs/first?api-version=") != std::string_view::npos);
  const Json body = json_of(put);
  EXPECT_EQ(text_at(body, {"properties", "status"}), "Starting");
  EXPECT_EQ(text_at(body, {"properties", "services", "Studio", "jobServiceType"}), "Studio");
  EXPECT_TRUE(text_at(body, {"properties", "services", "Tracking", "endpoint"}).starts_with("azureml://westus2.api."));
  EXPECT_EQ(text_at(body, {"properties", "outputs", "default", "uri"}),
            "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.first");
  EXPECT_EQ(text_at(body, {"properties", "properties", "_azureml.ComputeTargetType"}), "amlctrain");
  EXPECT_EQ(submit("first", "pip freeze").status, 200);
  const auto changed = submit("first", "pip list");
  EXPECT_EQ(changed.status, 400);
  EXPECT_NE(changed.body.find("job's command cannot be changed"), std::string::npos);
}

TEST_F(MlJobs, MakeTheirClusterGrowAndGoBackToNothing) {
  make_cluster();
  EXPECT_EQ(number_at(nodes(), {"currentNodeCount"}), 0);
  submit("first");
  pass(seconds(20));
  EXPECT_EQ(status("first"), "Queued");
  EXPECT_EQ(text_at(nodes(), {"allocationState"}), "Resizing");
  EXPECT_EQ(number_at(nodes(), {"targetNodeCount"}), 1);
  EXPECT_NE(text_at(job("first"), {"properties", "tags", "_aml_system_ComputeTargetStatus"}).find("resizing"),
            std::string::npos);
  EXPECT_NE(text_at(details("first")["warnings"][0], {"message"}).find("1 on their way"), std::string::npos);
  run_up("first");
  EXPECT_EQ(status("first"), "Running");
  EXPECT_EQ(number_at(nodes(), {"nodeStateCounts", "runningNodeCount"}), 1);
  const Json listed = json_of(bench->arm("POST", compute + "/listNodes"));
  EXPECT_EQ(text_at(listed["nodes"][0], {"nodeState"}), "running");
  EXPECT_EQ(text_at(listed["nodes"][0], {"runId"}), "first");
  finish("first", 0);
  pass(Duration{0});
  EXPECT_EQ(status("first"), "Finalizing");
  pass(seconds(30));
  EXPECT_EQ(status("first"), "Completed");
  EXPECT_EQ(number_at(nodes(), {"nodeStateCounts", "idleNodeCount"}), 1);
  pass(minutes(10));
  EXPECT_EQ(number_at(nodes(), {"currentNodeCount"}), 0);
  EXPECT_EQ(text_at(nodes(), {"allocationState"}), "Steady");
  EXPECT_EQ(next_event(bench->world()), instant_max);
}

TEST_F(MlJobs, RunOneAfterTheOtherWhereThereIsRoomForOne) {
  make_cluster(0, 1);
  submit("first");
  submit("second");
  run_up("first");
  pass(minutes(10));
  EXPECT_EQ(status("second"), "Queued");
  EXPECT_NE(text_at(details("second")["warnings"][0], {"message"}).find("1 busy"), std::string::npos);
  finish("first", 0);
  run_up("second");
  EXPECT_EQ(status("first"), "Completed");
  EXPECT_EQ(processes.running().size(), 1u);
}

TEST_F(MlJobs, WaitForTheirImageInRealTime) {
  make_cluster(0, 2);
  make_environment("registry.io/box:1", "box");
  const auto submit_boxed = [&](const std::string& name) {
    const auto body = replace_all(job_body("train"), "/environments/host/", "/environments/box/");
    ASSERT_LT(bench->arm("PUT", workspace + "/jobs/" + name, body).status, 300);
  };
  const auto pull = [&] {
    for (const auto& name : processes.running())
      if (name.starts_with("pull.")) return name;
    return std::string();
  };
  submit_boxed("bad");
  for (int i = 0; i < 60 && pull().empty(); ++i) pass(seconds(15));
  ASSERT_NE(pull(), "");
  pass(minutes(60));
  EXPECT_EQ(status("bad"), "Queued") << "its image is still on its way";
  processes.finish(pull(), 1);
  pass(Duration{0});
  EXPECT_EQ(status("bad"), "Failed");
  EXPECT_NE(text_at(details("bad"), {"error", "error", "message"}).find("failed without a word"), std::string::npos);

  submit_boxed("good");  // at once, whatever failed before
  for (int i = 0; i < 60 && pull().empty(); ++i) pass(seconds(15));
  ASSERT_NE(pull(), "");
  pass(minutes(5));
  kill_and_reopen();
  pass(minutes(5));
  const std::string image = folder + "/images/" + pull().substr(5);
  std::filesystem::create_directories(image + "/bundle/rootfs/bin");
  std::ofstream(image + "/image.json") << R"({"config":{"Env":["PATH=/bin"]}})";
  processes.finish(pull(), 0);
  run_up("good");
  const ProcessSpec* main = processes.find(process("good"));
  EXPECT_EQ(main->command.front(), "/bin/sh");
  EXPECT_EQ(main->command.back(), "train");
  EXPECT_NE(main->root, "");
  for (const auto& [variable, value] : main->environment)
    if (variable == "PATH") EXPECT_EQ(value, "/bin");
  finish("good", 0);
  pass(minutes(1));
  EXPECT_EQ(status("good"), "Completed");
}

TEST_F(MlJobs, AreNotOvertakenByOnesThatNeedLess) {
  make_cluster(0, 2);
  submit("one");
  run_up("one");
  submit("two", "true", R"(,"resources":{"instanceCount":2})");
  submit("three");
  pass(minutes(30));
  EXPECT_EQ(status("two"), "Queued");
  EXPECT_EQ(status("three"), "Queued");  // a node is idle, but it is the second's turn
  finish("one", 0);
  run_up("two");
  EXPECT_EQ(processes.running().size(), 2u);
}

TEST_F(MlJobs, GetTheirCodeInputsAndEnvironment) {
  make_cluster();
  const std::string container = default_container();
  put_blob(container + "/LocalUpload/abc/src/train.py", "print(1)");
  put_blob(container + "/LocalUpload/abc/src/lib/util.py", "pass");
  put_blob(container + "/data/a.csv", "1,2");
  bench->arm(
      "PUT", workspace + "/codes/c0de/versions/1",
      R"({"properties":{"codeUri":"https://labdata.blob.core.windows.net/)" + container + R"(/LocalUpload/abc/src"}})");
  bench->arm(
      "PUT", workspace + "/data/numbers/versions/7",
      R"({"properties":{"dataType":"uri_folder","dataUri":"azureml://datastores/workspaceblobstore/paths/data"}})");
  const auto put = submit(
      "first",
      "python train.py ${{inputs.table}} ${{inputs.all}} $[[--rate ${{inputs.rate}}]] --out ${{outputs.model}}",
      R"(,"codeId":")" + workspace + R"(/codes/c0de/versions/1","environmentVariables":{"SEED":"7"},)" +
          R"("inputs":{"table":{"jobInputType":"uri_file","uri":"azureml://datastores/workspaceblobstore/paths/data/a.csv"},)" +
          R"("all":{"jobInputType":"uri_folder","uri":"azureml:numbers:7"},"rate":{"jobInputType":"literal","value":"0.5"}},)" +
          R"("outputs":{"model":{"jobOutputType":"uri_folder"}})");
  ASSERT_EQ(put.status, 201) << put.body;
  run_up("first");
  const ProcessSpec& spec = *processes.find(process("first"));
  const std::string node = node_folder("first");
  EXPECT_EQ(spec.command.back(), "python train.py " + node + "/inputs/table/a.csv " + node +
                                     "/inputs/all --rate 0.5 --out " + node + "/outputs/model");
  EXPECT_EQ(spec.folder, node + "/wd");
  EXPECT_TRUE(std::filesystem::exists(node + "/wd/lib/util.py"));
  EXPECT_TRUE(std::filesystem::exists(node + "/inputs/all/a.csv"));
  const std::map<std::string, std::string> variables(spec.environment.begin(), spec.environment.end());
  EXPECT_EQ(variables.at("AZUREML_RUN_ID"), "first");
  EXPECT_EQ(variables.at("SEED"), "7");
  EXPECT_EQ(variables.at("AZUREML_ARM_WORKSPACE_NAME"), "lab-ml");
}

TEST_F(MlJobs, KeepWhatTheyMadeAndSaidAfterwards) {
  make_cluster();
  submit("first", "true", R"(,"outputs":{"model":{"jobOutputType":"uri_folder"}})");
  run_up("first");
  write(folder + "/ml/" + run("first").uid + "/logs/0.txt", "epoch 1\n");
  pass(seconds(1));
  ASSERT_NE(blob("azureml/ExperimentRun/dcid.first/user_logs/std_log.txt"), nullptr);
  write(node_folder("first") + "/outputs/model/weights.bin", "w");
  write(node_folder("first") + "/wd/outputs/plot.txt", "p");
  std::filesystem::create_symlink("/etc/passwd", node_folder("first") + "/wd/outputs/stolen");
  finish("first", 0);
  pass(Duration{0});
  EXPECT_EQ(blob(default_container() + "/azureml/first/model/weights.bin")->bytes, "w");
  EXPECT_EQ(blob("azureml/ExperimentRun/dcid.first/outputs/plot.txt")->bytes, "p");
  EXPECT_EQ(blob("azureml/ExperimentRun/dcid.first/outputs/stolen"), nullptr);
  const std::string url = text_at(details("first"), {"logFiles", "user_logs/std_log.txt"});
  const auto log = bench->send({.method = "GET", .url = url});
  EXPECT_EQ(log.status, 200) << url << log.body;
  EXPECT_EQ(log.body, "epoch 1\n");
  const std::string job_folder = folder + "/ml/" + run("first").uid;
  pass(minutes(1));
  pass(seconds(1));
  EXPECT_EQ(status("first"), "Completed");
  EXPECT_FALSE(std::filesystem::exists(job_folder));
}

TEST_F(MlJobs, SayWhyTheyFailed) {
  make_cluster();
  submit("first", "exit 3");
  run_up("first");
  finish("first", 3);
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Failed");
  EXPECT_NE(text_at(details("first"), {"error", "error", "message"}).find("exited with status code 3"),
            std::string::npos);
}

TEST_F(MlJobs, FailWithoutTheDataThatTheyName) {
  make_cluster();
  submit(
      "first", "cat ${{inputs.x}}",
      R"(,"inputs":{"x":{"jobInputType":"uri_file","uri":"azureml://datastores/workspaceblobstore/paths/none.csv"}})");
  pass(minutes(20));
  EXPECT_EQ(status("first"), "Failed");
  EXPECT_NE(text_at(details("first"), {"error", "error", "message"}).find("none.csv"), std::string::npos);
  EXPECT_TRUE(processes.running().empty());
}

TEST_F(MlJobs, FailOnAnImageThatCannotBe) {
  make_cluster();
  make_environment("Not/An Image", "torch");
  const auto put =
      bench->arm("PUT", workspace + "/jobs/first", replace_all(job_body(), "environments/host", "environments/torch"));
  ASSERT_EQ(put.status, 201);
  pass(minutes(20));
  EXPECT_EQ(status("first"), "Failed");
  EXPECT_NE(text_at(details("first"), {"error", "error", "message"}).find("Not/An Image"), std::string::npos);
}

TEST_F(MlJobs, NeverClaimToHaveRunWithoutAMachine) {
  set_machine(bench->world(), {});
  make_cluster();
  submit("first");
  pass(minutes(20));
  EXPECT_EQ(status("first"), "Failed");
  EXPECT_NE(text_at(details("first"), {"error", "error", "message"}).find("no machine to run on"), std::string::npos);
}

TEST_F(MlJobs, HaveAProcessForEachRank) {
  make_cluster();
  submit(
      "first", "true",
      R"(,"resources":{"instanceCount":2},"distribution":{"distributionType":"PyTorch","processCountPerInstance":2})");
  run_up("first");
  ASSERT_EQ(processes.running().size(), 4u);
  const auto of_rank = [&](int rank) {
    const ProcessSpec& spec = *processes.find(process("first", rank));
    return std::map<std::string, std::string>(spec.environment.begin(), spec.environment.end());
  };
  EXPECT_EQ(of_rank(3)["RANK"] + of_rank(3)["WORLD_SIZE"] + of_rank(3)["LOCAL_RANK"] + of_rank(3)["NODE_RANK"], "3411");
  EXPECT_EQ(of_rank(0)["MASTER_PORT"], of_rank(3)["MASTER_PORT"]);
  EXPECT_NE(of_rank(0)["MASTER_ADDR"], "");
  // One that fails takes the others with it.
  finish("first", 1, 2);
  pass(Duration{0});
  EXPECT_TRUE(processes.running().empty());
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Failed");
  EXPECT_NE(text_at(details("first"), {"error", "error", "message"}).find("std_log_process_2.txt"), std::string::npos);
}

TEST_F(MlJobs, EndWhenCanceledFirstAskedThenByForce) {
  make_cluster();
  submit("first");
  run_up("first");
  processes.heeds_terminate(false);
  const auto cancel = bench->arm("POST", workspace + "/jobs/first/cancel");
  ASSERT_EQ(cancel.status, 202);
  const std::string location(*cancel.headers.get("Location"));
  pass(seconds(1));
  EXPECT_EQ(status("first"), "CancelRequested");
  EXPECT_EQ(bench->arm("GET", location).status, 202);
  EXPECT_EQ(processes.running().size(), 1u);
  pass(seconds(31));
  pass(seconds(1));
  EXPECT_TRUE(processes.running().empty());
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Canceled");
  EXPECT_EQ(bench->arm("GET", location).status, 200);
  EXPECT_EQ(bench->arm("POST", workspace + "/jobs/first/cancel").status, 200);
}

TEST_F(MlJobs, EndAtTheirTimeLimit) {
  make_cluster();
  submit("first", "sleep 999", R"(,"limits":{"jobLimitsType":"Command","timeout":"PT1M"})");
  run_up("first");
  pass(minutes(2));
  pass(minutes(1));
  EXPECT_EQ(status("first"), "Canceled");
  EXPECT_NE(text_at(details("first"), {"error", "error", "message"}).find("PT1M"), std::string::npos);
}

TEST_F(MlJobs, AreDeletedOnlyWhenTheyAreOver) {
  make_cluster();
  submit("first");
  EXPECT_EQ(bench->arm("DELETE", workspace + "/jobs/first").status, 400);
  run_up("first");
  finish("first", 0);
  pass(minutes(1));
  const auto gone = bench->arm("DELETE", workspace + "/jobs/first");
  ASSERT_EQ(gone.status, 202);
  EXPECT_EQ(bench->arm("GET", std::string(*gone.headers.get("Location"))).status, 202);
  pass(minutes(1));
  EXPECT_EQ(bench->arm("GET", std::string(*gone.headers.get("Location"))).status, 200);
  EXPECT_EQ(bench->arm("GET", workspace + "/jobs/first").status, 404);
  EXPECT_EQ(bench->arm("DELETE", workspace + "/jobs/first").status, 204);
}

TEST_F(MlJobs, AreListedByPageAndView) {
  open({.page_size = 2});
  make_environment();
  make_cluster();
  for (const auto* name : {"a", "b", "c", "d"}) submit(name);
  bench->arm("PUT", workspace + "/jobs/d", R"({"properties":{"jobType":"Command","isArchived":true}})");
  const Json first = json_of(bench->arm("GET", workspace + "/jobs"));
  ASSERT_EQ(first["value"].size(), 2u);
  const Json second = json_of(bench->arm("GET", text_at(first, {"nextLink"})));
  ASSERT_EQ(second["value"].size(), 1u);
  EXPECT_EQ(text_at(second["value"][0], {"name"}), "c");
  const Json archived = json_of(bench->arm("GET", workspace + "/jobs?listViewType=ArchivedOnly"));
  EXPECT_EQ(text_at(archived["value"][0], {"name"}), "d");
}

TEST_F(MlJobs, AreRefusedWithTheReason) {
  make_cluster(0, 2);
  const auto refused = [&](const std::string& body, const std::string& target) {
    const auto response = bench->arm("PUT", workspace + "/jobs/wrong", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(error_code(response), "UserError");
    EXPECT_EQ(text_at(json_of(response), {"error", "target"}), target) << response.body;
  };
  refused(replace_all(job_body(), "cpu-cluster", "nowhere"), "computeId");
  refused(replace_all(job_body(), "environments/host/versions/1", "environments/host/versions/2"), "environmentId");
  refused(job_body("true", R"(,"codeId":")" + workspace + R"(/codes/none/versions/1")"), "codeId");
  refused(job_body("true", R"(,"resources":{"instanceCount":3})"), "resources.instanceCount");
  refused(job_body("true", R"(,"limits":{"jobLimitsType":"Command","timeout":"soon"})"), "limits.timeout");
  refused(job_body("cat ${{inputs.x}}"), "command");
  refused(job_body("true", R"(,"inputs":{"../up":{"jobInputType":"literal","value":"1"}})"), "inputs");
  refused(replace_all(job_body(), "Command", "Sweep"), "jobType");
  EXPECT_EQ(bench->arm("PUT", workspace + "/jobs/-no", job_body()).status, 400);
  EXPECT_TRUE(bench->world().training().runs().empty());
}

}  // namespace
}  // namespace drover::localcloud::ml
