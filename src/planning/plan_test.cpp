// What a plan does and what it refuses, case by case.
#include "planning/plan.hpp"

#include <gtest/gtest.h>

namespace drover::planning {
namespace {

Resource group() {
  return {.key = "resource-group/g",
          .name = "g",
          .account = "a",
          .arm_id = "/subscriptions/s/resourceGroups/g",
          .spec = ResourceGroup{"eastus"}};
}

Resource storage(const std::string& name, const std::string& sku = "Standard_LRS") {
  Resource resource{.key = "storage-account/" + name,
                    .name = name,
                    .account = "a",
                    .arm_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/" + name,
                    .spec = StorageAccount{"eastus", sku}};
  resource.needs = {"resource-group/g"};
  return resource;
}

Observed there(const Spec& spec, Presence presence = Presence::settled, const std::string& state = "Succeeded") {
  return {.presence = presence, .state = state, .spec = spec, .fingerprint = "1", .outputs = {}};
}

/// One group and one account, planned against what is seen and known of the account.
class PlanOfOne : public ::testing::Test {
 protected:
  Plan plan(Resource account, Observed seen, bool destroy = false) {
    graph_ = *ResourceGraph::make({group(), std::move(account)});
    PlanningInput input{.graph = &graph_,
                        .observed = {there(ResourceGroup{"eastus"}), std::move(seen)},
                        .holdings = &known_,
                        .only = only_,
                        .named = only_,
                        .members = members_};
    return destroy ? plan_destroy(input) : plan_apply(input);
  }
  void know(const Resource& resource, Origin origin = Origin::created) { known_[resource.key] = {resource, origin}; }
  static const Action* action_of(const Plan& plan, const std::string& key) {
    for (const auto& action : plan.actions)
      if (action.resource.key == key) return &action;
    return nullptr;
  }

