#include "localcloud/names.hpp"

#include <gtest/gtest.h>

#include <string>

namespace drover::localcloud {
namespace {

TEST(AzureNames, FollowThePublishedPatterns) {
  EXPECT_TRUE(is_group_name("my_lab-1.(a)"));
  EXPECT_FALSE(is_group_name("ends."));
  EXPECT_FALSE(is_group_name("a b"));
  EXPECT_FALSE(is_group_name(std::string(91, 'a')));
  EXPECT_TRUE(is_storage_account_name("abc123"));
  EXPECT_FALSE(is_storage_account_name("ab"));
  EXPECT_FALSE(is_storage_account_name("Abc"));
  EXPECT_TRUE(is_container_name("a-b-c"));
  EXPECT_TRUE(is_container_name("$root"));
  EXPECT_FALSE(is_container_name("a--b"));
  EXPECT_FALSE(is_container_name("-ab"));
  EXPECT_TRUE(is_vault_name("lab-secrets"));
  EXPECT_FALSE(is_vault_name("1lab"));
  EXPECT_FALSE(is_vault_name("lab-"));
  EXPECT_TRUE(is_workspace_name("9lab_ml-1"));
  EXPECT_FALSE(is_workspace_name("ab"));
  EXPECT_TRUE(is_cluster_name("a"));
  EXPECT_FALSE(is_cluster_name("a-"));
  EXPECT_FALSE(is_cluster_name(std::string(64, 'a')));
  EXPECT_TRUE(is_pool_name("nodepool1"));
  EXPECT_FALSE(is_pool_name("nodepool12345"));
  EXPECT_FALSE(is_pool_name("1pool"));
  EXPECT_FALSE(is_pool_name("Pool"));
  EXPECT_TRUE(is_guid("10CA1000-0000-4000-8000-000000000001"));
  EXPECT_FALSE(is_guid("10ca1000-0000-4000-8000-00000000000g"));
  EXPECT_EQ(canonical_location("West US 2"), "westus2");
}

}  // namespace
}  // namespace drover::localcloud
