#include "jobs/pod_manifest.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace drover::jobs {
namespace {

using nlohmann::json;

/// Value of a variable of the main container; null when it has none of that name.
json variable(const json& job, const std::string& name) {
  for (const auto& entry : job["spec"]["template"]["spec"]["containers"][0]["env"])
    if (entry["name"] == name) return entry.contains("value") ? entry["value"] : entry["valueFrom"];
  return nullptr;
}

TEST(PodManifest, IsOnePodThatIsTriedOnce) {
  const json job =
      job_manifest({.home = "h", .attempt = "ab12.3", .space = "train", .image = "img", .command = "true"});
  EXPECT_EQ(job["metadata"]["name"], "drover-ab12-3-0");
  EXPECT_EQ(job["metadata"]["namespace"], "train");
  EXPECT_EQ(job["metadata"]["labels"]["drover.dev/attempt"], "ab12.3");
  EXPECT_EQ(job["spec"]["template"]["metadata"]["labels"], job["metadata"]["labels"]) << "pods are found by them";
  EXPECT_EQ(job["spec"]["backoffLimit"], 0);
  const json& pod = job["spec"]["template"]["spec"];
  EXPECT_EQ(pod["restartPolicy"], "Never");
  EXPECT_EQ(pod["containers"].size(), 2u);
  EXPECT_FALSE(pod["containers"][0].contains("resources"));
  EXPECT_EQ(pod["containers"][0]["command"][4], "true");
  EXPECT_EQ(variable(job, "WORLD_SIZE"), nullptr) << "a job on one node is not told of ranks";
}

TEST(PodManifest, ReachesTheShellAsWritten) {
  PodWish wish{.home = "h", .attempt = "a.1", .image = "img", .command = "echo $$ $(hostname) ${X} $"};
  wish.variables = {{"PW", "pa$$word $(HOME)"}};
  const json job = job_manifest(wish);
  const json& main = job["spec"]["template"]["spec"]["containers"][0];
  EXPECT_EQ(main["command"][4], "echo $$$$ $$(hostname) $${X} $$") << "the kubelet makes one dollar of two";
  EXPECT_EQ(variable(job, "PW"), "pa$$$$word $$(HOME)");
  const std::string script = main["command"][2];
  for (std::size_t at = script.find('$'); at != std::string::npos; at = script.find('$', at + 2))
    EXPECT_EQ(script[at + 1], '$') << script.substr(at, 20);
}

TEST(PodManifest, LeavesTheAuthorsVariablesAsTheyAre) {
  PodWish wish{.home = "h", .attempt = "a.1", .image = "img", .command = "x", .nodes = 2};
  wish.is_distributed = true;
  wish.variables = {{"MASTER_PORT", "1234"}, {"RANK", "mine"}};
  const json job = job_manifest(wish);
  EXPECT_EQ(variable(job, "MASTER_PORT"), "1234");
  EXPECT_EQ(variable(job, "RANK"), "mine");
  EXPECT_EQ(variable(job, "WORLD_SIZE"), "2");
  std::set<std::string> names;
  for (const auto& entry : job["spec"]["template"]["spec"]["containers"][0]["env"])
    EXPECT_TRUE(names.insert(entry["name"]).second) << entry["name"];
}

TEST(PodManifest, AsksForNothingThatARestrictedNamespaceRefuses) {
  PodWish wish{.home = "h", .attempt = "a.1", .image = "img", .command = "x"};
  EXPECT_FALSE(job_manifest(wish)["spec"]["template"]["spec"].contains("securityContext")) << "images may need root";
  wish.rules.is_restricted = true;
  json pod = job_manifest(wish)["spec"]["template"]["spec"];
  EXPECT_EQ(pod["securityContext"]["runAsNonRoot"], true);
  EXPECT_GT(pod["securityContext"]["runAsUser"], 0);
  EXPECT_EQ(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
  for (const auto& container : pod["containers"]) {
    EXPECT_EQ(container["securityContext"]["allowPrivilegeEscalation"], false);
    EXPECT_EQ(container["securityContext"]["capabilities"]["drop"], json::array({"ALL"}));
  }
  wish.rules.picks_user = false;
  pod = job_manifest(wish)["spec"]["template"]["spec"];
  EXPECT_FALSE(pod["securityContext"].contains("runAsUser"));
}

TEST(PodManifest, SendsALongCommandAsAFile) {
  PodWish wish{.home = "h", .attempt = "a.1", .image = "img", .command = std::string(200'000, 'x')};
  EXPECT_TRUE(goes_as_file(wish));
  EXPECT_EQ(job_manifest(wish)["spec"]["template"]["spec"]["containers"][0]["command"][4], "");
  wish.command = "short";
  EXPECT_FALSE(goes_as_file(wish));
}

TEST(PodManifest, TellsRanksWhereTheirMasterIs) {
  PodWish wish{.home = "h", .attempt = "a.1", .image = "img", .command = "x", .nodes = 3, .processes = 2};
  wish.is_distributed = true;
  json job = job_manifest(wish);
  EXPECT_EQ(variable(job, "WORLD_SIZE"), "6");
  EXPECT_EQ(variable(job, "NODE_RANK"), "0");
  EXPECT_EQ(variable(job, "MASTER_ADDR")["fieldRef"]["fieldPath"], "status.podIP") << "it is the master itself";
  wish.rank = 2;
  wish.master = "10.1.2.3";
  job = job_manifest(wish);
  EXPECT_EQ(job["metadata"]["name"], "drover-a-1-2");
  EXPECT_EQ(job["metadata"]["labels"]["drover.dev/rank"], "2");
  EXPECT_EQ(variable(job, "MASTER_ADDR"), "10.1.2.3");
}

TEST(PodManifest, CarriesFilesLimitsAndSharedMemory) {
  PodWish wish{.home = "h", .attempt = "a.1", .image = "img", .command = "x", .secret = "drover-a-1"};
  wish.limits = {.memory_bytes = 64 << 20, .cpus = 1.5, .shared_memory_bytes = 1 << 20, .gpus = 2};
  const json job = job_manifest(wish);
  const json& pod = job["spec"]["template"]["spec"];
  EXPECT_EQ(pod["containers"][0]["resources"]["limits"]["memory"], "67108864");
  EXPECT_EQ(pod["containers"][0]["resources"]["limits"]["cpu"], "1500m");
  EXPECT_EQ(pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"], "2");
  EXPECT_EQ(pod["volumes"][1]["secret"]["secretName"], "drover-a-1");
  EXPECT_EQ(pod["volumes"][2]["emptyDir"]["sizeLimit"], "1048576");
  const json secret = secret_manifest(wish, {{"files.tgz", "abc"}});
  EXPECT_EQ(secret["metadata"]["name"], "drover-a-1");
  EXPECT_EQ(secret["data"]["files.tgz"], "YWJj");
}

}  // namespace
}  // namespace drover::jobs