  ResourceGraph graph_;
  Holdings known_;
  std::set<std::string> only_;
  std::vector<Member> members_;
};

TEST_F(PlanOfOne, CreatesWhatIsNotThere) {
  know(group());
  const auto made = plan(storage("one"), {});
  ASSERT_EQ(made.actions.size(), 1U);
  EXPECT_EQ(made.actions[0].kind, ActionKind::create);
  EXPECT_EQ(made.unchanged, 1U);
}

TEST_F(PlanOfOne, SaysWhetherItEverWasThere) {
  EXPECT_EQ(action_of(plan(storage("one"), {}), "storage-account/one")->reason, "not there yet");
  know(storage("one"));
  EXPECT_EQ(action_of(plan(storage("one"), {}), "storage-account/one")->reason, "not there yet")
      << "its creation was begun and never seen to end";
  known_.at("storage-account/one").is_made = true;
  EXPECT_EQ(action_of(plan(storage("one"), {}), "storage-account/one")->reason, "it is gone");
}

TEST_F(PlanOfOne, HasNothingToDoWhenAllIsAsWanted) {
  know(group());
  know(storage("one"));
  EXPECT_TRUE(plan(storage("one"), there(StorageAccount{"East US", "standard_lrs"})).is_empty())
      << "case and blanks do not matter to ARM";
}

TEST_F(PlanOfOne, AdoptsWhatStrangersMade) {
  const auto made = plan(storage("one"), there(StorageAccount{"eastus", "Standard_LRS"}));
  EXPECT_EQ(action_of(made, "storage-account/one")->kind, ActionKind::adopt);
}

TEST_F(PlanOfOne, ShowsDriftAsAChangeInPlace) {
  know(storage("one"));
  const auto made = plan(storage("one", "Standard_GRS"), there(StorageAccount{"eastus", "Standard_LRS"}));
  const auto* action = action_of(made, "storage-account/one");
  ASSERT_EQ(action->kind, ActionKind::update);
  ASSERT_EQ(action->changes.size(), 1U);
  EXPECT_EQ(action->changes[0].before, "Standard_LRS");
  EXPECT_EQ(action->changes[0].after, "Standard_GRS");
}

TEST_F(PlanOfOne, ReplacesOnlyWhatIsOursAndNotProtected) {
  const auto moved = there(StorageAccount{"westus", "Standard_LRS"});
  know(storage("one"));
  EXPECT_EQ(action_of(plan(storage("one"), moved), "storage-account/one")->kind, ActionKind::replace);
  auto guarded = storage("one");
  guarded.is_protected = true;
  EXPECT_EQ(plan(guarded, moved).refusals.size(), 1U);
  known_.clear();
  know(storage("one"), Origin::adopted);
  EXPECT_EQ(plan(storage("one"), moved).refusals.size(), 1U);
}

TEST_F(PlanOfOne, WaitsForWhatIsBusy) {
  know(storage("one"));
  const auto made = plan(storage("one"), there(StorageAccount{"eastus", "Standard_LRS"}, Presence::busy, "Updating"));
  EXPECT_EQ(action_of(made, "storage-account/one")->kind, ActionKind::settle);
}

TEST_F(PlanOfOne, TriesAgainWhatEndedFailed) {
  know(storage("one"));
  const auto made = plan(storage("one"), there(StorageAccount{"eastus", "Standard_LRS"}, Presence::failed, "Failed"));
  EXPECT_EQ(action_of(made, "storage-account/one")->kind, ActionKind::update);
}

TEST_F(PlanOfOne, DestroysWhatIsOursAfterWhatNeedsIt) {
  know(group());
  know(storage("one"));
  const auto made = plan(storage("one"), there(StorageAccount{"eastus", "Standard_LRS"}), true);
  ASSERT_EQ(made.count(ActionKind::remove), 2U);
  const auto* whole = action_of(made, "resource-group/g");
  ASSERT_EQ(whole->after.size(), 1U);
  EXPECT_EQ(made.actions[whole->after[0]].resource.key, "storage-account/one");
}

TEST_F(PlanOfOne, LeavesAdoptedThingsUnlessNamed) {
  know(storage("one"), Origin::adopted);
  const auto seen = there(StorageAccount{"eastus", "Standard_LRS"});
  EXPECT_EQ(action_of(plan(storage("one"), seen, true), "storage-account/one")->kind, ActionKind::forget);
  only_ = {"storage-account/one"};
  EXPECT_EQ(action_of(plan(storage("one"), seen, true), "storage-account/one")->kind, ActionKind::remove);
}

TEST_F(PlanOfOne, RefusesToDeleteAGroupThatHoldsStrangers) {
  know(group());
  members_ = {{.arm_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/payroll",
               .name = "Microsoft.Sql/servers/payroll",
               .spec = {}}};
  const auto made = plan(storage("one"), {}, true);
  ASSERT_EQ(made.refusals.size(), 1U);
  EXPECT_NE(made.refusals[0].reason.find("payroll"), std::string::npos);
}

TEST_F(PlanOfOne, RefusesToDeleteWhatIsProtected) {
  auto guarded = storage("one");
  guarded.is_protected = true;
  know(guarded);
  EXPECT_EQ(plan(guarded, there(StorageAccount{"eastus", "Standard_LRS"}), true).refusals.size(), 1U);
}

TEST_F(PlanOfOne, NeverMovesAGroup) {
  know(group());
  graph_ = *ResourceGraph::make({group()});
  const PlanningInput input{.graph = &graph_, .observed = {there(ResourceGroup{"westus"})}, .holdings = &known_};
  EXPECT_EQ(plan_apply(input).refusals.size(), 1U);
}

TEST(Pools, AScalerOwnsTheCount) {
  NodePool wanted{.vm_size = "Standard_D2_v3", .nodes = 1, .nodes_owned_by_scaler = true};
  NodePool actual = wanted;
  actual.nodes = 7;
  EXPECT_TRUE(diff(wanted, actual).empty());
  wanted.nodes_owned_by_scaler = false;
  EXPECT_EQ(diff(wanted, actual).size(), 1U);
}

TEST(CriticalPathOf, IsTheLongestChain) {
  Plan plan;
  for (const int seconds : {10, 50, 5, 30}) {
    Action action{.resource = storage("s" + std::to_string(seconds))};
    action.expected = std::chrono::seconds(seconds);
    plan.actions.push_back(std::move(action));
  }
  plan.actions[3].after = {0, 2};  // 10 or 5, then 30; beside 50 alone
  find_critical_path(plan);
  EXPECT_EQ(plan.critical_path_length, std::chrono::seconds(50));
  plan.actions[1].after = {2};
  find_critical_path(plan);
  EXPECT_EQ(plan.critical_path, (std::vector<std::string>{"storage-account/s5", "storage-account/s50"}));
}

}  // namespace
}  // namespace drover::planning
