#include "drivers/azure/wire/usages.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drover::azure::wire {
namespace {

using nlohmann::json;

json usage(const char* type, const char* name, int used, int limit) {
  return {{"type", std::string("Microsoft.MachineLearningServices/") + type + "/usages"},
          {"currentValue", used},
          {"limit", limit},
          {"unit", "Count"},
          {"name", {{"value", name}, {"localizedValue", name}}}};
}

TEST(CoreQuotas, AreOfFamiliesAndOfAllTogether) {
  const auto quotas = core_quotas({usage("totalCores", "Clusters", 7, 100),
                                   usage("dedicatedCores", "Total Cluster Dedicated Regional vCPUs", 14, 24),
                                   usage("lowPriorityCores", "Total Cluster Low-priority Regional vCPUs", 0, 50),
                                   usage("vmFamily", "Standard DSv2 Family Cluster Dedicated vCPUs", 2, 24),
                                   usage("workspaces", "Standard DSv2 Family Cluster Dedicated vCPUs", 1, 24),
                                   json("rubbish"),
                                   {{"type", "Microsoft.MachineLearningServices/vmFamily/usages"}, {"limit", "many"}}});
  ASSERT_EQ(quotas.size(), 4U);
  EXPECT_EQ(quotas[0].of, CoreQuota::Of::dedicated);
  EXPECT_EQ(quotas[0].used, 14);
  EXPECT_EQ(quotas[1].of, CoreQuota::Of::low_priority);
  EXPECT_EQ(quotas[2].limit, 24);
  EXPECT_TRUE(quotas[2].names_family("standardDSv2Family"));
  EXPECT_FALSE(quotas[2].names_family("standardDv2Family"));
  EXPECT_EQ(quotas[3].limit, 0) << "what is no number is none";
}

TEST(MachineQuotas, AreToldByTheirNames) {
  const auto named = [](const char* name, int used, int limit) {
    return json{{"currentValue", used},
                {"limit", limit},
                {"unit", "Count"},
                {"name", {{"value", name}, {"localizedValue", name}}}};
  };
  const auto quotas = machine_quotas({named("availabilitySets", 0, 2500), named("cores", 96, 100),
                                      named("virtualMachines", 24, 25000), named("lowPriorityCores", 0, 30),
                                      named("standardDSv3Family", 92, 100), json::object(), json("x")});
  ASSERT_EQ(quotas.size(), 3U);
  EXPECT_EQ(quotas[0].of, CoreQuota::Of::dedicated);
  EXPECT_EQ(quotas[0].limit, 100);
  EXPECT_EQ(quotas[1].of, CoreQuota::Of::low_priority);
  EXPECT_TRUE(quotas[2].names_family("standardDSv3Family"));
  EXPECT_EQ(quotas[2].used, 92);
}

TEST(CoreQuotas, NameAFamilyInMoreThanOneWay) {
  for (const char* name : {"standardDSv2Family", "Standard_DSv2_Family_Cluster_Dedicated_vCPUs",
                           "Standard DSv2 Family Cluster Dedicated vCPUs", "Standard DSv2 Family vCPUs"})
    EXPECT_TRUE(CoreQuota{.family = name}.names_family("standardDSv2Family")) << name;
  EXPECT_TRUE(
      CoreQuota{.family = "Standard NCASv3_T4 Family Cluster Dedicated vCPUs"}.names_family("standardNCASv3_T4Family"));
  EXPECT_FALSE(CoreQuota{.family = ""}.names_family("standardDSv2Family"));
  EXPECT_FALSE(
      (CoreQuota{.of = CoreQuota::Of::dedicated, .family = "standardDSv2Family"}.names_family("standardDSv2Family")));
}

}  // namespace
}  // namespace drover::azure::wire
