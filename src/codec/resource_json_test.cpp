#include "codec/resource_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/rng.hpp"

namespace drover::codec {
namespace {

using nlohmann::json;
using planning::Action;
using planning::ActionKind;

std::string word(Rng& rng) {
  static const std::vector<std::string> words = {
      "", "eastus", "a b", "\"quoted\"", "caf\xc3\xa9", "line\nbreak", "/subscriptions/x", "${secret:x}"};
  return words[rng.next() % words.size()];
}

void fill(Rng& rng, std::string& value) { value = word(rng); }
void fill(Rng& rng, std::int64_t& value) { value = static_cast<std::int64_t>(rng.next() % 2000) - 500; }
void fill(Rng& rng, bool& value) { value = rng.next() % 2 == 0; }
void fill(Rng& rng, Duration& value) { value = std::chrono::seconds(rng.next() % 100'000); }

void fill(Rng& rng, std::optional<NodeBounds>& value) {
  value.reset();
  if (rng.next() % 2 == 0) return;
  fill(rng, value.emplace().least);
  fill(rng, value->most);
}

/// Every field that plans compare, and those that only creation needs, set to something.
Spec random_spec(Rng& rng, Kind kind) {
  Spec spec = make_spec(kind);
  std::visit([&](auto& value) { value.fields(value, [&](const char*, auto& field, Change) { fill(rng, field); }); },
             spec);
  if (auto* vault = std::get_if<KeyVault>(&spec)) vault->soft_deleted = static_cast<SoftDeleted>(rng.next() % 3);
  if (auto* pool = std::get_if<NodePool>(&spec)) fill(rng, pool->nodes_owned_by_scaler);
  if (auto* role = std::get_if<RoleAssignment>(&spec)) fill(rng, role->principal);
  if (auto* cluster = std::get_if<Cluster>(&spec)) {
    fill(rng, cluster->service_principal);
    fill(rng, cluster->first_pool_name);
    fill(rng, cluster->first_pool.vm_size);
    fill(rng, cluster->first_pool.nodes);
    fill(rng, cluster->first_pool.autoscaler);
  }
  return spec;
}

Resource random_resource(Rng& rng, Kind kind) {
  Resource resource{.key = std::string(kind_name(kind)) + "/" + word(rng),
                    .name = word(rng),
                    .account = word(rng),
                    .arm_id = word(rng),
                    .spec = random_spec(rng, kind)};
  for (auto n = rng.next() % 3; n > 0; --n) resource.needs.push_back(word(rng));
  fill(rng, resource.goes_with);
  fill(rng, resource.is_protected);
  return resource;
}

TEST(ResourceJson, BringsBackEveryFieldOfEveryKind) {
  Rng rng(20261121);
  for (const Kind kind : all_kinds) {
    for (int i = 0; i < 50; ++i) {
      const Resource before = random_resource(rng, kind);
      const json first = json::parse(to_json(before).dump());
      const auto after = resource_from_json(first);
      ASSERT_TRUE(after) << format_error(after.error()) << first;
      EXPECT_EQ(to_json(*after), first);
      EXPECT_EQ(after->kind(), kind);
      EXPECT_EQ(describe(after->spec), describe(before.spec));
      EXPECT_EQ(after->needs, before.needs);
      EXPECT_EQ(after->goes_with, before.goes_with);
      EXPECT_EQ(after->is_protected, before.is_protected);
      EXPECT_EQ(after->arm_id, before.arm_id);
      if (const auto* vault = std::get_if<KeyVault>(&before.spec)) {
        EXPECT_EQ(std::get<KeyVault>(after->spec).soft_deleted, vault->soft_deleted);
      }
      if (const auto* pool = std::get_if<NodePool>(&before.spec)) {
        EXPECT_EQ(std::get<NodePool>(after->spec).nodes_owned_by_scaler, pool->nodes_owned_by_scaler);
      }
      if (const auto* cluster = std::get_if<Cluster>(&before.spec)) {
        EXPECT_EQ(std::get<Cluster>(after->spec).first_pool.nodes, cluster->first_pool.nodes);
      }
    }
  }
}

planning::Plan sample_plan() {
  Rng rng(7);
  planning::Plan plan{.estate = "devday",
                      .cloud = "local",
                      .destroys = true,
                      .notes = {"a note"},
                      .unchanged = 3,
                      .per_hour = Money::usd(0.25)};
  for (const auto kind : {ActionKind::create, ActionKind::adopt, ActionKind::update, ActionKind::replace,
                          ActionKind::settle, ActionKind::remove, ActionKind::forget}) {
    Action action{.kind = kind,
                  .resource = random_resource(rng, Cluster::kind),
                  .changes = {{"sku", "a", "b", Change::replace}, {"idle", "1m", "2m"}},
                  .reason = "because",
                  .expected = std::chrono::seconds(12),
                  .per_hour = Money::usd(0.1),
                  .per_hour_before = Money::usd(0.2)};
    if (!plan.actions.empty()) action.after = {0};
    plan.actions.push_back(std::move(action));
  }
  plan.refusals = {{"k", "r", "h"}};
  plan.critical_path_length = std::chrono::seconds(99);
  plan.critical_path = {"a", "b"};
  plan.fingerprints = {{"a", "1"}};
  return plan;
}

TEST(PlanJson, ComesBackWhole) {
  const json first = json::parse(to_json(sample_plan()).dump());
  const auto after = plan_from_json(first);
  ASSERT_TRUE(after) << format_error(after.error());
  EXPECT_EQ(to_json(*after), first);
  EXPECT_EQ(after->actions.size(), 7u);
  EXPECT_EQ(after->actions[1].after, std::vector<std::uint32_t>{0});
  EXPECT_EQ(after->actions[0].changes[0].how, Change::replace);
}

TEST(PlanJson, IsRefusedWhenAnyPartOfItIsWrong) {
  const json whole = to_json(sample_plan());
  // Each member in turn gone, or of another type: an error or a plan, never a crash, and an error for what must be
  // there.
  for (const auto& [name, value] : whole.items()) {
    for (const json& bad : {json(nullptr), json("text"), json(-1), json::array({1}), json::object({{"x", 1}})}) {
      json broken = whole;
      broken[name] = bad;
      const auto plan = plan_from_json(broken);
      EXPECT_TRUE(plan || plan.error().code == Code::corrupt) << name << " " << bad;
    }
  }
  for (const char* required : {"format", "estate", "cloud", "actions", "refusals", "critical_path", "fingerprints"}) {
    json broken = whole;
    broken.erase(required);
    EXPECT_FALSE(plan_from_json(broken)) << required;
  }
  json stray = whole;
  stray["actions"][0]["after"] = {7};
  EXPECT_FALSE(plan_from_json(stray));
  for (const json& far : {json(1e300), json(-1e300)}) {
    json broken = whole;
    broken["critical_path"]["seconds"] = far;
    EXPECT_FALSE(plan_from_json(broken)) << far;
  }
  for (const json& no_plan : {json(), json("x"), json::array(), json(7)}) EXPECT_FALSE(plan_from_json(no_plan));
}

TEST(ErrorJson, ComesBackWhole) {
  const Error before{.code = Code::conflict,
                     .message = "m",
                     .hint = "h",
                     .service_code = "Quota",
                     .where = {std::make_shared<const std::string>("f.yaml"), 3, 4}};
  const Error after = error_from_json(json::parse(to_json(before).dump()));
  EXPECT_EQ(format_error(after), "f.yaml:3:4: m; h");
  EXPECT_EQ(after.code, Code::conflict);
  EXPECT_EQ(after.service_code, "Quota");
}

}  // namespace
}  // namespace drover::codec
