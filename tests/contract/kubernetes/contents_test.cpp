// Does a cluster come to hold what an estate wants, and lose what it wanted before, and nothing else? On real clusters
// and the local cloud's alike.
#include "control/contents/contents.hpp"
#include "codec/manifests.hpp"
#include "tests/contract/kubernetes/bench.hpp"

namespace drover::kubernetes_suite {
namespace {

using control::Contents;
using control::ContentsReport;
using control::ContentsWish;
using planning::ContentKind;
using planning::ContentsPlan;

class KubernetesContents : public KubernetesTest {
 protected:
  void SetUp() override {
    KubernetesTest::SetUp();
    estate_ = "contract-" + space_;  // an inventory of its own for each test
  }
  void TearDown() override {
    if (connection_) (void)wait(cluster().remove(inventory(), {}));
    KubernetesTest::TearDown();
  }

  kubernetes::ObjectName inventory() const {
    return {kinds::config_maps, "kube-system", "drover-inventory-" + estate_};
  }
  std::string config_map(const std::string& name, const std::string& value) {
    return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + ", namespace: " + space_ +
           "}\ndata: {a: \"" + value + "\"}\n";
  }
  Contents contents(const std::string& yaml, bool force = false) {
    auto parsed = codec::parse_manifests(yaml, std::make_shared<const std::string>("test.yaml"));
    EXPECT_TRUE(parsed) << format_error(parsed.error().front());
    return {
        cluster(), connection_->flows,
        ContentsWish{.estate = estate_, .cluster = "cluster/test", .manifests = std::move(*parsed), .force = force}};
  }
  ContentsPlan plan(const std::string& yaml, bool force = false) {
    auto made = contents(yaml, force).plan();
    EXPECT_TRUE(made) << format_error(made.error());
    return made ? std::move(*made) : ContentsPlan{};
  }
  /// Applies exactly what a plan shows; then nothing is left to do.
  ContentsReport apply(const std::string& yaml, bool force = false) {
    auto done = contents(yaml, force).apply(plan(yaml, force), {});
    EXPECT_TRUE(done) << format_error(done.error());
    if (!done) return {};
    for (const auto& [name, error] : done->failed) ADD_FAILURE() << name << ": " << format_error(error);
    const auto again = plan(yaml, force);
    for (const auto& action : again.actions)
      ADD_FAILURE() << "again: " << planning::content_name(action.kind) << " " << planning::format_manifest(action.name)
                    << " " << (action.fields.empty() ? "" : action.fields.front());
    return std::move(*done);
  }
  static std::string shown(const ContentsPlan& plan) {
    std::string text;
    for (const auto& action : plan.actions)
      text += std::string(planning::content_name(action.kind)) + " " + planning::format_manifest(action.name) + " " +
              action.reason + "\n";
    return text;
  }
  std::string value_of(const std::string& name) {
    auto live = wait(cluster().get(named(kinds::config_maps, name)));
    return live ? live->value("/data/a"_json_pointer, "") : "absent";
  }

