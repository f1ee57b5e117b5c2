// What a deletion takes along, what forbids it, and that no plan deletes what it keeps.
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "model/arm_id.hpp"
#include "planning/inventory.hpp"
#include "planning/plan.hpp"

namespace drover::planning {
namespace {

const std::string subscription_id = "10ca1000-0000-4000-8000-000000000002";

Resource group(const std::string& name) {
  return {.key = resource_key(ResourceGroup::kind, name),
          .name = name,
          .account = "a",
          .arm_id = arm_id::group(subscription_id, name),
          .spec = ResourceGroup{"eastus"}};
}

Resource inside(Resource resource, const Resource& container, bool goes_with) {
  resource.account = "a";
  resource.needs = {container.key};
  if (goes_with) resource.goes_with = container.key;
  return resource;
}

Resource cluster(const Resource& in, const std::string& name) {
  return inside({.key = resource_key(Cluster::kind, name),
                 .name = name,
                 .account = {},
                 .arm_id = arm_id::cluster(in.arm_id, name),
                 .spec = Cluster{.location = "eastus", .first_pool_name = "sys"}},
                in, false);
}

Resource pool(const Resource& in, const std::string& name) {
  return inside({.key = resource_key(NodePool::kind, in.name + "/" + name),
                 .name = in.name + "/" + name,
                 .account = {},
                 .arm_id = arm_id::node_pool(in.arm_id, name),
                 .spec = NodePool{.vm_size = "Standard_D2s_v3"}},
                in, true);
}

Resource vault(const Resource& in, const std::string& name, SoftDeleted soft_deleted = SoftDeleted::automatic) {
  return inside({.key = resource_key(KeyVault::kind, name),
                 .name = name,
                 .account = {},
                 .arm_id = arm_id::key_vault(in.arm_id, name),
                 .spec = KeyVault{.location = "eastus", .soft_deleted = soft_deleted}},
                in, false);
}

Member member_of(const Resource& resource) {
  const bool is_typed = resource.kind() == NodePool::kind;
  return {.arm_id = resource.arm_id,
          .name = is_typed ? resource.name : std::string(resource.kind()->arm_type) + "/" + resource.name,
          .spec = is_typed ? std::optional(resource.spec) : std::nullopt};
}

/// An estate, what is known of the past, and what is there.
struct World {
  std::vector<Resource> wanted;
  Holdings known;
  std::vector<Resource> there;  ///< at these ARM ids, as they are wanted
  std::vector<Member> members;
  std::set<std::string> only, named, also, deleted, soft_deleted;

