#include "planning/manifests.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace drover::planning {
namespace {

const ManifestName space{"", "Namespace", "", "train"}, settings{"", "ConfigMap", "train", "settings"},
    web{"apps", "Deployment", "train", "web"}, custom{"example.com", "Train", "train", "t"},
    definition{"apiextensions.k8s.io", "CustomResourceDefinition", "", "trains.example.com"};

std::vector<WantedManifest> want(const std::vector<ManifestName>& names) {
  std::vector<WantedManifest> wanted;
  for (const auto& name : names) wanted.push_back({name, {}});
  return wanted;
}

TEST(Manifests, AreAppliedAfterWhatTheyRestOnAndPrunedBeforeIt) {
  const auto wanted = want({web, custom, settings, definition, space});
  const auto plan = plan_manifests(wanted, {});
  ASSERT_TRUE(plan);
  std::vector<ManifestName> order;
  for (const auto i : plan->apply) order.push_back(wanted[i].name);
  EXPECT_EQ(order, (std::vector<ManifestName>{space, definition, settings, custom, web}));
  EXPECT_TRUE(plan->prune.empty());
  const auto end = plan_manifests({}, plan->left);
  EXPECT_EQ(end->prune, (std::vector<ManifestName>{web, custom, settings, definition, space}));
  EXPECT_TRUE(end->left.empty());
}

TEST(Manifests, ArePrunedOnlyWhenTheyWereOurs) {
  const auto plan = plan_manifests(want({space, web}), {space, settings});
  EXPECT_EQ(plan->prune, std::vector<ManifestName>{settings});
  EXPECT_TRUE(plan->changes_inventory({space, settings}));
  EXPECT_FALSE(plan_manifests(want({web, space}), plan->left)->changes_inventory(plan->left));
}

TEST(Manifests, AreRefusedWhenTwoAreOne) {
  const auto file = std::make_shared<const std::string>("a.yaml");
  const auto plan = plan_manifests({{web, {file, 1, 1}}, {web, {file, 9, 1}}}, {});
  ASSERT_FALSE(plan);
  EXPECT_EQ(format_error(plan.error()),
            "a.yaml:9:1: Deployment.apps train/web is there twice, first at a.yaml:1:1; keep one of them");
}

// A kill after any step, then the same again from the inventory that was kept: what is there is what is wanted.
TEST(Manifests, ComeOutRightWhereverTheWorkWasCutShort) {
  const std::vector<ManifestName> before = {space, settings, custom};
  const auto wanted = want({space, web, settings});
  for (std::size_t steps = 0; steps <= 7; ++steps) {
    std::set<ManifestName> there(before.begin(), before.end());
    std::vector<ManifestName> inventory = before;
    const auto carry_out = [&](std::size_t steps_max) {
      std::size_t done = 0;
      const auto plan = plan_manifests(wanted, inventory);
      const auto step = [&](auto&& effect) {
        if (done++ < steps_max) effect();
      };
      step([&] { inventory = plan->held; });
      for (const auto i : plan->apply) step([&] { there.insert(wanted[i].name); });
      for (const auto& name : plan->prune) step([&] { there.erase(name); });
      step([&] { inventory = plan->left; });
    };
    carry_out(steps);
    for (const auto& name : there) EXPECT_NE(std::ranges::find(inventory, name), inventory.end()) << steps;
    carry_out(100);
    EXPECT_EQ(there, (std::set<ManifestName>{space, web, settings})) << steps;
    EXPECT_EQ(inventory.size(), 3u);
  }
}

TEST(Manifests, NamesReadAsTheyAreWritten) {
  for (const ManifestName& name : {ManifestName{"apps", "Deployment", "train", "web"},
                                   ManifestName{"", "Namespace", "", "a"}, ManifestName{"x.y.z", "Thing", "", "a.b:c"}})
    EXPECT_EQ(parse_manifest(format_manifest(name)), name);
  for (const char* text : {"", "Pod", "Pod ", " a", "Pod. a", "Pod /a", "Pod a/"})
    EXPECT_FALSE(parse_manifest(text)) << text;
}

}  // namespace
}  // namespace drover::planning
