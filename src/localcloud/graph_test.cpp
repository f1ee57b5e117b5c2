#include "base/text.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

class Directory : public testing::Test {
 protected:
  http::Response graph(const std::string& method, const std::string& path, const std::string& body = "") {
    http::Request request{
        .method = method, .url = "https://graph.microsoft.com/v1.0" + path, .headers = {}, .body = body};
    request.headers.add("Authorization", "Bearer " + bench.token("https://graph.microsoft.com"));
    return bench.send(std::move(request));
  }
  http::Response log_in(const std::string& app_id, const std::string& secret) {
    http::Request request{
        .method = "POST",
        .url = "https://login.microsoftonline.com/" + std::string(default_tenant) + "/oauth2/v2.0/token"};
    request.body = http::format_form({{"grant_type", "client_credentials"},
                                      {"client_id", app_id},
                                      {"client_secret", secret},
                                      {"scope", "https://management.azure.com/.default"}});
    return bench.send(std::move(request));
  }
  TestBench bench;
};

TEST_F(Directory, MakesAServicePrincipalThatCanLogIn) {
  const auto application = graph("POST", "/applications", R"({"displayName":"robot"})");
  ASSERT_EQ(application.status, 201) << application.body;
  const std::string app_id = text_at(json_of(application), {"appId"});
  const std::string object = text_at(json_of(application), {"id"});
  const auto password =
      graph("POST", "/applications/" + object + "/addPassword", R"({"passwordCredential":{"displayName":"rbac"}})");
  EXPECT_EQ(password.status, 200);
  const std::string secret = text_at(json_of(password), {"secretText"});
  EXPECT_EQ(log_in(app_id, secret).status, 400);  // no principal yet
  const std::string principal = R"({"appId":")" + app_id + R"(","accountEnabled":true})";
  EXPECT_EQ(graph("POST", "/servicePrincipals", principal).status, 201);
  EXPECT_EQ(graph("POST", "/servicePrincipals", principal).status, 409);
  bench.reopen();
  EXPECT_EQ(log_in(app_id, secret).status, 200);
  EXPECT_EQ(log_in(app_id, secret + "x").status, 401);
  const auto kept = *bench.store().scan("");
  for (const auto& [key, value] : kept) EXPECT_EQ(value.find(secret), std::string::npos) << key;
  const auto found =
      graph("GET", "/servicePrincipals?$filter=servicePrincipalNames%2Fany%28c%3Ac%20eq%20%27" + app_id + "%27%29");
  EXPECT_EQ(json_of(found)["value"].size(), 1u);
  EXPECT_EQ(graph("DELETE", "/applications/" + object).status, 204);
  EXPECT_EQ(log_in(app_id, secret).status, 400);
  EXPECT_EQ(json_of(graph("GET", "/servicePrincipals?$filter=displayName%20eq%20'robot'"))["value"].size(), 0u);
}

TEST_F(Directory, FindsByBeginningOfTheName) {
  graph("POST", "/applications", R"({"displayName":"robot one"})");
  graph("POST", "/applications", R"({"displayName":"robot two"})");
  EXPECT_EQ(json_of(graph("GET", "/applications?$filter=startswith(displayName,'robot')"))["value"].size(), 2u);
  EXPECT_EQ(json_of(graph("GET", "/applications?$filter=displayName%20eq%20'robot%20two'"))["value"].size(), 1u);
}

TEST_F(Directory, KnowsItsFirstPrincipal) {
  const auto found =
      graph("POST", "/directoryObjects/getByIds", R"({"ids":[")" + std::string(default_object_id) + R"("]})");
  ASSERT_EQ(json_of(found)["value"].size(), 1u);
  EXPECT_EQ(text_at(json_of(found)["value"][0], {"@odata.type"}), "#microsoft.graph.servicePrincipal");
  EXPECT_EQ(graph("GET", "/servicePrincipals(appId='" + std::string(default_client_id) + "')").status, 200);
}

TEST_F(Directory, RefusesWhatIsNotThereOrNotAllowed) {
  const auto missing = graph("GET", "/applications/0f1e2d3c-0000-4000-8000-000000000001");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(error_code(missing), "Request_ResourceNotFound");
  EXPECT_EQ(graph("POST", "/servicePrincipals", R"({"appId":"0f1e2d3c-0000-4000-8000-000000000001"})").status, 400);
  EXPECT_EQ(graph("GET", "/me").status, 400);
  EXPECT_EQ(bench.send({.method = "GET", .url = "https://graph.microsoft.com/v1.0/applications"}).status, 401);
}

}  // namespace
}  // namespace drover::localcloud
