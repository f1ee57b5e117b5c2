#include "jobs/pool_choice.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

std::vector<PoolFacts> two_pools() { return {pool_of("Standard_D2s_v3", 1, 1), pool_of("Standard_D4s_v3", 1, 6)}; }

TEST(PoolChoice, OnePoolThatIsTooSmallSaysNothingAboutTheOthers) {
  JobSpec spec;
  spec.docker_arguments = "--cpus 3";
  PlaceFacts place{.name = "lab"};
  describe_pools(place, spec, two_pools());
  EXPECT_EQ(place.nodes, "1 x Standard_D2s_v3, 1..6 x Standard_D4s_v3");
  EXPECT_EQ(place.cpus, 4);
  EXPECT_EQ(place.nodes_max, 6) << "those of the pool where it fits";
  EXPECT_TRUE(advise(spec, {place}, {}).places.front().lacks.empty());
  spec.docker_arguments = "--cpus 5";
  place = {.name = "lab"};
  describe_pools(place, spec, two_pools());
  const auto lacks = advise(spec, {place}, {}).places.front().lacks;
  ASSERT_EQ(lacks.size(), 1U);
  EXPECT_EQ(lacks.front(), "it asks for more than the 4 processors of a node");
}

TEST(PoolChoice, PoolsWhereItFitsCountTogether) {
  PlaceFacts place{.name = "lab"};
  describe_pools(place, {}, two_pools());
  EXPECT_EQ(place.nodes_max, 7);
  EXPECT_EQ(place.nodes_ready, 2);
  const auto pools = two_pools();
  EXPECT_DOUBLE_EQ(place.usd_per_hour * 2, pools[0].usd_per_hour + pools[1].usd_per_hour) << "what both cost an hour";
}

TEST(PoolChoice, SaysWhereThereIsNoRoomNow) {
  auto pools = two_pools();
  for (auto& pool : pools) pool.is_seen = true;
  pools[0].free = {{.cpus = 1.5, .memory_gib = 4}};
  pools[1].free = {{.cpus = 0.5, .memory_gib = 8}};
  JobSpec spec;
  spec.docker_arguments = "--cpus 1";
  PlaceFacts place{.name = "lab"};
  describe_pools(place, spec, pools);
  EXPECT_TRUE(place.notes.empty());
  spec.instances = 2;
  describe_pools(place, spec, pools);
  EXPECT_EQ(place.notes,
            std::vector<std::string>{"1 of 2 nodes has room for it now: it waits for others to end, or for new nodes"});
}

TEST(PoolChoice, SeparatesGpusFromTheRest) {
  JobSpec spec;
  spec.docker_arguments = "--gpus 1";
  auto pools = two_pools();
  EXPECT_TRUE(pools_for(spec, pools).empty());
  pools.push_back(pool_of("Standard_NC6s_v3", 0, 2));
  ASSERT_EQ(pools_for(spec, pools).size(), 1U);
  EXPECT_EQ(pools_for(spec, pools).front().vm_size, "Standard_NC6s_v3");
  pools.push_back(pool_of("Standard_Moon", 1, 1));
  EXPECT_EQ(pools_for(spec, pools).size(), 2U) << "nothing is known of it";
}

}  // namespace
}  // namespace drover::jobs
