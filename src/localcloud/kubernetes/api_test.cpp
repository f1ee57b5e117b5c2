#include "base/number.hpp"
#include "localcloud/kubernetes/test_cluster.hpp"

namespace drover::localcloud::kubernetes {
namespace {

using ClusterApi = ClusterBench;

std::string reason(const http::Response& response) { return text_at(json_of(response), {"reason"}); }

TEST_F(ClusterApi, KnowsWhoSpeaks) {
  EXPECT_EQ(api("GET", pods, "", {{"Authorization", "Bearer nonsense"}}).status, 401);
  EXPECT_EQ(api("GET", pods, "", {{"Authorization", "Basic eDp5"}}).status, 401);
  EXPECT_EQ(api("GET", pods).status, 200);
  const auto asked = [&](const ClientIdentity& client) {
    return handle({.method = "GET", .url = "https://127.0.0.1" + pods},
                  Peer{.cluster = to_lower(arm_id), .client = client}, bench.world(), bench.now());
  };
  EXPECT_EQ(asked({"masterclient", {"system:masters"}}).status, 200);
  EXPECT_EQ(asked({"somebody", {"team"}}).status, 403);
  EXPECT_EQ(asked({}).status, 401);
}

TEST_F(ClusterApi, LetsAServiceAccountDoWhatIsInItsNamespace) {
  const auto made = api("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", R"({"spec":{}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const http::Headers as = {{"Authorization", "Bearer " + text_at(json_of(made), {"status", "token"})}};
  EXPECT_EQ(api("GET", pods, "", as).status, 200);
  const auto refused = api("GET", "/api/v1/namespaces/kube-system/pods", "", as);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("system:serviceaccount:default:default"), std::string::npos) << refused.body;
  EXPECT_EQ(api("GET", "/api/v1/nodes", "", as).status, 403);
  EXPECT_EQ(api("GET", "/apis", "", as).status, 200);
  pass(std::chrono::hours(2));
  EXPECT_EQ(api("GET", pods, "", as).status, 401) << "it has expired";
}

TEST_F(ClusterApi, KeepsRevisionsThatConflict) {
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  const auto made = api("POST", maps, R"({"metadata":{"name":"m"},"data":{"a":"1"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(reason(api("POST", maps, R"({"metadata":{"name":"m"}})")), "AlreadyExists");
  Json object = json_of(made);
  object["data"]["a"] = "2";
  const auto updated = api("PUT", maps + "/m", dump(object));
  EXPECT_EQ(updated.status, 200);
  EXPECT_EQ(reason(api("PUT", maps + "/m", dump(object))), "Conflict");
  EXPECT_EQ(text_at(get(maps + "/m"), {"data", "a"}), "2");
  EXPECT_EQ(reason(api("PUT", maps + "/none", dump(object))), "NotFound");
}

TEST_F(ClusterApi, RefusesWhatKubernetesRefuses) {
  const auto nameless = api("POST", pods, R"({"spec":{"containers":[{"name":"main"}]}})");
  EXPECT_EQ(nameless.status, 422);
  EXPECT_NE(nameless.body.find("metadata.name: Required value"), std::string::npos) << nameless.body;
  EXPECT_NE(nameless.body.find("spec.containers[0].image: Required value"), std::string::npos);
  EXPECT_EQ(api("POST", pods, pod("Upper")).status, 422);
  EXPECT_EQ(api("POST", pods, R"({"metadata":{"name":"x"},"spec":{"containers":"many"}})").status, 400);
  const auto strict = api("POST", pods + "?fieldValidation=Strict", pod("x", R"(,"restartPolice":"Never")"));
  EXPECT_EQ(strict.status, 400);
  EXPECT_NE(strict.body.find("spec.restartPolice"), std::string::npos);
  EXPECT_EQ(api("POST", "/api/v1/namespaces/none/pods", pod("x")).status, 404);
  EXPECT_EQ(api("POST", pods, "{").status, 400);
  EXPECT_EQ(api("POST", pods + "?dryRun=All", pod("dry")).status, 201);
  EXPECT_EQ(api("GET", pods + "/dry").status, 404);
}

TEST_F(ClusterApi, ListsPageByPageAsThingsWere) {
  for (const char* name : {"a", "b", "c"})
    api("POST", "/api/v1/namespaces/default/configmaps", R"({"metadata":{"name":")" + std::string(name) + "\"}}");
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  const Json first = get(maps + "?limit=2");
  EXPECT_EQ(first["items"].size(), 2U);
  api("DELETE", maps + "/c");
  api("POST", maps, R"({"metadata":{"name":"d"}})");
  const Json second = get(maps + "?limit=2&continue=" + text_at(first, {"metadata", "continue"}));
  ASSERT_EQ(second["items"].size(), 1U);
  EXPECT_EQ(name_of(second["items"][0]), "c");
  EXPECT_EQ(text_at(second, {"metadata", "resourceVersion"}), text_at(first, {"metadata", "resourceVersion"}));
  EXPECT_EQ(api("GET", maps + "?continue=nonsense").status, 400);
}

TEST_F(ClusterApi, WatchesFromARevisionAndSaysWhenItIsTooOld) {
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  const std::string from = text_at(get(maps), {"metadata", "resourceVersion"});
  api("POST", maps, R"({"metadata":{"name":"m","labels":{"a":"b"}}})");
  api("GET", maps + "?watch=1&labelSelector=a%3Db&resourceVersion=" + from);
  ASSERT_TRUE(stream);
  const auto watch = std::move(stream);
  EXPECT_NE(watch->take().value_or("").find(R"("type":"ADDED")"), std::string::npos);
  EXPECT_EQ(watch->take(), "");
  patch("merge-patch", maps + "/m", R"({"metadata":{"labels":{"a":"c"}}})");
  EXPECT_NE(watch->take().value_or("").find(R"("type":"DELETED")"), std::string::npos) << "it left the selection";
  cluster().compact();
  api("GET", maps + "?watch=1&resourceVersion=" + from);
  const std::string late = stream->take().value_or("");
  EXPECT_NE(late.find(R"("code":410)"), std::string::npos) << late;
  EXPECT_EQ(stream->take(), std::nullopt);
}

TEST_F(ClusterApi, SurvivesAKill) {
  api("POST", pods, pod("kept"));
  const std::string revision = text_at(get(pods), {"metadata", "resourceVersion"});
  bench.reopen();
  EXPECT_EQ(names(pods), std::vector<std::string>{"kept"});
  EXPECT_GE(parse_whole<std::uint64_t>(text_at(get(pods), {"metadata", "resourceVersion"})),
            parse_whole<std::uint64_t>(revision));
  api("GET", pods + "?watch=1&resourceVersion=1");
  EXPECT_NE(stream->take().value_or("").find(R"("code":410)"), std::string::npos);
}

TEST_F(ClusterApi, PatchesInEveryFormat) {
  const std::string deployments = "/apis/apps/v1/namespaces/default/deployments";
  const std::string body =
      R"({"metadata":{"name":"web"},"spec":{"replicas":0,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"one","image":"host"},{"name":"two","image":"host"}]}}}})";
  ASSERT_EQ(api("POST", deployments, body).status, 201);
  const std::string web = deployments + "/web";
  patch("strategic-merge-patch", web,
        R"({"spec":{"template":{"spec":{"containers":[{"name":"two","image":"new"}]}}}})");
  Json containers = get(web)["spec"]["template"]["spec"]["containers"];
  ASSERT_EQ(containers.size(), 2U);
  EXPECT_EQ(text_at(containers[0], {"image"}), "host");
  EXPECT_EQ(text_at(containers[1], {"image"}), "new");
  patch("json-patch", web, R"([{"op":"remove","path":"/spec/template/spec/containers/0"}])");
  EXPECT_EQ(get(web)["spec"]["template"]["spec"]["containers"].size(), 1U);
  EXPECT_EQ(patch("json-patch", web, R"([{"op":"test","path":"/metadata/name","value":"x"}])").status, 422);
  patch("merge-patch", web, R"({"metadata":{"annotations":{"k":"v"}}})");
  EXPECT_EQ(text_at(get(web), {"metadata", "annotations", "k"}), "v");
  EXPECT_EQ(patch("merge-patch", web, R"({"spec":{"selector":{"matchLabels":{"a":"c"}}}})").status, 422);
}

TEST_F(ClusterApi, AppliesWithOwnersOfFields) {
  const std::string map = "/api/v1/namespaces/default/configmaps/m";
  const auto apply = [&](const char* manager, const std::string& data, const char* force = "false") {
    return patch("apply-patch", map + "?fieldManager=" + manager + "&force=" + force,
                 R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":)" + data + "}");
  };
  EXPECT_EQ(apply("one", R"({"a":"1","b":"1"})").status, 201);
  EXPECT_EQ(apply("two", R"({"c":"2"})").status, 200);
  const auto clash = apply("two", R"({"a":"2"})");
  EXPECT_EQ(clash.status, 409);
  EXPECT_NE(clash.body.find(R"(conflict with \"one\" using v1: .data.a)"), std::string::npos) << clash.body;
  EXPECT_EQ(apply("two", R"({"a":"2"})", "true").status, 200);
  EXPECT_EQ(get(map)["data"], (Json{{"a", "2"}, {"b", "1"}})) << "c is gone with its owner's interest";
  EXPECT_EQ(apply("one", R"({"b":"1"})").status, 200);
  EXPECT_EQ(text_at(get(map), {"data", "a"}), "2") << "two owns it now";
  EXPECT_EQ(patch("apply-patch", map, "{}").status, 422) << "a manager must be named";
}

TEST_F(ClusterApi, PrintsTables) {
  api("POST", pods, pod("shown"));
  const auto table =
      json_of(api("GET", pods, "", {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}}));
  EXPECT_EQ(text_at(table, {"kind"}), "Table");
  EXPECT_EQ(table["rows"][0]["cells"][0], "shown");
  EXPECT_EQ(table["rows"][0]["cells"][1], "1/1");
  EXPECT_EQ(table["rows"][0]["cells"][2], "Running");
}

TEST_F(ClusterApi, SaysThatItDoesNotServeExec) {
  ASSERT_EQ(api("POST", pods, pod("p")).status, 201);
  for (const char* sub : {"exec", "attach", "portforward"}) {
    const auto refused = api("POST", pods + "/p/" + sub);
    EXPECT_EQ(refused.status, 501);
    EXPECT_NE(refused.body.find("does not serve " + std::string(sub)), std::string::npos) << refused.body;
  }
}

}  // namespace
}  // namespace drover::localcloud::kubernetes
