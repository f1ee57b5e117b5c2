// A cluster on a test bench: an AKS cluster with nodes, its API, and pods of a test's imagination.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/text.hpp"
#include "localcloud/kubernetes/access.hpp"
#include "localcloud/kubernetes/fleet.hpp"
#include "localcloud/kubernetes/kubelet.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud::kubernetes {

class ClusterBench : public testing::Test {
 protected:
  void SetUp() override {
    bench.make_group();
    make_pool(2);
    bench.pass(std::chrono::hours(1));
    set_machine(bench.world(), {.processes = &processes, .folder = ""});
    ASSERT_EQ(api("GET", "/readyz").status, 200);
  }

  void make_pool(int nodes) {
    const std::string body =
        R"({"location":"westus2","properties":{"dnsPrefix":"t","agentPoolProfiles":[{"name":"pool","count":)" +
        std::to_string(nodes) + R"(,"vmSize":"Standard_D2_v3","mode":"System"}]}})";
    ASSERT_LT(bench.arm("PUT", arm_id, body).status, 300);
  }

  Cluster& cluster() { return *bench.world().fleet().find(to_lower(arm_id)); }

  http::Response api(const std::string& method, const std::string& path, const std::string& body = "",
                     http::Headers headers = {}) {
    if (!headers.has("Authorization")) headers.add("Authorization", "Bearer " + admin_token(cluster()));
    if (!body.empty() && !headers.has("Content-Type")) headers.add("Content-Type", "application/json");
    return handle({.method = method, .url = "https://127.0.0.1" + path, .headers = headers, .body = body},
                  Peer{.is_local = false, .cluster = to_lower(arm_id)}, bench.world(), bench.now(), nullptr, &stream);
  }
  Json get(const std::string& path) { return json_of(api("GET", path)); }
  /// A patch of that kind: "merge-patch", "json-patch", "strategic-merge-patch", "apply-patch".
  http::Response patch(const std::string& kind, const std::string& path, const std::string& body) {
    const std::string type = kind == "apply-patch" ? "application/apply-patch+yaml" : "application/" + kind + "+json";
    return api("PATCH", path, body, {{"Content-Type", type}});
  }
  /// Lets time go by, and all that is due happen.
  void pass(Duration duration) {
    bench.pass(duration);
    advance(bench.world(), bench.now());
  }
  /// Ends the container "main" of the pod as it runs now.
  void finish(const std::string& name, int code, bool out_of_memory = false) {
    const Json pod = get(pods + "/" + name);
    const auto attempt = number_at(pod["status"]["containerStatuses"][0], {"restartCount"}).value_or(0);
    processes.finish(process_name(pod, "main", attempt), code, out_of_memory);
    pass(Duration{0});
  }
  std::vector<std::string> names(const std::string& path) {
    std::vector<std::string> found;
    const Json list = get(path);
    for (const auto& item : list["items"]) found.push_back(name_of(item));
    return found;
  }
  static std::string pod(const std::string& name, const std::string& more = "") {
    return R"({"metadata":{"name":")" + name +
           R"("},"spec":{"restartPolicy":"Never","containers":[{"name":"main","image":"host","command":["true"]}])" +
           more + "}}";
  }

  const std::string arm_id = bench_group + "/providers/Microsoft.ContainerService/managedClusters/training";
  const std::string pods = "/api/v1/namespaces/default/pods";
  const std::string jobs = "/apis/batch/v1/namespaces/default/jobs";
  TestBench bench;
  FakeProcesses processes;
  std::unique_ptr<Stream> stream;
};

}  // namespace drover::localcloud::kubernetes
