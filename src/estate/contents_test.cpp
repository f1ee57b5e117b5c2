#include "estate/contents.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/json.hpp"

namespace drover::estate {
namespace {

ClusterWish cluster_with(const char* size) {
  ClusterWish wish;
  wish.pools["plain"].size = {"Standard_D2_v3"};
  wish.pools["other"].size = {size};
  return wish;
}

TEST(Contents, PluginComesWithGpus) {
  EXPECT_FALSE(wants_contents(cluster_with("Standard_D2_v3")));
  EXPECT_TRUE(wants_contents(cluster_with("Standard_NC6")));
  ClusterWish refused = cluster_with("Standard_NC6");
  refused.device_plugin.is_wanted = false;
  EXPECT_FALSE(wants_contents(refused));
  ClusterWish asked = cluster_with("Standard_D2_v3");
  asked.device_plugin.is_wanted = true;
  EXPECT_TRUE(wants_contents(asked));
}

TEST(Contents, PluginRunsOnGpuPoolsAndToleratesTheirTaint) {
  const auto made = typed_contents(cluster_with("Standard_NC6"), {});
  ASSERT_EQ(made.size(), 1u);
  const auto& object = made.front().object;
  EXPECT_EQ(object["kind"], "DaemonSet");
  const auto& pod = object["spec"]["template"]["spec"];
  const std::string text = pod["tolerations"].dump();
  EXPECT_NE(text.find(R"({"effect":"NoSchedule","key":"sku","operator":"Equal","value":"gpu"})"), std::string::npos)
      << text;
  const auto& terms = pod["/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution"_json_pointer];
  EXPECT_EQ(terms["nodeSelectorTerms"][0]["matchExpressions"][0]["values"], nlohmann::json::array({"other"}));
  EXPECT_EQ(object["spec"]["selector"]["matchLabels"], object["spec"]["template"]["metadata"]["labels"]);
}

TEST(Contents, PluginAskedForWithoutKnownGpusRunsEverywhere) {
  ClusterWish wish = cluster_with("Standard_Unknown");
  wish.device_plugin.is_wanted = true;
  wish.device_plugin.image = {"lab.azurecr.io/plugin:1"};
  const auto made = typed_contents(wish, {});
  const auto& pod = made.front().object["spec"]["template"]["spec"];
  EXPECT_FALSE(pod.contains("affinity"));
  EXPECT_EQ(pod["containers"][0]["image"], "lab.azurecr.io/plugin:1");
}

TEST(Contents, RegistrySecretsReadAsDockerWritesThem) {
  ClusterWish wish;
  wish.namespaces["train"].labels["team"] = {"vision"};
  wish.registry_secrets["train/pull"] = {.server = {"lab.azurecr.io"}, .username = {"me"}};
  wish.registry_secrets["plain"] = {.server = {"lab.azurecr.io"}, .username = {"me"}};
  const auto made = typed_contents(wish, {{"train/pull", "pa\"ss"}});
  ASSERT_EQ(made.size(), 3u);
  EXPECT_EQ(made[0].object["metadata"]["labels"]["team"], "vision");
  EXPECT_EQ(made[1].object["metadata"]["namespace"], "default");
  const auto& secret = made[2].object;
  EXPECT_EQ(secret["metadata"]["namespace"], "train");
  EXPECT_EQ(secret["type"], "kubernetes.io/dockerconfigjson");
  const auto config = parse_json(*base64_decode(secret["data"][".dockerconfigjson"].get<std::string>()));
  const auto& entry = config["auths"]["lab.azurecr.io"];
  EXPECT_EQ(entry["password"], "pa\"ss");
  EXPECT_EQ(base64_decode(entry["auth"].get<std::string>()), "me:pa\"ss");
}

}  // namespace
}  // namespace drover::estate
