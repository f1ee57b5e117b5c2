#include "planning/contents.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drover::planning {
namespace {

using nlohmann::json;

ManifestName map_of(const std::string& name) { return {"", "ConfigMap", "train", name}; }

/// One wanted object "a", and what is said of it.
ContentsPlan plan_one(bool is_kept, const WantedLook& look) {
  const std::vector<WantedManifest> wanted = {{map_of("a"), {}}};
  const std::vector<ManifestName> inventory = is_kept ? std::vector{map_of("a")} : std::vector<ManifestName>{};
  const auto manifests = plan_manifests(wanted, inventory);
  return plan_contents(wanted, inventory, *manifests, {look}, {});
}

ContentsPlan prune_one(const ManifestName& name, const PruneLook& look) {
  const std::vector<ManifestName> inventory = {name};
  return plan_contents({}, inventory, *plan_manifests({}, inventory), {}, {look});
}

TEST(ContentsPlanning, WhatIsWantedIsAddedChangedAdoptedOrLeft) {
  EXPECT_EQ(plan_one(false, {.is_there = false}).actions.at(0).kind, ContentKind::add);
  EXPECT_EQ(plan_one(true, {.is_there = false}).actions.at(0).kind, ContentKind::add);
  const auto unchanged = plan_one(true, {.is_there = true});
  EXPECT_TRUE(unchanged.is_empty());
  EXPECT_EQ(unchanged.unchanged, 1u);
  const auto changed = plan_one(true, {.is_there = true, .fields = {"data.x"}});
  EXPECT_EQ(changed.actions.at(0).kind, ContentKind::change);
  EXPECT_EQ(changed.actions.at(0).fields, std::vector<std::string>{"data.x"});
}

TEST(ContentsPlanning, WhatSomebodyMadeIsAdoptedWhenItIsAsWanted) {
  EXPECT_EQ(plan_one(false, {.is_there = true}).actions.at(0).kind, ContentKind::adopt);
  EXPECT_EQ(plan_one(false, {.is_there = true, .fields = {"metadata.managedFields"}}).actions.at(0).kind,
            ContentKind::adopt);
  const auto changed = plan_one(false, {.is_there = true, .fields = {"data.x"}});
  EXPECT_EQ(changed.actions.at(0).kind, ContentKind::change);
  EXPECT_EQ(changed.actions.at(0).reason, "found existing");
  // Of what is kept already, lost ownership is taken again.
  EXPECT_EQ(plan_one(true, {.is_there = true, .fields = {"metadata.managedFields"}}).actions.at(0).kind,
            ContentKind::change);
}

TEST(ContentsPlanning, WhatTheClusterRefusesIsRefused) {
  const auto plan = plan_one(true, {.is_there = true, .refusal = "no", .hint = "do"});
  EXPECT_TRUE(plan.actions.empty());
  EXPECT_EQ(plan.refusals.at(0).reason, "no");
}

TEST(ContentsPlanning, TellsWhatTheClusterWarnsOfWhereSomethingIsDone) {
  const auto changed = plan_one(true, {.is_there = true, .fields = {"data.x"}, .warnings = {"it will go"}});
  ASSERT_EQ(changed.warnings.size(), 1U);
  EXPECT_EQ(changed.warnings[0].text, "it will go");
  EXPECT_EQ(changed.warnings[0].name, changed.actions.at(0).name);
  EXPECT_TRUE(plan_one(true, {.is_there = true, .warnings = {"it will go"}}).warnings.empty()) << "as wanted";
}

TEST(ContentsPlanning, PrunesWhatIsOursAndNothingElse) {
  EXPECT_EQ(prune_one(map_of("a"), {.is_there = true}).actions.at(0).kind, ContentKind::prune);
  EXPECT_EQ(prune_one(map_of("a"), {.is_there = false}).actions.at(0).kind, ContentKind::forget);
  EXPECT_EQ(prune_one(map_of("a"), {.is_there = true, .is_ours = false}).actions.at(0).kind, ContentKind::forget);
  EXPECT_EQ(prune_one(map_of("a"), {.is_there = true, .is_adopted = true}).actions.at(0).kind, ContentKind::forget);
  EXPECT_EQ(prune_one({"", "Namespace", "", "kube-system"}, {.is_there = true}).actions.at(0).kind,
            ContentKind::forget);
  EXPECT_EQ(prune_one({"", "Namespace", "", "train"}, {.is_there = true}).actions.at(0).kind, ContentKind::prune);
}

TEST(ContentsPlanning, ANamespaceWithStrangersIsNotPruned) {
  const auto plan =
      prune_one({"", "Namespace", "", "train"}, {.is_there = true, .strangers = {"Pod a", "Pod b", "Pod c", "Pod d"}});
  EXPECT_TRUE(plan.actions.empty());
  EXPECT_NE(plan.refusals.at(0).reason.find("4 that Drover did not put there: Pod a, Pod b, Pod c, ..."),
            std::string::npos)
      << plan.refusals.at(0).reason;
}

TEST(ContentsPlanning, FieldsThatDifferAreNamedWithoutWhatTheyHold) {
  const json before = json::parse(R"({"metadata": {"name": "a", "resourceVersion": "1", "generation": 1},
    "data": {"x": "1", "y": "2"}, "status": {"phase": "a"}, "list": [{"n": 1}, {"n": 2}]})");
  json after = json::parse(R"({"metadata": {"name": "a", "resourceVersion": "2", "generation": 2},
    "data": {"x": "1", "z": "3"}, "status": {"phase": "b"}, "list": [{"n": 1}, {"n": 3}]})");
  EXPECT_EQ(changed_fields(before, after, "drover"), (std::vector<std::string>{"data.y", "data.z", "list[1].n"}));
  EXPECT_EQ(changed_fields(before, after, "drover", 1), (std::vector<std::string>{"data.y", "..."}));
  EXPECT_TRUE(changed_fields(before, before, "drover").empty());
}

TEST(ContentsPlanning, OwnershipAloneIsAChangeToo) {
  const json before = json::parse(R"({"metadata": {"managedFields": [
    {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:data": {}}}]}})");
  json after = before;
  after["metadata"]["managedFields"].push_back(
      json::parse(R"({"manager": "drover", "operation": "Apply", "fieldsV1": {"f:data": {}}})"));
  EXPECT_EQ(changed_fields(before, after, "drover"), std::vector<std::string>{"metadata.managedFields"});
  EXPECT_TRUE(changed_fields(after, after, "drover").empty());
  const json bare = json::parse(R"({"metadata": {"name": "a"}})");
  json noted = bare;
  noted["metadata"]["annotations"][estate_annotation] = "lab";
  EXPECT_EQ(changed_fields(bare, noted, "drover"), std::vector<std::string>{ownership_field});
}

}  // namespace
}  // namespace drover::planning
