// Does a cluster keep objects as the driver believes it does: discovery, create, apply, patch, list, delete, refusals?
#include "base/digest.hpp"
#include "tests/contract/kubernetes/bench.hpp"

namespace drover::kubernetes_suite {
namespace {

class KubernetesObjects : public KubernetesTest {
 protected:
  json config_map(const std::string& name, const json& data) {
    json made = object(kinds::config_maps, name);
    made["data"] = data;
    return made;
  }
  json data_of(const std::string& name) { return must(cluster().get(named(kinds::config_maps, name)))["data"]; }
};

TEST_F(KubernetesObjects, AreFoundByDiscovery) {
  EXPECT_NE(must(cluster().server_version()), "");
  const ApiResource jobs = must(cluster().discover(kinds::jobs));
  EXPECT_EQ(jobs.plural, "jobs");
  EXPECT_TRUE(jobs.namespaced);
  EXPECT_NE(std::ranges::find(jobs.verbs, "watch"), jobs.verbs.end());
  EXPECT_FALSE(must(cluster().discover(kinds::nodes)).namespaced);
  EXPECT_EQ(code_of(wait(cluster().discover({"", "NoSuchKind"}))), Code::not_found);
  EXPECT_EQ(code_of(wait(cluster().discover({"no.such.group", "Pod"}))), Code::not_found);
}

TEST_F(KubernetesObjects, NamespacesComeAndGo) {
  EXPECT_EQ(must(cluster().get({kinds::namespaces, "", space_}))["status"]["phase"], "Active");
  must(cluster().create(config_map("inside", {{"a", "1"}})));
  EXPECT_TRUE(must(cluster().remove({kinds::namespaces, "", space_}, {})));
  const std::string space = std::exchange(space_, "");
  await_gone(kinds::namespaces, space);
  EXPECT_EQ(code_of(wait(cluster().get({kinds::config_maps, space, "inside"}))), Code::not_found);
}

TEST_F(KubernetesObjects, AreCreatedOnceAndRemovedOnce) {
  const json made = must(cluster().create(config_map("m", {{"a", "1"}})));
  EXPECT_NE(made["metadata"]["uid"], "");
  const auto again = wait(cluster().create(config_map("m", {{"a", "1"}})));
  EXPECT_EQ(code_of(again), Code::already_exists);
  EXPECT_EQ(again.error().service_code, "AlreadyExists");
  EXPECT_EQ(code_of(wait(cluster().remove(named(kinds::config_maps, "m"), {.uid = "another"}))), Code::conflict);
  EXPECT_TRUE(must(cluster().remove(named(kinds::config_maps, "m"), {.uid = made["metadata"]["uid"]})));
  EXPECT_FALSE(must(cluster().remove(named(kinds::config_maps, "m"), {})));
  EXPECT_EQ(code_of(wait(cluster().get(named(kinds::config_maps, "m")))), Code::not_found);
}

TEST_F(KubernetesObjects, ArePatchedInThreeWays) {
  must(cluster().create(config_map("m", {{"a", "1"}, {"b", "2"}})));
  const auto name = named(kinds::config_maps, "m");
  must(cluster().patch(name, PatchKind::merge, {{"data", {{"a", nullptr}, {"c", "3"}}}}, ""));
  EXPECT_EQ(data_of("m"), (json{{"b", "2"}, {"c", "3"}}));
  must(cluster().patch(name, PatchKind::json, json::array({{{"op", "remove"}, {"path", "/data/b"}}}), ""));
  EXPECT_EQ(data_of("m"), (json{{"c", "3"}}));
  must(cluster().patch(name, PatchKind::strategic, {{"data", {{"d", "4"}}}}, ""));
  EXPECT_EQ(data_of("m"), (json{{"c", "3"}, {"d", "4"}}));
}

TEST_F(KubernetesObjects, ApplyKeepsFieldsApartByManager) {
  must(cluster().apply(config_map("m", {{"x", "1"}, {"old", "1"}}), {.field_manager = "first"}));
  const auto refused = wait(cluster().apply(config_map("m", {{"x", "2"}}), {.field_manager = "second"}));
  ASSERT_EQ(code_of(refused), Code::conflict);
  EXPECT_EQ(refused.error().service_code, "Conflict");
  EXPECT_NE(refused.error().message.find("first"), std::string::npos) << refused.error().message;
  must(cluster().apply(config_map("m", {{"y", "2"}}), {.field_manager = "second"}));
  EXPECT_EQ(data_of("m"), (json{{"old", "1"}, {"x", "1"}, {"y", "2"}}));
  // What its only manager names no more goes; what another has taken over stays.
  must(cluster().apply(config_map("m", {{"x", "3"}, {"y", "2"}}), {.field_manager = "second", .force = true}));
  must(cluster().apply(config_map("m", json::object()), {.field_manager = "first"}));
  EXPECT_EQ(data_of("m"), (json{{"x", "3"}, {"y", "2"}}));
}

TEST_F(KubernetesObjects, SecretsKeepAnyBytes) {
  json secret = object(kinds::secrets, "s");
  const std::string bytes("\0\xff\n", 3);
  secret["data"] = {{"raw", base64_encode(bytes)}};
  secret["stringData"] = {{"text", "plain"}};
  must(cluster().create(secret));
  const json kept = must(cluster().get(named(kinds::secrets, "s")));
  EXPECT_EQ(base64_decode(kept["data"]["raw"].get<std::string>()), bytes);
  EXPECT_EQ(base64_decode(kept["data"]["text"].get<std::string>()), "plain");
  EXPECT_EQ(kept["type"], "Opaque");
}

TEST_F(KubernetesObjects, AreListedPageByPageAndByLabel) {
  for (int i = 0; i < 12; ++i) must(cluster().create(config_map("m" + std::to_string(i), {{"i", std::to_string(i)}})));
  cluster().set_watch_options({.page_size = 5});
  const auto all = must(cluster().list({kinds::config_maps, space_}));
  // Newer servers put a map of their own certificates into each namespace.
  EXPECT_EQ(std::ranges::count_if(all, [](const json& each) { return each["data"].contains("i"); }), 12);
  const auto one = must(cluster().list({kinds::config_maps, space_, "test=m7"}));
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0]["metadata"]["name"], "m7");
  EXPECT_TRUE(must(cluster().list({kinds::config_maps, space_, "test=none"})).empty());
}