  std::string estate_;
};

TEST_F(KubernetesContents, AreAddedChangedAndPruned) {
  const auto first = plan(config_map("one", "1") + config_map("two", "1"));
  EXPECT_EQ(first.count(ContentKind::add), 2u);
  EXPECT_EQ(value_of("one"), "absent");  // a plan changes nothing
  EXPECT_EQ(apply(config_map("one", "1") + config_map("two", "1")).done, 2u);
  const auto second = plan(config_map("one", "2"));
  EXPECT_EQ(second.count(ContentKind::change), 1u);
  EXPECT_EQ(second.actions.front().fields, std::vector<std::string>{"data.a"});
  EXPECT_EQ(second.count(ContentKind::prune), 1u);
  apply(config_map("one", "2"));
  EXPECT_EQ(value_of("one"), "2");
  EXPECT_EQ(value_of("two"), "absent");
  apply("");
  EXPECT_EQ(value_of("one"), "absent");
  EXPECT_EQ(code_of(wait(cluster().get(inventory()))), Code::not_found);  // nothing stays behind
}

TEST_F(KubernetesContents, WhatWasThereIsAdoptedAndNeverPruned) {
  json mine = object(kinds::config_maps, "mine");
  mine["data"] = {{"a", "1"}};
  must(cluster().create(mine));
  EXPECT_EQ(plan(config_map("mine", "1")).count(ContentKind::adopt), 1u);
  apply(config_map("mine", "1"));
  const auto left = plan("");
  EXPECT_EQ(left.count(ContentKind::forget), 1u);
  EXPECT_EQ(left.count(ContentKind::prune), 0u);
  apply("");
  EXPECT_EQ(value_of("mine"), "1");
}

TEST_F(KubernetesContents, FieldsOfAnotherManagerAreTakenOnlyWhenAsked) {
  json theirs = object(kinds::config_maps, "theirs");
  theirs["data"] = {{"a", "1"}};
  kubernetes::ApplyOptions options;
  options.field_manager = "somebody";
  must(cluster().apply(theirs, options));
  const auto refused = plan(config_map("theirs", "2"));
  ASSERT_EQ(refused.refusals.size(), 1u);
  EXPECT_NE(refused.refusals.front().reason.find("\"somebody\""), std::string::npos) << refused.refusals.front().reason;
  EXPECT_NE(refused.refusals.front().reason.find("data"), std::string::npos);
  EXPECT_EQ(code_of(contents(config_map("theirs", "2")).apply(refused, {})), Code::precondition);
  EXPECT_EQ(value_of("theirs"), "1");
  apply(config_map("theirs", "2"), true);
  EXPECT_EQ(value_of("theirs"), "2");
}

TEST_F(KubernetesContents, NamespacesComeFirstAndGoOnlyWhenNobodyElseLivesThere) {
  const std::string name = space_ + "-more";
  const std::string yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: in, namespace: " + name +
                           "}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}\n";
  apply(yaml);
  json stranger = object(kinds::config_maps, "stranger");
  stranger["metadata"]["namespace"] = name;
  must(cluster().create(stranger));
  const auto refused = plan("");
  ASSERT_EQ(refused.refusals.size(), 1u) << shown(refused);
  EXPECT_NE(refused.refusals.front().reason.find("ConfigMap " + name + "/stranger"), std::string::npos)
      << refused.refusals.front().reason;
  must(cluster().remove({kinds::config_maps, name, "stranger"}, {}));
  EXPECT_EQ(plan("").count(ContentKind::prune), 2u);
  auto done = contents("").apply(plan(""), {});
  ASSERT_TRUE(done) << format_error(done.error());
  EXPECT_EQ(done->done, 2u);
}

TEST_F(KubernetesContents, WhatHasMovedSinceThePlanIsNotDone) {
  apply(config_map("one", "1"));
  const auto shown = plan(config_map("one", "2"));
  must(cluster().remove(named(kinds::config_maps, "one"), {}));
  EXPECT_EQ(code_of(contents(config_map("one", "2")).apply(shown, {})), Code::conflict);
  EXPECT_EQ(code_of(contents(config_map("one", "3")).apply(plan(config_map("one", "2")), {})), Code::conflict);
  EXPECT_EQ(value_of("one"), "absent");
}

TEST_F(KubernetesContents, WhatTheServerRefusesIsToldBeforeAnythingIsDone) {
  const auto refused =
      plan(config_map("good", "1") +
           "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: UPPER, namespace: " + space_ + "}\n");
  ASSERT_EQ(refused.refusals.size(), 1u);
  EXPECT_EQ(format_span(refused.refusals.front().where), "test.yaml:7:1");
  EXPECT_EQ(value_of("good"), "absent");
  const auto unknown = contents("apiVersion: no.such/v1\nkind: Thing\nmetadata: {name: a}\n").plan();
  ASSERT_FALSE(unknown);
  EXPECT_EQ(format_span(unknown.error().where), "test.yaml:1:1");
}

TEST_F(KubernetesContents, DefinitionsComeWithTheirObjects) {
  if (!wait(cluster().discover({"apiextensions.k8s.io", "CustomResourceDefinition"})))
    GTEST_SKIP() << "this cluster has no custom resources";
  const std::string group = "drover" + std::to_string(::getpid()) + ".example.com";
  const std::string definition =
      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: trains." + group +
      "}\nspec:\n  group: " + group +
      "\n  scope: Namespaced\n  names: {kind: Train, plural: trains, singular: train}\n"
      "  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n"
      "      openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}\n";
  const std::string train = "---\napiVersion: " + group + "/v1\nkind: Train\nmetadata: {name: t, namespace: " + space_ +
                            "}\nspec: {speed: 3}\n";
  apply(train + "---\n" + definition);
  EXPECT_EQ(must(cluster().get({{group, "Train"}, space_, "t"}))["spec"]["speed"], 3);
  json stranger = must(cluster().get({{group, "Train"}, space_, "t"}));
  stranger["metadata"] = {{"name", "other"}, {"namespace", space_}};
  must(cluster().create(stranger));
  EXPECT_EQ(plan("").refusals.size(), 1u);
  must(cluster().remove({{group, "Train"}, space_, "other"}, {}));
  auto done = contents("").apply(plan(""), {});
  ASSERT_TRUE(done) << format_error(done.error());
  EXPECT_TRUE(done->failed.empty());
}

}  // namespace
}  // namespace drover::kubernetes_suite
