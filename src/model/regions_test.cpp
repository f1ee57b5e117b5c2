#include "model/regions.hpp"

#include <gtest/gtest.h>

#include "model/roles.hpp"

namespace drover {
namespace {

TEST(Regions, AreFoundInEverySpelling) {
  EXPECT_EQ(regions::canonical("West US 2"), "westus2");
  EXPECT_EQ(regions::canonical("WESTEUROPE"), "westeurope");
  EXPECT_FALSE(regions::canonical("westus9"));
  EXPECT_FALSE(regions::canonical(""));
}

TEST(Roles, AreFoundInEveryLetters) {
  EXPECT_TRUE(roles::is_built_in("storage blob data contributor"));
  EXPECT_FALSE(roles::is_built_in("Contributer"));
}

}  // namespace
}  // namespace drover
