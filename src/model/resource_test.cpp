#include "model/resource.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(Diff, TakesAClusterThatSomebodyElseMadeAsItIs) {
  const Cluster wanted{.location = "eastus", .dns_prefix = "atdevdaycluster"};
  const Cluster made_by_az{
      .location = "East US", .dns_prefix = "atDevDayCl-mms4721-AML-RG-10ca10", .version = "1.29.7"};
  EXPECT_TRUE(diff(wanted, made_by_az).empty());
}

TEST(Diff, TellsWhatCanOnlyBeReplaced) {
  const auto changes = diff(Cluster{.location = "westus"}, Cluster{.location = "eastus"});
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].field, "location");
  EXPECT_EQ(changes[0].how, Change::replace);
}

TEST(Diff, LeavesTheNodesOfAScaledPoolAlone) {
  NodePool wanted{.vm_size = "Standard_D2_v3", .nodes = 1};
  const NodePool scaled{.vm_size = "Standard_D2_v3", .nodes = 2};
  ASSERT_EQ(diff(wanted, scaled).size(), 1U);
  EXPECT_EQ(diff(wanted, scaled)[0].how, Change::in_place);
  wanted.nodes_owned_by_scaler = true;
  EXPECT_TRUE(diff(wanted, scaled).empty());
}

}  // namespace
}  // namespace drover
