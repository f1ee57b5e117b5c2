// Every route, asked for real (a state folder of its own, the local cloud, a real process), and what went to and fro
// held against the OpenAPI document that the server gives out.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "api/handlers.hpp"
#include "api/routes.hpp"
#include "app/workbench.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "control/tracking.hpp"
#include "forecast/sample_log.hpp"

namespace drover::app {
namespace {

using nlohmann::json;

constexpr const char* estate_text = R"yaml(
estate: small
cloud: local
accounts:
  main: {subscription: 10ca1000-0000-4000-8000-000000000002, tenant: 10ca1000-0000-4000-8000-000000000001, location: eastus, group: small-rg}
principals: {smallsp: }
storage:
  smalllab: {containers: [data]}
clusters:
  small:
    principal: smallsp
    pools:
      nodepool1: {size: Standard_D2_v3, nodes: 1}
    namespaces: {train: {labels: {team: vision}}}
scalers:
  small/nodepool1: {load: {log: "blob://smalllab/data/log.tsv"}, slo: {below: 50s, band: 20s}, nodes: 1..10}
)yaml";

/// What does not fit the schema of that name, one a line.
std::string misfits(const std::string& schema_name, const json& document) {
  static const json whole = api::openapi("test");
  json root = {{"$ref", "#/components/schemas/" + schema_name}, {"components", whole["components"]}};
  valijson::Schema schema;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(root), schema);
  valijson::ValidationResults results;
  valijson::Validator().validate(schema, valijson::adapters::NlohmannJsonAdapter(document), &results);
  std::string out;
  for (valijson::ValidationResults::Error error; results.popError(error);) {
    for (const auto& part : error.context) out += part;
    out += ": " + error.description + "\n";
  }
  return out;
}

struct Events final : BodySink {
  std::string text;
  bool write(std::string_view bytes) override {
    text += bytes;
    return true;
  }
};

class ApiTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/drover-api-XXXXXX";
    folder_ = ::mkdtemp(name);
    typed_.speed = "instant";
    const auto environment = [this](const std::string& variable) -> std::optional<std::string> {
      if (variable == "DROVER_STATE" || variable == "XDG_CONFIG_HOME") return folder_;
      if (variable == "PATH") return "/usr/bin:/bin";
      return std::nullopt;
    };
    workbench_.emplace(typed_, environment);
    ASSERT_TRUE(workbench_->open());
  }
  void TearDown() override {
    workbench_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// One request, held against its route; the answer's body.
  json ask(const std::string& method, const std::string& path, const json& body = {}, int status = 200,
           bool streams = false) {
    http::Request request{.method = method, .url = "http://drover" + path, .headers = {}, .body = ""};
    if (!body.is_null()) request.body = body.dump();
    if (streams) request.headers.add("Accept", "text/event-stream");
    Events events;
    const auto response = api::handle(request, *workbench_, &events);
    EXPECT_EQ(response.status, status) << method << " " << path << ": " << response.body;
    const auto asked = api::match(request);
    const bool is_bytes = response.status == 200 && asked && asked->route->answer == "Bytes";
    const json answer = is_bytes ? json(response.body) : parse_json(response.body);
    if (response.status != 200) {
      EXPECT_EQ(misfits("Errors", answer), "") << method << " " << path << " answers " << response.body;
      return answer;
    }
    if (!asked) {
      ADD_FAILURE() << method << " " << path << " is no route";
      return answer;
    }
    const auto& route = *asked->route;
    asked_.insert(std::string(route.method) + " " + std::string(route.path));
    if (route.request.empty())
      EXPECT_TRUE(body.is_null()) << path << " takes no body";
    else
      EXPECT_EQ(misfits(std::string(route.request), body.is_null() ? json::object() : body), "") << path;
    EXPECT_EQ(misfits(std::string(route.answer), answer), "") << path << " answers " << response.body.substr(0, 2000);
    EXPECT_EQ(streams,
              events.text.find("\nevent: end\ndata: ") != std::string::npos || events.text.starts_with("event: end"))
        << events.text.substr(0, 500);
    return answer;
  }

  cli::Invocation typed_;
  std::string folder_;
  std::optional<Workbench> workbench_;
  std::set<std::string> asked_;
};

