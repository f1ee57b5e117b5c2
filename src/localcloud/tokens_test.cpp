#include "base/text.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

class Tokens : public testing::Test {
 protected:
  http::Response ask(const std::string& path, std::vector<std::pair<std::string, std::string>> form) {
    return bench.send({.method = "POST", .url = path, .headers = {}, .body = http::format_form(form)});
  }
  http::Response ask_with(const std::string& id, const std::string& secret) {
    return ask("https://login.microsoftonline.com/" + std::string(default_tenant) + "/oauth2/v2.0/token",
               {{"grant_type", "client_credentials"},
                {"client_id", id},
                {"client_secret", secret},
                {"scope", "https://management.azure.com//.default"}});
  }
  http::Response list_groups(const std::string& authorization) {
    http::Request request{
        .method = "GET",
        .url = "https://management.azure.com" + bench_subscription + "/resourcegroups?api-version=2024-03-01"};
    if (!authorization.empty()) request.headers.add("Authorization", authorization);
    return bench.send(std::move(request));
  }
  TestBench bench;
};

TEST_F(Tokens, OpenArmForAnHourOfTheWorldsTime) {
  const Json answer = json_of(ask_with(std::string(default_client_id), std::string(default_client_secret)));
  EXPECT_EQ(text_at(answer, {"token_type"}), "Bearer");
  const std::string bearer = "Bearer " + text_at(answer, {"access_token"});
  EXPECT_EQ(list_groups(bearer).status, 200);
  bench.pass(std::chrono::minutes(59));
  EXPECT_EQ(list_groups(bearer).status, 200);
  bench.pass(std::chrono::minutes(2));
  const auto late = list_groups(bearer);
  EXPECT_EQ(late.status, 401);
  EXPECT_EQ(error_code(late), "ExpiredAuthenticationToken");
}

TEST_F(Tokens, OfARemoteClientLastAnHourOfItsOwnTime) {
  const http::Request request{.method = "POST",
                              .url = "https://localhost:8443/" + std::string(default_tenant) + "/oauth2/v2.0/token",
                              .headers = {},
                              .body = http::format_form({{"grant_type", "client_credentials"},
                                                         {"client_id", std::string(default_client_id)},
                                                         {"client_secret", std::string(default_client_secret)},
                                                         {"scope", "https://management.azure.com/.default"}})};
  const auto given = json_of(handle(request, {.is_local = false, .clock_speed = 600}, bench.world(), bench.now()));
  EXPECT_EQ(number_at(given, {"expires_in"}), 3599);
  const std::string bearer = "Bearer " + text_at(given, {"access_token"});
  bench.pass(std::chrono::hours(599));
  EXPECT_EQ(list_groups(bearer).status, 200);
  bench.pass(std::chrono::hours(2));
  EXPECT_EQ(error_code(list_groups(bearer)), "ExpiredAuthenticationToken");
}

TEST_F(Tokens, OutliveAKillOfTheWorld) {
  const std::string bearer = "Bearer " + bench.token();
  bench.make_group();
  bench.reopen();
  EXPECT_EQ(list_groups(bearer).status, 200);
}

TEST_F(Tokens, AreRefusedToAWrongSecret) {
  const auto refused = ask_with(std::string(default_client_id), "guess");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(text_at(json_of(refused), {"error"}), "invalid_client");
  EXPECT_TRUE(text_at(json_of(refused), {"error_description"}).starts_with("AADSTS7000215: "));
}

TEST_F(Tokens, AreRefusedToAnUnknownApplication) {
  const auto refused = ask_with("00000000-0000-4000-8000-00000000dead", "any");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(text_at(json_of(refused), {"error"}), "unauthorized_client");
}

TEST_F(Tokens, AreNeededAndMustBeOurs) {
  const auto without = list_groups("");
  EXPECT_EQ(without.status, 401);
  EXPECT_TRUE(without.headers.has("WWW-Authenticate"));
  EXPECT_EQ(error_code(without), "AuthenticationFailed");
  std::string forged = bench.token();
  forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_EQ(error_code(list_groups("Bearer " + forged)), "InvalidAuthenticationToken");
  EXPECT_EQ(error_code(list_groups("Basic Zm9v")), "AuthenticationFailedInvalidHeader");
}

TEST_F(Tokens, OpenOnlyTheServiceThatTheyWereAskedFor) {
  const auto refused = list_groups("Bearer " + bench.token("https://graph.microsoft.com"));
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(error_code(refused), "InvalidAuthenticationTokenAudience");
}

TEST_F(Tokens, ComeInTheStyleOfAdfsTooWithoutATenant) {
  const auto discovery =
      bench.send({.method = "GET", .url = "https://localhost:18443/adfs/.well-known/openid-configuration"});
  const std::string endpoint = text_at(json_of(discovery), {"token_endpoint"});
  EXPECT_EQ(endpoint, "https://localhost:18443/adfs/oauth2/token");
  const auto token = ask(endpoint, {{"grant_type", "client_credentials"},
                                    {"client_id", std::string(default_client_id)},
                                    {"client_secret", std::string(default_client_secret)},
                                    {"scope", "https://management.core.windows.net//.default"}});
  EXPECT_EQ(list_groups("Bearer " + text_at(json_of(token), {"access_token"})).status, 200);
}

TEST_F(Tokens, AreDiscoverable) {
  const auto discovery = json_of(bench.send({.method = "GET",
                                             .url = "https://login.microsoftonline.com/" + std::string(default_tenant) +
                                                    "/v2.0/.well-known/openid-configuration"}));
  EXPECT_EQ(text_at(discovery, {"token_endpoint"}),
            "https://login.microsoftonline.com/" + std::string(default_tenant) + "/oauth2/v2.0/token");
  EXPECT_NE(text_at(discovery, {"authorization_endpoint"}), "");
  const auto instance = json_of(bench.send(
      {.method = "GET", .url = "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1"}));
  EXPECT_NE(text_at(instance, {"tenant_discovery_endpoint"}), "");
}

TEST_F(Tokens, AreNotGivenForAWordThatIsNoTenant) {
  const auto refused =
      ask("https://login.microsoftonline.com/nonsense/oauth2/v2.0/token", {{"grant_type", "client_credentials"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(json_of(refused)["error_codes"][0], 900023);
}

}  // namespace
}  // namespace drover::localcloud