TEST_F(KubernetesObjects, OfAVersionThatWillGoAreWarnedOf) {
  kubernetes::ObjectKind old{"rbac.authorization.k8s.io", "Role", "v1beta1"};
  if (!wait(cluster().discover(std::move(old)))) GTEST_SKIP() << "this cluster has no version that will go";
  kubernetes::Warnings warnings;
  json role = {{"apiVersion", "rbac.authorization.k8s.io/v1beta1"},
               {"kind", "Role"},
               {"metadata", {{"name", "old"}, {"namespace", space_}}},
               {"rules", json::array()}};
  ASSERT_TRUE(wait(cluster().apply(std::move(role), {.warnings = &warnings})));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("rbac.authorization.k8s.io/v1beta1 Role is deprecated"), std::string::npos) << warnings[0];
}

TEST_F(KubernetesObjects, OfNoSenseAreRefused) {
  json bad = config_map("m", {{"a", "1"}});
  bad["metadata"]["name"] = "No Name_";
  const auto refused = wait(cluster().create(bad));
  EXPECT_EQ(code_of(refused), Code::invalid_input);
  EXPECT_EQ(refused.error().service_code, "Invalid");
  EXPECT_EQ(code_of(wait(cluster().create({{"kind", "ConfigMap"}}))), Code::invalid_input);
}

TEST_F(KubernetesObjects, SomeNodeIsReadyAndSaysWhatItHas) {
  json ready;  // a node may be away for a moment, or for long: one is enough
  must(cluster().watch({kinds::nodes}, [&](kubernetes::WatchEvent event) {
    const auto found =
        std::ranges::find_if(event.objects, [](const json& node) { return has_condition(node, "Ready"); });
    if (found != event.objects.end()) ready = *found;
    return ready.is_null();
  }));
  EXPECT_TRUE(ready["status"]["allocatable"].contains("cpu"));
}

TEST_F(KubernetesObjects, AreNotForStrangers) {
  codec::KubeAccess stranger = access_;
  stranger.user = {};
  stranger.user.token.bytes = "no-such-token";
  Connection connection(stranger);
  EXPECT_EQ(code_of(wait(connection, connection.cluster.server_version())), Code::unauthenticated);
}

TEST_F(KubernetesObjects, AreAskedForOnlyOfAServerThatShowsWhoItIs) {
  if (access_.cluster.authority.empty()) GTEST_SKIP() << "the kubeconfig names no authority of its own";
  codec::KubeAccess elsewhere = access_;
  elsewhere.cluster.authority = {};  // the system's authorities have not signed it
  Connection unknown(elsewhere);
  EXPECT_EQ(code_of(wait(unknown, unknown.cluster.server_version())), Code::failed);
  elsewhere = access_;
  elsewhere.cluster.tls_server_name = "another.example";
  Connection misnamed(elsewhere);
  EXPECT_EQ(code_of(wait(misnamed, misnamed.cluster.server_version())), Code::failed);
}

}  // namespace
}  // namespace drover::kubernetes_suite