TEST_F(ApiTest, KeepsToItsDescription) {
  const json estate = {{"file", "estate.yaml"}, {"text", estate_text}, {"environment", json::object()}};
  ask("GET", "/v1/openapi.json");
  ask("GET", "/v1/schema");
  EXPECT_EQ(ask("POST", "/v1/validate", {{"estate", estate}}).value("estate", json()), "small");
  const json plan =
      ask("POST", "/v1/plan", {{"estate", estate}, {"cloud", ""}, {"only", json::array()}, {"keep", true}});
  const json report =
      ask("POST", "/v1/apply", {{"estate", estate}, {"cloud", "local"}, {"destroy", false}, {"plan", plan}}, 200, true);
  EXPECT_EQ(report.value("ok", json()), true) << report;
  EXPECT_EQ(plan["contents"][0]["actions"][0]["object"], "Namespace train");
  const json again = ask("POST", "/v1/plan", {{"estate", estate}, {"force_conflicts", false}});
  EXPECT_FALSE(again.contains("contents")) << "a second apply has nothing to do: " << again["contents"];
  const json access = ask("POST", "/v1/kubeconfig", {{"estate", estate}, {"cluster", "small"}, {"admin", true}});
  EXPECT_NE(access.value("kubeconfig", "").find("clusters:"), std::string::npos);
  ask("POST", "/v1/status", {{"estate", estate}, {"cloud", ""}});
  EXPECT_FALSE(ask("GET", "/v1/history").value("history", json()).empty());
  const std::string log = forecast::sample_log({.first_day = *parse_iso("2026-01-01T00:00:00Z"), .days = 200}, Rng(1));
  ask("POST", "/v1/forecast/train",
      {{"estate", estate},
       {"cloud", ""},
       {"scaler", ""},
       {"log", {{"file", "log.tsv"}, {"text", log}, {"format", ""}}}});
  EXPECT_FALSE(
      ask("POST", "/v1/forecast/models", {{"estate", estate}, {"scaler", ""}}).value("models", json()).empty());
  ask("POST", "/v1/scale", {{"estate", estate}, {"scaler", "small/nodepool1"}, {"dry_run", true}});
  const json watched =
      ask("POST", "/v1/scale/watch",
          {{"estate", estate}, {"scaler", ""}, {"dry_run", true}, {"every_s", 60.0}, {"times", 3}}, 200, true);
  EXPECT_EQ(watched.value("rounds", json()), 3);
  EXPECT_EQ(watched.value("stopped", json()), false);
  json live = estate;  // no load is read: pending pods alone ask for nodes
  live["text"] = replace_all(estate.value("text", ""),
                             R"(load: {log: "blob://smalllab/data/log.tsv"}, slo: {below: 50s, band: 20s})",
                             "slo: 99%, mode: act");
  const json turn = ask("POST", "/v1/scale", {{"estate", live}, {"scaler", ""}});
  EXPECT_EQ(turn.value("acts", json()), true) << turn;
  ask("POST", "/v1/scale/hand", {{"estate", live}, {"nodes", 2}, {"for_s", 600}, {"by", "me"}, {"reason", "a test"}});
  const json grown = ask("POST", "/v1/scale", {{"estate", live}, {"scaler", ""}});
  EXPECT_EQ(grown.value("nodes_after", json()), 2) << grown;
  EXPECT_EQ(
      ask("POST", "/v1/scale/watch", {{"estate", live}, {"times", 2}, {"every_s", 60.0}}, 200, true).value("rounds", 0),
      2);
  ask("POST", "/v1/scale/hand", {{"estate", live}, {"release", true}});
  ask("POST", "/v1/scale/hand", {{"estate", estate}, {"nodes", 2}}, 412);
  const json explained = ask("POST", "/v1/scale/explain", {{"estate", live}, {"count", 10}});
  EXPECT_EQ(explained.at("decisions").size(), 4U) << explained;
  const json pools = ask("GET", "/v1/pools");
  EXPECT_EQ(pools["pools"].at(0).value("scaler", ""), "small/nodepool1") << pools;
  EXPECT_EQ(pools["pools"][0].value("asked", 0), 2) << "as it was in the last turn";
  EXPECT_FALSE(pools["pools"][0].value("is_kept", true));
  ask("POST", "/v1/pools/hand", {{"scaler", "small/nodepool1"}, {"pause", true}}, 412);
  ask("POST", "/v1/scale/watch", {{"estate", live}, {"keep", true}});
  ask("POST", "/v1/pools/hand", {{"scaler", "small/nodepool1"}, {"nodes", 1}, {"for_s", 600}, {"reason", "a test"}});
  const json pinned = ask("GET", "/v1/pools")["pools"][0];
  EXPECT_EQ(pinned["hand"].value("nodes", 0), 1) << pinned;
  EXPECT_EQ(pinned["hand"].value("by", ""), "somebody at the page");
  ask("PUT", "/v1/secrets/a%2Fb", {{"value", "secret"}});

  const json job = {
      {"file", "job.yml"}, {"text", "command: echo one\nenvironment: host\ndisplay_name: a b\n"}, {"folder", folder_}};
  ask("POST", "/v1/jobs", {{"job", job}, {"environment", "host"}, {"dry_run", true}, {"confined", false}});
  const std::string id =
      ask("POST", "/v1/jobs",
          {{"job", job}, {"set", json::object()}, {"owner", "me"}, {"priority", 1}, {"confined", false}})
          .value("id", json());
  ask("GET", "/v1/jobs");
  EXPECT_EQ(ask("GET", "/v1/jobs/" + id + "/log", {}, 200, true).value("state", json()), "completed");
  EXPECT_EQ(ask("GET", "/v1/jobs/" + id + "/log?from=0").value("text", json()), "one\n");
  EXPECT_EQ(ask("GET", "/v1/jobs/a%20b").value("id", json()), id) << "by its display name, which has a blank";
  ask("POST", "/v1/jobs/" + id + "/download", {{"to", folder_ + "/copy"}});
  ask("GET", "/v1/jobs/" + id + "/metrics");
  ask("GET", "/v1/jobs/" + id + "/outputs/none?from=0", {}, 404);
  asked_.insert("GET /v1/jobs/{id}/outputs/{path}");  // of one that there is: ShowsWhatAJobLoggedAndMade
  const json endless = {{"text", "command: sleep 600\nenvironment: host\n"}, {"folder", folder_}};
  const std::string other = ask("POST", "/v1/jobs", {{"job", endless}, {"confined", false}}).value("id", json());
  json way = json::object();  // once it runs
  for (int i = 0; i < 100 && way.value("state", "") != "running"; ++i) way = ask("GET", "/v1/jobs/" + other);
  // The launcher says the number of the process a moment after it runs.
  const http::Request look{
      .method = "GET", .url = "http://drover/v1/jobs/" + other + "/access?rank=0", .headers = {}, .body = ""};
  for (int i = 0; i < 500 && api::handle(look, *workbench_, nullptr).status != 200; ++i) ::usleep(10'000);
  way = ask("GET", "/v1/jobs/" + other + "/access?rank=0&terminal=1");
  EXPECT_EQ(way.at("exec").at(0), "nsenter") << way;
  ask("GET", "/v1/jobs/" + other + "/access?rank=1", {}, 412);
  ask("GET", "/v1/jobs/" + id + "/access", {}, 412);
  ask("POST", "/v1/jobs/" + other + "/cancel");
  EXPECT_EQ(ask("GET", "/v1/jobs/" + other + "/log", {}, 200, true).value("state", json()), "canceled");
  ask("DELETE", "/v1/jobs/" + other);
  const json advice = ask("POST", "/v1/jobs/advice", {{"job", job}, {"environment", "host"}, {"confined", false}});
  EXPECT_EQ(advice.value("best", json()), "local") << advice;
  json bare = estate;
  bare["text"] =
      "estate: bare\ncloud: local\naccounts:\n  main: {subscription: 10ca1000-0000-4000-8000-000000000002, "
      "tenant: 10ca1000-0000-4000-8000-000000000001, location: eastus, group: rg}\n";
  const json verified = ask("POST", "/v1/verify", {{"estate", bare}, {"cloud", ""}, {"confined", false}}, 200, true);
  EXPECT_EQ(verified.value("ok", json()), true) << verified;
  const json many = ask("POST", "/v1/jobs/batch", {{"jobs", {job, job}}, {"owner", "me"}, {"confined", false}});
  EXPECT_EQ(many.at("jobs").size(), 2U);
  ask("GET", "/v1/jobs/" + many.at("jobs").at(1).value("id", "") + "/log", {}, 200, true);
  EXPECT_TRUE(ask("POST", "/v1/jobs/prune", {{"older_s", 3600}}).at("jobs").empty());
  EXPECT_EQ(ask("POST", "/v1/jobs/prune", {{"older_s", 0}, {"dry_run", true}}).at("jobs").at(0), id) << "the oldest";
  EXPECT_TRUE(ask("GET", "/v1/errands").value("errands", json()).empty());
  ask("DELETE", "/v1/errands/1", {}, 404);
  asked_.insert("DELETE /v1/errands/{id}");  // in a process of its own there is none to stop

  for (const auto& route : api::routes())
    EXPECT_TRUE(asked_.contains(std::string(route.method) + " " + std::string(route.path)))
        << route.method << " " << route.path << " was never asked";
}

TEST_F(ApiTest, ShowsWhatAJobLoggedAndMade) {
  const std::string text =
      "command: mkdir -p 'outputs/a b' && printf made >'outputs/a b/c.txt'\nenvironment: host\ntags: {team: vision}\n";
  const json files = json::array({{{"text", text}, {"folder", folder_}}, {{"text", text}, {"folder", folder_}}});
  const json both = ask("POST", "/v1/jobs/batch", {{"jobs", files}, {"confined", false}});
  const std::string first = both.at("jobs").at(0).at("id"), id = both.at("jobs").at(1).at("id");
  for (const auto& each : {first, id}) ask("GET", "/v1/jobs/" + each + "/log", {}, 200, true);

  control::Tracking tracking(workbench_->store());
  const std::string run = control::run_of_job(id);
  ASSERT_TRUE(tracking.create_run({{"experiment_id", "0"}}, run, Instant{}));
  for (int step = 0; step < 2500; ++step) {
    control::TrackingBatch batch;
    batch.metrics.push_back({{"key", "loss"}, {"value", step}, {"timestamp", 1000 + step}, {"step", step}});
    if (step == 0) batch.metrics.push_back({{"key", "rate"}, {"value", "NaN"}, {"timestamp", 1}, {"step", 0}});
    if (step == 0) batch.params.push_back({{"key", "layers"}, {"value", "18"}});
    ASSERT_TRUE(tracking.log(run, batch));
  }
  const json logged = ask("GET", "/v1/jobs/" + id + "/metrics");
  ASSERT_EQ(logged.at("metrics").size(), 2U);
  const json& loss = logged.at("metrics").at(0);
  EXPECT_EQ(loss.at("count"), 2500);
  EXPECT_EQ(loss.at("values").size(), 1000U) << "more than a chart can show are thinned out";
  EXPECT_EQ(loss.at("values").front().at("step"), 0);
  EXPECT_EQ(loss.at("values").back().at("step"), 2499) << "but the last is there";
  EXPECT_EQ(logged.at("metrics").at(1).at("values").at(0).at("value"), "NaN");
  EXPECT_EQ(logged.at("params").at(0).at("value"), "18");
  EXPECT_TRUE(ask("GET", "/v1/jobs/" + first + "/metrics").at("metrics").empty());

  const json job = ask("GET", "/v1/jobs/" + id);
  EXPECT_EQ(job.at("outputs").at(0).at("path"), "a b/c.txt");
  EXPECT_TRUE(job.at("past").empty());
  EXPECT_EQ(ask("GET", "/v1/jobs/" + id + "/outputs/a%20b%2Fc.txt"), "made");
  EXPECT_EQ(ask("GET", "/v1/jobs/" + id + "/outputs/a%20b%2Fc.txt?from=2"), "de");
  EXPECT_EQ(ask("GET", "/v1/jobs/" + id + "/outputs/a%20b%2Fc.txt?from=4"), "");
  ask("GET", "/v1/jobs/" + id + "/outputs/..%2F..%2F..%2F..%2Fstate.db", {}, 404);

  EXPECT_EQ(ask("GET", "/v1/jobs").at("jobs").size(), 2U);
  const json last = ask("GET", "/v1/jobs?open_max=1&ended_max=1&metrics=1");
  EXPECT_EQ(last.at("ended"), 2);
  ASSERT_EQ(last.at("jobs").size(), 1U);
  const auto& ended = last.at("jobs").at(0);
  const json other = ask("GET", "/v1/jobs/" + (ended.at("id") == id ? first : id));
  EXPECT_GE(ended.at("ended_us"), other.at("ended_us")) << "the one that ended last";
  const json with_metrics = ask("GET", "/v1/jobs?metrics=1");
  EXPECT_EQ(with_metrics.at("jobs").at(1).at("metrics").at(0).at("value"), 2499);
  EXPECT_TRUE(ask("GET", "/v1/jobs?ended_max=0").at("jobs").empty());
}

TEST_F(ApiTest, RefusesInItsOwnForm) {
  ask("GET", "/v1/none", {}, 404);
  ask("DELETE", "/v1/jobs", {}, 404);
  ask("GET", "/v1/jobs/none", {}, 404);
  ask("GET", "/v1/jobs//log", {}, 404);
  ask("GET", "/v1/jobs/%4/log", {}, 404);
  ask("POST", "/v1/plan", json::array(), 422);
  ask("POST", "/v1/plan", {{"estate", {{"text", 7}}}}, 422);
  ask("GET", "/v1/jobs/none/log?from=x", {}, 404);
}

TEST_F(ApiTest, SpeaksMlflowInMlflowsForm) {
  const auto call = [&](const std::string& method, const std::string& path, const json& body = {}) {
    http::Request request{.method = method, .url = "http://drover" + path, .headers = {}, .body = ""};
    if (!body.is_null()) request.body = body.dump();
    const auto response = api::handle(request, *workbench_, nullptr);
    json answer = parse_json(response.body);
    answer["status"] = response.status;
    return answer;
  };
  const std::string at = "/api/2.0/mlflow/";
  EXPECT_EQ(call("POST", at + "experiments/create", {{"name", "a b"}}).value("experiment_id", ""), "1");
  EXPECT_EQ(call("GET", "/ajax-api/2.0/mlflow/experiments/get-by-name?experiment_name=a+b").value("status", 0), 200);
  EXPECT_EQ(call("POST", at + "experiments/create", {{"name", "a b"}}).value("error_code", ""),
            "RESOURCE_ALREADY_EXISTS");
  const json none = call("GET", at + "runs/get?run_id=none");
  EXPECT_EQ(none.value("error_code", ""), "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(none.value("status", 0), 404);
  const json misread = call("POST", at + "runs/search", {{"experiment_ids", {"1"}}, {"filter", "metrics.a > 'x'"}});
  EXPECT_EQ(misread.value("error_code", ""), "INVALID_PARAMETER_VALUE") << "never a wrong answer";
  EXPECT_EQ(call("POST", at + "runs/log-metric", {{"run_id", 7}}).value("error_code", ""), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(call("POST", at + "model-versions/create", json::object()).value("error_code", ""), "ENDPOINT_NOT_FOUND");
  for (int i = 0; i < 3; ++i) call("POST", at + "runs/create", {{"experiment_id", "1"}});
  const auto found = call("POST", at + "runs/search", {{"experiment_ids", {"1"}}, {"max_results", 2}});
  EXPECT_EQ(found.at("runs").size(), 2U);
  const json rest =
      call("POST", at + "runs/search", {{"experiment_ids", {"1"}}, {"page_token", found.value("next_page_token", "")}});
  EXPECT_EQ(rest.at("runs").size(), 1U);
  EXPECT_FALSE(rest.contains("next_page_token"));
  const std::string run = rest.at("runs").at(0).at("info").at("run_id");
  call("POST", at + "runs/log-metric", {{"run_id", run}, {"key", "a"}, {"value", 2}, {"timestamp", 1}});
  const json filtered =
      call("POST", at + "runs/search",
           {{"experiment_ids", {"1"}}, {"filter", "metrics.a > 1"}, {"order_by", {"metrics.a DESC"}}});
  ASSERT_EQ(filtered.at("runs").size(), 1U);
  EXPECT_EQ(filtered.at("runs").at(0).at("info").at("run_id"), run);
}

TEST_F(ApiTest, LetsAJobWriteToItsOwnRunsOnly) {
  const auto call = [&](const std::string& path, const json& body) {
    http::Request request{
        .method = "POST", .url = "http://drover/api/2.0/mlflow/" + path, .headers = {}, .body = body.dump()};
    request.headers.add("Authorization", "Bearer job-abcd1234-0123");
    const auto response = api::handle(request, *workbench_, nullptr);
    json answer = parse_json(response.body);
    answer["status"] = response.status;
    return answer;
  };
  control::Tracking tracking(workbench_->store());
  ASSERT_TRUE(tracking.create_run({{"experiment_id", "0"}}, control::run_of_job("abcd1234"), Instant{}));
  ASSERT_TRUE(tracking.create_run({{"experiment_id", "0"}}, control::run_of_job("other"), Instant{}));
  const auto log = [&](const std::string& run) {
    return call("runs/log-metric", {{"run_id", run}, {"key", "a"}, {"value", 1}, {"timestamp", 1}}).value("status", 0);
  };
  EXPECT_EQ(log(control::run_of_job("abcd1234")), 200);
  EXPECT_EQ(log(control::run_of_job("other")), 403);
  const json made = call("runs/create", {{"experiment_id", "0"}});
  EXPECT_EQ(log(made.at("run").at("info").at("run_id")), 200) << "a nested run";
  EXPECT_EQ(
      call("runs/set-tag", {{"run_id", control::run_of_job("other")}, {"key", "drover.job"}, {"value", "abcd1234"}})
          .value("error_code", ""),
      "PERMISSION_DENIED");
}

TEST_F(ApiTest, ChangesOneThingAtATime) {
  const auto held = workbench_->claim("an apply of estate one");
  ASSERT_TRUE(held);
  const json refused = ask("POST", "/v1/apply", {{"estate", {{"file", "e"}, {"text", estate_text}}}}, 409);
  EXPECT_NE(refused.dump().find("an apply of estate one is under way"), std::string::npos);
}

/// What is required and has no type, by where it is.
std::string undescribed(const json& schema, const std::string& where) {
  std::string found;
  if (schema.is_object() && schema.contains("required") && schema["required"].is_array())
    for (const auto& member : schema["required"])
      if (!schema.value("properties", json::object()).contains(member))
        found += where + "/" + std::string(member) + " ";
  if (schema.is_structured())
    for (const auto& [key, part] : schema.items()) found += undescribed(part, where + "/" + key);
  return found;
}

/// The document itself: every route is in it, and every schema that it names exists.
TEST(OpenApiTest, DescribesTheTable) {
  const json document = api::openapi("1");
  std::set<std::string> ids;
  for (const auto& route : api::routes()) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    const json& operation = document["paths"][std::string(route.path)][method];
    EXPECT_EQ(operation["summary"], route.summary);
    EXPECT_TRUE(ids.insert(operation["operationId"].get<std::string>()).second) << operation["operationId"];
    for (const auto name : {route.request, route.answer, route.query})
      if (!name.empty()) EXPECT_TRUE(document["components"]["schemas"].contains(std::string(name))) << name;
  }
  std::set<std::string> named;
  const std::string text = document.dump();
  constexpr std::string_view mark = "#/components/schemas/";
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; ++at)
    named.insert(text.substr(at + mark.size(), text.find('"', at) - at - mark.size()));
  for (const auto& name : named) EXPECT_TRUE(document["components"]["schemas"].contains(name)) << name;
  EXPECT_EQ(undescribed(document["components"]["schemas"], ""), "") << "programs that are made from it need the types";
  EXPECT_NE(misfits("Job", json::object()), "") << "a schema must be able to refuse";
}

}  // namespace
}  // namespace drover::app
