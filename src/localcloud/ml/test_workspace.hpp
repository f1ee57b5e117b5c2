// A workspace on a test bench, with what a job needs: a cluster, an environment, code, and processes of a test's
// imagination on folders that are real.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/text.hpp"
#include "localcloud/ml/training.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud::ml {

class WorkspaceBench : public testing::Test {
 protected:
  void SetUp() override { open({}); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void open(Physics physics) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder = testing::TempDir() + "drover-" + test->test_suite_name() + "-" + test->name();
    std::filesystem::remove_all(folder);
    bench = std::make_unique<TestBench>(physics);
    if (physics.require_registration) {
      for (const auto* provider : {"Storage", "KeyVault", "Insights", "MachineLearningServices", "ContainerService"})
        bench->arm("POST", bench_subscription + "/providers/Microsoft." + provider + "/register");
      bench->pass(std::chrono::minutes(30));
    }
    bench->make_group();
    bench->arm("PUT", account, R"({"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"}})");
    bench->arm("PUT", vault,
               R"({"location":"westus2","properties":{"tenantId":")" + std::string(default_tenant) +
                   R"(","sku":{"family":"A","name":"standard"},"accessPolicies":[]}})");
    bench->arm("PUT", component, R"({"location":"westus2","kind":"web","properties":{"Application_Type":"web"}})");
    bench->pass(std::chrono::minutes(5));
    const std::string body =
        R"({"location":"westus2","identity":{"type":"SystemAssigned"},"properties":{"storageAccount":")" + account +
        R"(","keyVault":")" + vault + R"(","applicationInsights":")" + component + R"("}})";
    ASSERT_EQ(bench->arm("PUT", workspace, body).status, 202);
    bench->pass(std::chrono::minutes(5));
    connect();
  }
  void connect() { set_machine(bench->world(), {.processes = &processes, .folder = folder}); }
  /// As after kill -9: a new world over what is kept, and processes that a new program hears of again.
  void kill_and_reopen() {
    bench->reopen();
    processes.tell_again();
    connect();
  }

  void make_cluster(int least = 0, int most = 4, const std::string& more = "") {
    const std::string body =
        R"({"location":"westus2","properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2")" +
        more + R"(,"scaleSettings":{"minNodeCount":)" + std::to_string(least) + R"(,"maxNodeCount":)" +
        std::to_string(most) + R"(,"nodeIdleTimeBeforeScaleDown":"PT2M"}}}})";
    ASSERT_EQ(bench->arm("PUT", compute, body).status, 201);
    bench->pass(std::chrono::minutes(1));
  }
  void make_environment(const std::string& image = "host", const std::string& name = "host") {
    ASSERT_LT(bench
                  ->arm("PUT", workspace + "/environments/" + name + "/versions/1",
                        R"({"properties":{"image":")" + image + R"("}})")
                  .status,
              300);
  }
  std::string job_body(const std::string& command = "true", const std::string& more = "") {
    return R"({"properties":{"jobType":"Command","command":")" + command + R"(","environmentId":")" + workspace +
           R"(/environments/host/versions/1","computeId":")" + compute + "\"" + more + "}}";
  }
  http::Response submit(const std::string& name, const std::string& command = "true", const std::string& more = "") {
    return bench->arm("PUT", workspace + "/jobs/" + name, job_body(command, more));
  }
  Json job(const std::string& name) { return json_of(bench->arm("GET", workspace + "/jobs/" + name)); }
  std::string status(const std::string& name) { return text_at(job(name), {"properties", "status"}); }
  Json details(const std::string& name) {
    http::Request request{
        .method = "GET",
        .url = "https://westus2.api.azureml.ms/history/v1.0" + workspace + "/runs/" + name + "/details"};
    request.headers.add("Authorization", "Bearer " + bench->token());
    const auto response = bench->send(std::move(request));
    EXPECT_EQ(response.status, 200) << response.body;
    return json_of(response);
  }
  const ml::Run& run(const std::string& name) {
    const ml::Run* found = bench->world().training().find(to_lower(workspace + "/jobs/" + name));
    EXPECT_NE(found, nullptr);
    return *found;
  }
  std::string process(const std::string& name, int rank = 0) { return process_name(run(name), rank); }
  /// Lets time go by, and what is due happen.
  void pass(Duration duration) {
    bench->pass(duration);
    advance(bench->world(), bench->now());
  }
  /// A process of the job ends so, and the world hears of it.
  void finish(const std::string& name, int code, int rank = 0) {
    processes.finish(process(name, rank), code);
    pass(Duration{0});
  }
  /// Passes until the job's first process runs.
  void run_up(const std::string& name) {
    for (int i = 0; i < 60 && processes.find(process(name)) == nullptr; ++i) pass(std::chrono::seconds(15));
    ASSERT_NE(processes.find(process(name)), nullptr) << job(name).dump();
  }
  Json nodes() { return *at(json_of(bench->arm("GET", compute)), {"properties", "properties"}); }
  std::string node_folder(const std::string& name, int node = 0) {
    return folder + "/ml/" + run(name).uid + "/node-" + std::to_string(node);
  }
  const Blob* blob(const std::string& key) {
    const auto it = bench->world().blobs().find("labdata/" + key);
    return it == bench->world().blobs().end() ? nullptr : &it->second;
  }
  std::string default_container() {
    return text_at(json_of(bench->arm("GET", workspace + "/datastores/workspaceblobstore")),
                   {"properties", "containerName"});
  }
  void put_blob(const std::string& key, const std::string& bytes) {
    bench->world().put_blob("labdata/" + key, Blob{.bytes = bytes});
  }

  const std::string account = bench_group + "/providers/Microsoft.Storage/storageAccounts/labdata";
  const std::string vault = bench_group + "/providers/Microsoft.KeyVault/vaults/lab-vault";
  const std::string component = bench_group + "/providers/Microsoft.Insights/components/lab-insights";
  const std::string workspace = bench_group + "/providers/Microsoft.MachineLearningServices/workspaces/lab-ml";
  const std::string compute = workspace + "/computes/cpu-cluster";
  std::string folder;
  FakeProcesses processes;
  std::unique_ptr<TestBench> bench;
};

/// And the environment that jobs run in.
class JobBench : public WorkspaceBench {
 protected:
  void SetUp() override {
    WorkspaceBench::SetUp();
    make_environment();
  }
  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
};

}  // namespace drover::localcloud::ml