  void make(const Resource& resource, Origin origin = Origin::created) {
    known[resource.key] = {.resource = resource, .origin = origin, .is_made = true};
    there.push_back(resource);
  }
  Observed look(const Resource& resource) const {
    Observed seen;
    for (const auto& one : there)
      if (equals_ignore_case(one.arm_id, resource.arm_id))
        seen = {
            .presence = Presence::settled, .state = "Succeeded", .spec = one.spec, .fingerprint = "1", .outputs = {}};
    if (soft_deleted.contains(resource.key)) seen.presence = Presence::soft_deleted;
    return seen;
  }
  Plan plan(bool destroy = false) const {
    const auto graph = ResourceGraph::make(wanted);
    PlanningInput input{.graph = &*graph,
                        .holdings = &known,
                        .only = only,
                        .named = named,
                        .members = members,
                        .also = also,
                        .deleted = deleted};
    for (const auto& resource : wanted) input.observed.push_back(look(resource));
    for (const auto& [key, holding] : known) {
      const auto* present = graph->find(key);
      if (present == nullptr || !equals_ignore_case(present->arm_id, holding.resource.arm_id))
        input.leftovers[key] = look(holding.resource);
    }
    return destroy ? plan_destroy(input) : plan_apply(input);
  }
};

const Action* action_of(const Plan& plan, const std::string& key) {
  for (const auto& action : plan.actions)
    if (action.resource.key == key) return &action;
  return nullptr;
}

TEST(Identity, AGroupInOtherLettersIsTheSameGroup) {
  World world{.wanted = {group("CASE-RG")}};
  world.make(group("case-rg"));
  const Plan plan = world.plan();
  EXPECT_TRUE(plan.is_empty()) << "nothing is to be done, least of all a deletion";
  EXPECT_EQ(plan.unchanged, 1U);
}

TEST(Deletions, OfAClusterAreRefusedForAPoolThatOthersMade) {
  const Resource g = group("g"), lab = cluster(g, "lab");
  World world{.wanted = {g, lab, pool(lab, "sys")}};
  for (const auto& resource : world.wanted) world.make(resource);
  world.members = {member_of(pool(lab, "extra"))};
  const Plan refused = world.plan(true);
  ASSERT_EQ(refused.refusals.size(), 2U) << "the cluster, and the group that it lies in";
  EXPECT_NE(refused.refusals[0].reason.find("node pool lab/extra"), std::string::npos) << refused.refusals[0].reason;
  EXPECT_EQ(action_of(refused, "cluster/lab"), nullptr);
  EXPECT_EQ(refused.refusals[1].key, "resource-group/g");
  EXPECT_NE(refused.refusals[1].reason.find("cluster/lab, which is to stay"), std::string::npos)
      << refused.refusals[1].reason;

  world.also = {"lab/extra"};
  const Plan named = world.plan(true);
  EXPECT_TRUE(named.refusals.empty());
  const Action* whole = action_of(named, "cluster/lab");
  ASSERT_NE(whole, nullptr);
  ASSERT_EQ(whole->along.size(), 1U) << "what goes along is listed";
  EXPECT_EQ(whole->along[0].name, "node pool lab/extra");
  EXPECT_EQ(named.along_count(), 1U) << "once, though it lies in the group as well";
  EXPECT_TRUE(named.unmanaged.empty()) << "nothing is left alone";
}

TEST(Deletions, DoNotListWhatHasAnActionOfItsOwn) {
  const Resource g = group("g"), lab = cluster(g, "lab");
  World world{.wanted = {g, lab, pool(lab, "sys")}};
  for (const auto& resource : world.wanted) world.make(resource);
  world.members = {member_of(lab), member_of(pool(lab, "sys"))};
  const Plan plan = world.plan(true);
  EXPECT_EQ(plan.count(ActionKind::remove), 3U);
  EXPECT_EQ(plan.along_count(), 0U);
}

TEST(Deletions, TakeANameForItselfAndNotForAPrefix) {
  const Resource g = group("g");
  World world{.wanted = {g, vault(g, "kv")}};
  for (const auto& resource : world.wanted) world.make(resource);
  world.members = {member_of(vault(g, "kv2"))};
  EXPECT_EQ(world.plan(true).refusals.size(), 1U) << "kv2 is not kv, nor in it";
}

TEST(Deletions, OfAContainerAreRefusedForWhatIsAdopted) {
  const Resource g = group("g"), lab = cluster(g, "lab");
  World world{.wanted = {g, lab}};
  world.make(g);
  world.make(lab, Origin::adopted);
  EXPECT_EQ(world.plan(true).refusals.size(), 1U) << "adopted, so it stays: then its group must stay too";
  world.only = {"cluster/lab", "resource-group/g"};
  world.named = {"cluster/lab"};
  EXPECT_TRUE(world.plan(true).refusals.empty());
}

TEST(Deletions, OneWhoNamedTheGroupHasNotNamedTheAdoptedThingInIt) {
  const Resource g = group("g"), lab = cluster(g, "lab");
  World world{.wanted = {g, lab}};
  world.make(g);
  world.make(lab, Origin::adopted);
  world.only = {"cluster/lab", "resource-group/g"};
  world.named = {"resource-group/g"};
  EXPECT_EQ(world.plan(true).refusals.size(), 1U);
}

TEST(Deletions, OfAGroupThatLeftTheEstateAreRefusedForWhatStays) {
  // The estate moved all but the vault, which it still places in the old group by another key.
  const Resource old = group("old");
  World world{.wanted = {vault(old, "kv")}};
  world.wanted[0].needs.clear();
  world.make(old);
  world.make(vault(old, "kv"));
  const Plan plan = world.plan();
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals[0].key, "resource-group/old");
}

TEST(Deletions, TwoKeysAtOnePlaceAreAContradiction) {
  const Resource g = group("g"), lab = cluster(g, "lab");
  Resource other = lab;
  other.key = "cluster/former";
  World world{.wanted = {g, lab}};
  world.make(g);
  world.make(lab);
  world.known[other.key] = {.resource = other, .origin = Origin::created, .is_made = true};
  const Plan plan = world.plan();
  ASSERT_EQ(plan.refusals.size(), 1U) << "cluster/former would be deleted, and cluster/lab is the same cluster";
  EXPECT_EQ(plan.count(ActionKind::remove), 0U);
}

TEST(Deletions, LeaveOutWhatServicesMakeForThemselves) {
  const Resource g = group("g");
  World world{.wanted = {g}};
  world.make(g);
  world.members = {
      {.arm_id = g.arm_id + "/providers/microsoft.alertsmanagement/smartDetectorAlertRules/Failure Anomalies",
       .name = "microsoft.alertsmanagement/smartDetectorAlertRules/Failure Anomalies",
       .spec = {}}};
  const Plan plan = world.plan(true);
  EXPECT_TRUE(plan.refusals.empty());
  EXPECT_EQ(plan.along_count(), 1U) << "and still say that it goes";
}

TEST(Deletions, NamesThatMeanNothingAreRefused) {
  const Resource g = group("g");
  World world{.wanted = {g}};
  world.make(g);
  world.also = {"lab/extar"};
  EXPECT_EQ(world.plan(true).refusals.size(), 1U);
}

TEST(Moves, AreReplacementsThatDeleteTheFormerOne) {
  const Resource before = group("before"), after = group("after");
  const Resource lab = cluster(before, "lab"), moved = cluster(after, "lab");
  World world{.wanted = {before, after, moved, pool(moved, "sys")}};
  for (const auto& resource : {before, after, lab, pool(lab, "sys")}) world.make(resource);
  const Plan plan = world.plan();
  EXPECT_TRUE(plan.refusals.empty()) << plan.refusals[0].reason;
  const Action* action = action_of(plan, "cluster/lab");
  ASSERT_NE(action, nullptr);
  EXPECT_EQ(action->kind, ActionKind::replace);
  EXPECT_EQ(action->old->arm_id, lab.arm_id);
  EXPECT_EQ(action->resource.arm_id, moved.arm_id);
  EXPECT_EQ(action_of(plan, "node-pool/lab/sys")->kind, ActionKind::create);
}

TEST(Moves, ADestroyDeletesWhatIsThereAndNotWhatTheEstateSaysNow) {
  const Resource before = group("before"), after = group("after");
  World world{.wanted = {after, cluster(after, "lab")}};
  world.make(before);
  world.make(cluster(before, "lab"));
  const Plan plan = world.plan(true);
  ASSERT_NE(action_of(plan, "cluster/lab"), nullptr);
  EXPECT_EQ(action_of(plan, "cluster/lab")->resource.arm_id, cluster(before, "lab").arm_id);
  EXPECT_EQ(action_of(plan, "cluster/lab")->kind, ActionKind::remove);
}

TEST(Vaults, ThatDroverDeletedAreRecovered) {
  const Resource g = group("g");
  World world{.wanted = {g, vault(g, "kv")}};
  world.make(g);
  world.soft_deleted = {"key-vault/kv"};
  EXPECT_EQ(world.plan().refusals.size(), 1U) << "of others: it may hold what nobody wants back";
  world.deleted = {"key-vault/kv"};
  const Plan plan = world.plan();
  ASSERT_TRUE(plan.refusals.empty());
  EXPECT_EQ(std::get<KeyVault>(action_of(plan, "key-vault/kv")->resource.spec).soft_deleted, SoftDeleted::recover);
  world.wanted[1] = vault(g, "kv", SoftDeleted::refuse);
  EXPECT_EQ(world.plan().refusals.size(), 1U) << "as the estate says";
}

TEST(Vaults, SayBeforehandWhatBecomesOfThem) {
  const Resource g = group("g");
  World world{.wanted = {g, vault(g, "kept"), vault(g, "purged", SoftDeleted::purge)}};
  for (const auto& resource : world.wanted) world.make(resource);
  const Plan plan = world.plan(true);
  EXPECT_NE(action_of(plan, "key-vault/kept")->reason.find("an apply recovers it"), std::string::npos);
  EXPECT_NE(action_of(plan, "key-vault/purged")->reason.find("purged at once"), std::string::npos);
}

/// A cluster with two pools in a group of its own, and the same estate with the group named otherwise.
struct MovedCluster {
  Resource old_group = group("old"), new_group = group("new");
  Resource old_cluster = cluster(old_group, "lab"), new_cluster = cluster(new_group, "lab");
  Resource old_pool = pool(old_cluster, "web"), new_pool = pool(new_cluster, "web");
};

TEST(Moves, OfWhatAGroupHoldsAreCountedWithItAndComeAfterIt) {
  const MovedCluster lab;
  World world;
  for (const auto& one : {lab.old_group, lab.old_cluster, lab.old_pool}) world.make(one);
  world.wanted = {lab.new_group, lab.new_cluster, lab.new_pool};
  const Plan plan = world.plan();
  ASSERT_TRUE(plan.refusals.empty()) << plan.refusals[0].reason;
  const auto removal = std::ranges::find(plan.actions, ActionKind::remove, &Action::kind);
  ASSERT_NE(removal, plan.actions.end());
  EXPECT_EQ(plan.along_count(), 2U);
  EXPECT_EQ(removal->along[0].name, "cluster lab");
  EXPECT_EQ(removal->along[1].name, "node pool lab/web");
  const auto place = static_cast<std::uint32_t>(removal - plan.actions.begin());
  for (const auto& action : plan.actions)
    if (action.resource.kind() == Cluster::kind)
      EXPECT_NE(std::ranges::find(action.after, place), action.after.end()) << "its name may be one of a kind";
}

TEST(Moves, NeverDeleteWhatIsAdoptedOrProtected) {
  const MovedCluster lab;
  World adopted;
  adopted.make(lab.old_group);
  adopted.make(lab.old_cluster);
  adopted.make(lab.old_pool, Origin::adopted);
  adopted.wanted = {lab.new_group, lab.new_cluster, lab.new_pool};
  const Plan refused = adopted.plan();
  ASSERT_EQ(refused.refusals.size(), 1U);
  EXPECT_EQ(refused.refusals[0].key, "resource-group/old");
  EXPECT_NE(refused.refusals[0].reason.find("node-pool/lab/web, which was there before Drover"), std::string::npos)
      << refused.refusals[0].reason;
  EXPECT_EQ(refused.count(ActionKind::remove), 0U);

  World guarded;
  Resource keep = lab.old_pool, wanted = lab.new_pool;
  keep.is_protected = wanted.is_protected = true;
  for (const auto& one : {lab.old_group, lab.old_cluster, keep}) guarded.make(one);
  guarded.wanted = {lab.new_group, lab.new_cluster, wanted};
  const Plan kept = guarded.plan();
  ASSERT_EQ(kept.refusals.size(), 2U) << "the pool, and the group that it lies in";
  EXPECT_NE(kept.refusals[0].reason.find("it is protected"), std::string::npos) << kept.refusals[0].reason;
  EXPECT_EQ(kept.count(ActionKind::remove), 0U);
}

TEST(Replacements, NeverDeleteWhatIsAdoptedOrProtectedInThem) {
  const MovedCluster lab;
  for (const bool is_protected : {false, true}) {
    World world;
    Resource elsewhere = lab.old_cluster, inside_it = lab.old_pool;
    std::get<Cluster>(elsewhere.spec).location = "westus2";
    inside_it.is_protected = is_protected;
    world.make(lab.old_group);
    world.make(lab.old_cluster);
    world.make(inside_it, is_protected ? Origin::created : Origin::adopted);
    world.wanted = {lab.old_group, elsewhere, inside_it};
    const Plan plan = world.plan();
    ASSERT_EQ(plan.refusals.size(), 1U);
    EXPECT_EQ(plan.refusals[0].key, "cluster/lab");
    EXPECT_NE(plan.refusals[0].reason.find(is_protected ? "which is protected" : "which was there before Drover"),
              std::string::npos)
        << plan.refusals[0].reason;
    EXPECT_TRUE(plan.actions.empty()) << "what would have been made again is there";
  }
}

TEST(Replacements, CountWhatGoesWithThem) {
  const MovedCluster lab;
  World world;
  Resource elsewhere = lab.old_cluster;
  std::get<Cluster>(elsewhere.spec).location = "westus2";
  for (const auto& one : {lab.old_group, lab.old_cluster, lab.old_pool}) world.make(one);
  world.wanted = {lab.old_group, elsewhere, lab.old_pool};
  const Plan plan = world.plan();
  EXPECT_EQ(plan.count(ActionKind::replace), 1U);
  EXPECT_EQ(plan.along_count(), 1U);
  Money change{};
  for (const auto& action : plan.actions) change += action.per_hour - action.per_hour_before;
  EXPECT_EQ(change.micro_usd, 0) << "the same costs the same";
}

TEST(Protection, ThatChangesIsWrittenDown) {
  World world;
  const Resource in = group("g");
  Resource lab = cluster(in, "lab");
  world.make(in);
  world.make(lab);
  lab.is_protected = true;
  world.wanted = {in, lab};
  const Plan plan = world.plan();
  ASSERT_EQ(plan.actions.size(), 1U);
  EXPECT_EQ(plan.actions[0].kind, ActionKind::update);
  EXPECT_EQ(plan.actions[0].changes.at(0).field, "protect");
}

TEST(Vaults, AreNotMadeAgainElsewhereUnlessTheyMayBePurged) {
  for (const auto soft_deleted : {SoftDeleted::automatic, SoftDeleted::purge}) {
    World world;
    const Resource old_group = group("old"), new_group = group("new");
    world.make(old_group);
    world.make(vault(old_group, "kv"));
    world.wanted = {new_group, vault(new_group, "kv", soft_deleted)};
    const Plan plan = world.plan();
    EXPECT_EQ(plan.refusals.empty(), soft_deleted == SoftDeleted::purge);
    EXPECT_EQ(plan.count(ActionKind::remove), soft_deleted == SoftDeleted::purge ? 1U : 0U);
  }
}

TEST(InventoryOf, FindsWhatLiesInAThingWhateverTheLetters) {
  Inventory inventory;
  inventory.add("/subscriptions/S/resourceGroups/RG", "resource-group/rg");
  inventory.add("/subscriptions/s/resourcegroups/rg-2/providers/A.B/c/one", "x/one");
  inventory.add("/subscriptions/s/resourceGroups/rg/providers/A.B/c/two", "x/two");
  inventory.add("/subscriptions/s/resourceGroups/rg/providers/A.B/c/two/d/three", "x/three");
  inventory.sort();
  EXPECT_EQ(inventory.in("/SUBSCRIPTIONS/s/resourceGroups/rg").size(), 3U);
  EXPECT_EQ(inventory.in("/subscriptions/s/resourceGroups/rg/providers/a.b/c/two").size(), 2U);
  EXPECT_TRUE(inventory.lies_in_known_resource("/subscriptions/s/resourceGroups/rg/providers/A.B/c/two/d/four"));
  EXPECT_FALSE(inventory.lies_in_known_resource("/subscriptions/s/resourceGroups/rg/providers/A.B/c/five"));
}

}  // namespace
}  // namespace drover::planning
