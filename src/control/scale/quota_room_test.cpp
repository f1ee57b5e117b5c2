#include "control/scale/quota_room.hpp"

#include <gtest/gtest.h>

namespace drover::control {
namespace {

using Of = CoreQuota::Of;

TEST(QuotaRoom, TheTightestOneCounts) {
  std::vector<CoreQuota> quotas = {{.of = Of::dedicated, .used = 280, .limit = 300},
                                   {.of = Of::low_priority, .used = 30, .limit = 30},
                                   {.family = "standardDSv2Family", .used = 10, .limit = 10},
                                   {.family = "standardDv3Family", .used = 90, .limit = 100}};
  auto room = quota_room(quotas, "Standard_D4_v3", 22, Instant{});
  EXPECT_EQ(room.nodes, 24) << "ten cores of four each";
  EXPECT_EQ(room.words, "90 of 100 cores of standardDv3Family are in use, and a node has 4");
  quotas[0].used = 299;
  room = quota_room(quotas, "Standard_D4_v3", 22, Instant{});
  EXPECT_EQ(room.nodes, 22);
  EXPECT_TRUE(room.words.starts_with("299 of 300 cores of the region")) << room.words;
  quotas[0].used = 400;
  EXPECT_EQ(quota_room(quotas, "Standard_D4_v3", 22, Instant{}).nodes, 22)
      << "more in use than the limit that came later";
}

TEST(QuotaRoom, NothingIsKnownOfUnknownSizes) {
  EXPECT_EQ(quota_room({{.of = Of::dedicated, .used = 9, .limit = 9}}, "Standard_X9000", 2, Instant{}).nodes,
            std::nullopt);
  EXPECT_EQ(quota_room({}, "Standard_D4_v3", 2, Instant{}).nodes, std::nullopt);
}

}  // namespace
}  // namespace drover::control
