// MLflow's API as its clients meet it: a request, and the status, the error_code and the words that come back. What is
// expected follows MLflow's own server (mlflow/server/handlers.py, mlflow/utils/validation.py, the SQL store).
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/handlers.hpp"
#include "app/workbench.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "control/tracking.hpp"

namespace drover::app {
namespace {

using nlohmann::json;

/// `bytes` of two each: text whose length in characters is not that in bytes.
std::string umlauts(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "\u00fc";
  return text;
}

class MlflowTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/drover-mlflow-XXXXXX";
    folder_ = ::mkdtemp(name);
    const auto environment = [this](const std::string& variable) -> std::optional<std::string> {
      if (variable == "DROVER_STATE" || variable == "XDG_CONFIG_HOME") return folder_;
      return std::nullopt;
    };
    workbench_.emplace(typed_, environment);
    ASSERT_TRUE(workbench_->open());
    experiment_ = call("POST", "experiments/create", R"({"name": "lab"})").at("experiment_id");
    run_ =
        call("POST", "runs/create", R"({"experiment_id": "EXP", "start_time": 5})").at("run").at("info").at("run_id");
  }
  void TearDown() override {
    workbench_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// The answer, with its "status". RUN and EXP in what is sent stand for a run and an experiment that are there.
  json call(const std::string& method, const std::string& path, const std::string& body = "",
            const std::string& token = "") {
    const auto filled = [&](const std::string& text) {
      return replace_all(replace_all(text, "RUN", run_), "EXP", experiment_);
    };
    http::Request request{
        .method = method, .url = "http://drover/api/2.0/mlflow/" + filled(path), .headers = {}, .body = filled(body)};
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
    const auto response = api::handle(request, *workbench_, nullptr);
    json answer = parse_json(response.body);
    EXPECT_TRUE(answer.is_object()) << response.body;
    answer["status"] = response.status;
    return answer;
  }

  json run_now() { return call("GET", "runs/get?run_id=RUN").at("run"); }
  /// Names of the runs, or the ids of the experiments, that a search finds.
  std::string found(const std::string& path, const std::string& body) {
    const json answer = call("POST", path, body);
    std::string names;
    for (const auto& each : answer.value("runs", json::array()))
      names += each.at("info").at("run_name").get<std::string>() + " ";
    for (const auto& each : answer.value("experiments", json::array()))
      names += each.at("name").get<std::string>() + " ";
    return names + answer.value("message", "");
  }

  std::string folder_, experiment_, run_;
  cli::Invocation typed_;
  std::optional<Workbench> workbench_;
};

struct Exchange {
  const char *method, *path;
  std::string body;
  const char* code;       ///< "" where it is answered
  const char* says = "";  ///< part of the message
};

constexpr const char* bad = "INVALID_PARAMETER_VALUE";
constexpr const char* none = "RESOURCE_DOES_NOT_EXIST";

TEST_F(MlflowTest, AnswersAsMlflowsServer) {
  const std::string metric = R"({"run_id": "RUN", "key": "m", "value": 1, "timestamp": 1, "step": 0)";
  const auto with = [](const std::string& key, const std::string& value) {
    return json{{"run_id", "RUN"}, {"key", key}, {"value", value}}.dump();
  };
  const std::vector<Exchange> exchanges = {
      // Types: Protocol Buffers' JSON.
      {"POST", "runs/log-metric", metric + "}", ""},
      {"POST", "runs/log-metric", R"({"run_id":"RUN","key":"m","value":"0.5","timestamp":"1","step":"7"})", ""},
      {"POST", "runs/log-metric", metric + R"(, "value": "-1e-3"})", ""},
      {"POST", "runs/log-metric", metric + R"(, "value": "NaN"})", ""},
      {"POST", "runs/log-metric", metric + R"(, "value": NaN})", ""},
      {"POST", "runs/log-metric", metric + R"(, "value": -Infinity})", ""},
      {"POST", "runs/log-metric", metric + R"(, "step": 3.0, "timestamp": 7.0})", ""},
      {"POST", "runs/log-metric", metric + R"(, "step": null})", ""},
      {"POST", "runs/log-metric", metric + R"(, "step": -1, "unknown": {"a": [1]}})", ""},
      {"POST", "runs/log-metric", metric + R"(, "value": "much"})", bad,
       "Invalid value \"much\" for parameter 'value'"},
      {"POST", "runs/log-metric", metric + R"(, "value": "0x10"})", bad, "'value'"},
      {"POST", "runs/log-metric", metric + R"(, "value": "inf"})", bad, "'value'"},
      {"POST", "runs/log-metric", metric + R"(, "value": "1 "})", bad, "'value'"},
      {"POST", "runs/log-metric", metric + R"(, "value": true})", bad, "of type 'bool'"},
      {"POST", "runs/log-metric", metric + R"(, "value": [1]})", bad, "of type 'list'"},
      {"POST", "runs/log-metric", metric + R"(, "value": null})", bad, "Missing value for required parameter 'value'"},
      {"POST", "runs/log-metric", metric + R"(, "value": 1e999})", bad},
      {"POST", "runs/log-metric", metric + R"(, "timestamp": 99999999999999999999999})", bad, "'timestamp'"},
      {"POST", "runs/log-metric", metric + R"(, "timestamp": 9223372036854775808})", bad, "'timestamp'"},
      {"POST", "runs/log-metric", metric + R"(, "timestamp": 9223372036854775807})", ""},
      {"POST", "runs/log-metric", metric + R"(, "timestamp": -1})", bad, "nonnegative"},
      {"POST", "runs/log-metric", metric + R"(, "step": 1e23})", bad, "'step'"},
      {"POST", "runs/log-metric", metric + R"(, "step": 0.5})", bad, "'step'"},
      {"POST", "runs/log-metric", metric + R"(, "step": "1.0"})", bad, "'step'"},
      {"POST", "runs/log-metric", metric + R"(, "step": true})", bad, "'step'"},
      {"POST", "runs/log-metric", metric + R"(, "step": NaN})", bad, "'step'"},
      {"POST", "runs/log-metric", R"({"run_id": "RUN", "key": "m", "value": 1})", bad,
       "Missing value for required parameter 'timestamp'. See the API docs"},
      {"POST", "runs/log-metric", metric + R"(, "run_id": 7})", bad, "Invalid value 7 for parameter 'run_id'"},
      {"POST", "runs/log-metric", R"({"run_uuid": "RUN", "key": "m", "value": 1, "timestamp": 1})", ""},
      {"POST", "runs/set-tag", R"({"run_id": "RUN", "key": "k", "value": 5})", bad, "Invalid value 5"},
      {"POST", "runs/set-tag", R"({"run_id": "RUN", "key": "k", "value": NaN})", bad, "Invalid value \"NaN\""},
      {"POST", "runs/set-tag", R"({"run_id": "RUN", "key": "k", "value": null})", ""},
      {"POST", "runs/search", R"({"experiment_ids": [1, "0"]})", ""},
      {"POST", "runs/search", R"({"experiment_ids": [1.5]})", bad, "'experiment_ids[0]'"},
      {"POST", "runs/search", R"({"experiment_ids": "1"})", bad, "'experiment_ids'"},
      {"POST", "runs/search", R"({"experiment_ids": [null]})", bad, "'experiment_ids[0]'"},
      {"POST", "runs/create", R"({"experiment_id": 1})", ""},
      {"GET", "experiments/get?experiment_id=1", "", ""},
      // Bodies.
      {"POST", "runs/log-metric", "", bad, "Missing value for required parameter 'run_id'"},
      {"POST", "runs/log-metric", "{", bad, "not a JSON object"},
      {"POST", "runs/log-metric", "[1]", bad, "not a JSON object"},
      {"POST", "runs/log-metric", "{\"run_id\": \"\xff\"}", bad},
      {"POST", "runs/search", json(R"({"experiment_ids": ["1"]})").dump(), "", ""},  // encoded twice
      {"GET", "runs/get?run_id=%ff", "", bad, "UTF-8"},
      {"GET", "runs/get", R"({"run_id": "RUN"})", ""},
      // Lengths, in characters.
      {"POST", "runs/log-parameter", with("long", umlauts(6000)), ""},
      {"POST", "runs/log-parameter", with("longer", umlauts(6001)), bad, "'value' exceeds the maximum length of 6000"},
      {"POST", "runs/set-tag", with("long", umlauts(8000)), ""},
      {"POST", "runs/set-tag", with("longer", umlauts(8001)), bad, "8000 characters"},
      {"POST", "runs/set-tag", with(umlauts(250), "x"), ""},
      {"POST", "runs/set-tag", with(umlauts(251), "x"), bad, "'key' exceeds the maximum length of 250"},
      {"POST", "experiments/create", json{{"name", umlauts(500)}}.dump(), ""},
      {"POST", "experiments/create", json{{"name", umlauts(501)}}.dump(), bad, "500 characters"},
      {"POST", "experiments/set-experiment-tag",
       json{{"experiment_id", 1}, {"key", "k"}, {"value", umlauts(5000)}}.dump(), ""},
      {"POST", "experiments/set-experiment-tag",
       json{{"experiment_id", 1}, {"key", "k"}, {"value", umlauts(5001)}}.dump(), bad, "5000"},
      // Names.
      {"POST", "runs/log-parameter", with("a/b c.d-e_f:g", "1"), ""},
      {"POST", "runs/log-parameter", with("a*", "1"), bad, "Names may only contain"},
      {"POST", "runs/log-parameter", with("a//b", "1"), bad, "must not resolve to other names"},
      {"POST", "runs/log-parameter", with("../a", "1"), bad, "must not resolve to other names"},
      {"POST", "runs/log-parameter", with("/a", "1"), bad, "must not resolve to other names"},
      {"POST", "runs/log-parameter", with("", "1"), bad, "Missing value for required parameter 'key'"},
      // Parameters stand.
      {"POST", "runs/log-parameter", with("rate", "0.1"), ""},
      {"POST", "runs/log-parameter", with("rate", "0.1"), ""},
      {"POST", "runs/log-parameter", with("rate", "0.2"), bad,
       "Changing param values is not allowed. Param with key='rate' was already logged with value='0.1'"},
      {"POST", "runs/log-batch", R"({"run_id":"RUN","params":[{"key":"a","value":"1"},{"key":"a","value":"2"}]})", bad,
       "Duplicate parameter keys have been submitted: [\"a\"]"},
      {"POST", "runs/log-batch", R"({"run_id":"RUN","metrics":[{"key":"a","value":1}]})", bad,
       "'metrics[0].timestamp'"},
      {"POST", "runs/log-batch", R"({"run_id":"RUN","params":[{"value":"1"}]})", bad, "'params[0].key'"},
      {"POST", "runs/log-batch", R"({"run_id":"RUN","params":{"a":"1"}})", bad, "'params'"},
      {"POST", "runs/log-batch", R"({"run_id":"RUN","tags":["a"]})", bad, "'tags[0]'"},
      {"POST", "runs/log-batch", R"({"run_id":"RUN"})", ""},
      // Paging.
      {"POST", "runs/search", R"({"experiment_ids":["1"],"max_results":0})", bad,
       "Invalid value 0 for parameter 'max_results'"},
      {"POST", "runs/search", R"({"experiment_ids":["1"],"max_results":-1})", bad, "positive"},
      {"POST", "runs/search", R"({"experiment_ids":["1"],"max_results":50000})", ""},
      {"POST", "runs/search", R"({"experiment_ids":["1"],"max_results":50001})", bad, "at most 50000"},
      {"POST", "runs/search", R"({"experiment_ids":["1"],"max_results":"many"})", bad, "'max_results'"},
      {"POST", "runs/search", R"({"experiment_ids":["1"],"page_token":"moon"})", bad, "Invalid page token"},
      {"POST", "runs/search", R"({"experiment_ids":["1"],"page_token":"runs-from--1"})", bad, "Invalid page token"},
      {"POST", "runs/search", R"({"experiment_ids":["1"],"page_token":"runs-from-99999999999999999999"})", bad,
       "token"},
      {"POST", "runs/search", R"({"experiment_ids":["1"],"run_view_type":"MOON"})", bad, "'run_view_type'"},
      {"POST", "runs/search", R"({"experiment_ids":["1"],"run_view_type":3})", ""},
      {"POST", "runs/search", R"({"experiment_ids":["1"],"order_by":[7]})", bad, "'order_by[0]'"},
      {"GET", "experiments/search?max_results=0", "", bad, "positive"},
      {"GET", "experiments/search?max_results=2&view_type=ALL", "", ""},
      {"GET", "metrics/get-history?run_id=RUN&metric_key=m&max_results=25001", "", bad, "at most 25000"},
      {"GET", "metrics/get-history?run_id=RUN&metric_key=m&max_results=0", "", bad, "positive"},
      {"GET", "metrics/get-history?run_id=RUN&metric_key=never", "", ""},
      {"GET", "metrics/get-history?run_id=RUN", "", bad, "'metric_key'"},
      // What is not there.
      {"GET", "runs/get?run_id=none", "", none, "Run with id=none not found"},
      {"GET", "experiments/get?experiment_id=99", "", none, "No Experiment with id=99 exists"},
      {"GET", "experiments/get-by-name?experiment_name=moon", "", none, "Could not find experiment with name 'moon'"},
      {"POST", "runs/create", R"({"experiment_id":"99"})", none, "No Experiment with id=99 exists"},
      {"POST", "runs/delete-tag", R"({"run_id":"RUN","key":"never"})", none, "No tag with name: never in run with id"},
      {"POST", "experiments/delete", R"({"experiment_id":"99"})", none},
      {"POST", "experiments/restore", R"({"experiment_id":"1"})", none, "No Experiment with id=1 exists"},
      {"POST", "experiments/create", R"({"name":"lab"})", "RESOURCE_ALREADY_EXISTS",
       "Experiment 'lab' already exists."},
      {"POST", "experiments/create", R"({"name":""})", bad, "Missing value for required parameter 'name'"},
      {"POST", "runs/create", R"({"experiment_id":"1","run_name":"a","tags":[{"key":"mlflow.runName","value":"b"}]})",
       bad, "different values"},
      {"POST", "runs/update", R"({"run_id":"RUN","status":"DONE"})", bad, "'status'"},
      {"POST", "runs/update", R"({"run_id":"RUN","end_time":"soon"})", bad, "'end_time'"},
      {"POST", "runs/update", R"({"run_id":"RUN","status":3,"end_time":"9"})", ""},
      {"GET", "artifacts/list?run_id=RUN&path=../..", "", bad, "Invalid path"},
      // Models and inputs.
      {"POST", "runs/log-model", R"({"run_id":"RUN","model_json":"{"})", bad, "is not a valid JSON"},
      {"POST", "runs/log-model", R"({"run_id":"RUN","model_json":"{\"run_id\":\"a\"}"})", bad,
       "'artifact_path', 'flavors', 'utc_time_created'"},
      {"POST", "runs/log-inputs", R"({"run_id":"RUN","datasets":[{"dataset":{"name":"d"}}]})", bad,
       "'datasets[0].dataset.digest'"},
      {"POST", "runs/log-inputs", R"({"run_id":"RUN","datasets":[{}]})", bad, "'datasets[0].dataset'"},
      {"POST", "runs/log-inputs", R"({"run_id":"RUN","models":[{"model_id":"m"}]})", bad, "models"},
      // What Drover does not answer.
      {"POST", "registered-models/create", "{}", "ENDPOINT_NOT_FOUND"},
      {"POST", "runs/get", "{}", "ENDPOINT_NOT_FOUND"},
  };
  for (const auto& each : exchanges) {
    SCOPED_TRACE(std::string(each.method) + " " + each.path + " " + each.body.substr(0, 200));
    const json answer = call(each.method, each.path, each.body);
    const std::string code = each.code;
    EXPECT_EQ(answer.value("error_code", ""), code) << answer.value("message", "");
    const int status = code.empty() ? 200 : code == none || code == "ENDPOINT_NOT_FOUND" ? 404 : 400;
    EXPECT_EQ(answer.value("status", 0), status);
    const std::string message = answer.value("message", "");
    EXPECT_NE(message.find(each.says), std::string::npos) << message;
    for (const char* foreign : {"json.exception", "nlohmann", "simdjson", "type_error"})
      EXPECT_EQ(message.find(foreign), std::string::npos) << message;
  }
}

TEST_F(MlflowTest, TakesOnlySoMuchAtOnce) {
  const auto batch = [&](std::size_t metrics, std::size_t params, std::size_t tags) {
    json body = {{"run_id", run_}, {"metrics", json::array()}, {"params", json::array()}, {"tags", json::array()}};
    for (std::size_t i = 0; i < metrics; ++i)
      body["metrics"].push_back({{"key", "m"}, {"value", i}, {"timestamp", i}, {"step", i}});
    for (std::size_t i = 0; i < params; ++i) body["params"].push_back({{"key", std::to_string(i)}, {"value", "v"}});
    for (std::size_t i = 0; i < tags; ++i) body["tags"].push_back({{"key", std::to_string(i)}, {"value", "v"}});
    const json answer = call("POST", "runs/log-batch", body.dump());
    const std::string message = answer.value("message", "");
    return std::to_string(answer.value("status", 0)) + " " + message.substr(0, message.find(". Please"));
  };
  EXPECT_EQ(batch(1001, 0, 0), "400 A batch logging request can contain at most 1000 metrics. Got 1001 metrics");
  EXPECT_EQ(batch(0, 101, 0), "400 A batch logging request can contain at most 100 params. Got 101 params");
  EXPECT_EQ(batch(0, 0, 101), "400 A batch logging request can contain at most 100 tags. Got 101 tags");
  EXPECT_EQ(batch(900, 100, 1),
            "400 A batch logging request can contain at most 1000 metrics, params, and tags. Got 1001 metrics, params, "
            "and tags");
  EXPECT_EQ(call("GET", "metrics/get-history?run_id=RUN&metric_key=m").at("metrics").size(), 0U) << "all or nothing";
  EXPECT_EQ(batch(800, 100, 100), "200 ");
}

TEST_F(MlflowTest, KeepsValuesAsTheyWereSent) {
  for (const char* value : {"NaN", "Infinity", "-Infinity", "0.5", "\"1e-3\""})
    EXPECT_EQ(call("POST", "runs/log-metric",
                   std::string(R"({"run_id":"RUN","key":"m","timestamp":"5","step":1,"value":)") + value + "}")
                  .value("status", 0),
              200)
        << value;
  const json values = call("GET", "metrics/get-history?run_id=RUN&metric_key=m").at("metrics");
  json kept = json::array();
  for (const auto& each : values) kept.push_back(each.at("value"));
  EXPECT_EQ(kept, json({"NaN", "Infinity", "-Infinity", 0.5, 0.001}));
  EXPECT_EQ(values.at(0).at("timestamp"), 5);
  EXPECT_EQ(run_now().at("data").at("metrics").at(0).at("value"), "Infinity") << "the greatest of one step and time";
}

TEST_F(MlflowTest, GivesTheHistoryInPages) {
  for (const int step : {2, 0, 1})
    call("POST", "runs/log-metric",
         json{{"run_id", run_}, {"key", "m"}, {"value", step}, {"timestamp", 10 + step}, {"step", step}}.dump());
  const std::string ask = "metrics/get-history?run_id=RUN&metric_key=m&max_results=2";
  const json first = call("GET", ask);
  ASSERT_EQ(first.at("metrics").size(), 2U);
  EXPECT_EQ(first.at("metrics").at(0).at("step"), 0) << "by time";
  const json rest = call("GET", ask + "&page_token=" + first.value("next_page_token", ""));
  ASSERT_EQ(rest.at("metrics").size(), 1U);
  EXPECT_EQ(rest.at("metrics").at(0).at("step"), 2);
  EXPECT_FALSE(rest.contains("next_page_token"));
}

TEST_F(MlflowTest, KeepsAValueOnceThatIsSentAgain) {
  const std::string same = R"({"run_id":"RUN","key":"m","value":1,"timestamp":1,"step":1})";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call("POST", "runs/log-metric", same).value("status", 0), 200);
  EXPECT_EQ(call("GET", "metrics/get-history?run_id=RUN&metric_key=m").at("metrics").size(), 1U);
}

TEST_F(MlflowTest, DeletesRunsAndBringsThemBack) {
  call("POST", "runs/update", R"({"run_id":"RUN","run_name":"one"})");
  call("POST", "runs/create", R"({"experiment_id":"EXP","run_name":"two","start_time":9})");
  const std::string in = R"({"experiment_ids":["EXP"])";
  EXPECT_EQ(found("runs/search", in + "}"), "two one ") << "the newest first";
  EXPECT_EQ(call("POST", "runs/delete", R"({"run_id":"RUN"})").value("status", 0), 200);
  EXPECT_EQ(found("runs/search", in + "}"), "two ");
  EXPECT_EQ(found("runs/search", in + R"(,"run_view_type":"DELETED_ONLY"})"), "one ");
  EXPECT_EQ(found("runs/search", in + R"(,"run_view_type":"ALL"})"), "two one ");
  EXPECT_EQ(run_now().at("info").at("lifecycle_stage"), "deleted");
  for (const char* path : {"runs/set-tag", "runs/log-parameter", "runs/delete-tag", "runs/update", "runs/log-inputs"}) {
    const json refused = call("POST", path, R"({"run_id":"RUN","key":"a","value":"b"})");
    EXPECT_EQ(refused.value("error_code", ""), bad) << path;
    EXPECT_NE(refused.value("message", "").find("must be in the 'active' state. Current state is deleted"),
              std::string::npos);
  }
  EXPECT_EQ(call("POST", "runs/restore", R"({"run_id":"RUN"})").value("status", 0), 200);
  EXPECT_EQ(found("runs/search", in + "}"), "two one ");
}

TEST_F(MlflowTest, DeletesExperimentsWithTheirRuns) {
  EXPECT_EQ(call("POST", "experiments/delete", R"({"experiment_id":"EXP"})").value("status", 0), 200);
  EXPECT_EQ(run_now().at("info").at("lifecycle_stage"), "deleted");
  EXPECT_EQ(call("GET", "experiments/get?experiment_id=EXP").at("experiment").at("lifecycle_stage"), "deleted");
  EXPECT_EQ(call("GET", "experiments/get-by-name?experiment_name=lab").value("status", 0), 200) << "found still";
  EXPECT_EQ(call("POST", "experiments/delete", R"({"experiment_id":"EXP"})").value("error_code", ""), none);
  EXPECT_EQ(call("POST", "experiments/update", R"({"experiment_id":"EXP","new_name":"x"})").value("error_code", ""),
            "INVALID_STATE");
  EXPECT_NE(call("POST", "runs/create", R"({"experiment_id":"EXP"})").value("message", "").find("'active' state"),
            std::string::npos);
  EXPECT_NE(call("POST", "experiments/create", R"({"name":"lab"})").value("message", "").find("in deleted state"),
            std::string::npos);
  EXPECT_EQ(found("experiments/search", R"({"max_results":9})"), "Default ");
  EXPECT_EQ(found("experiments/search", R"({"view_type":"DELETED_ONLY"})"), "lab ");
  EXPECT_EQ(call("POST", "experiments/restore", R"({"experiment_id":"EXP"})").value("status", 0), 200);
  EXPECT_EQ(run_now().at("info").at("lifecycle_stage"), "active");
}

TEST_F(MlflowTest, SearchesAndTagsExperiments) {
  for (const char* name : {"alpha", "Beta"}) call("POST", "experiments/create", json{{"name", name}}.dump());
  EXPECT_EQ(call("POST", "experiments/set-experiment-tag", R"({"experiment_id":2,"key":"team","value":"vision"})")
                .value("status", 0),
            200);
  EXPECT_EQ(found("experiments/search", R"({"filter":"tags.team = 'vision'"})"), "alpha ");
  EXPECT_EQ(found("experiments/search", R"({"filter":"name ILIKE 'b%' AND attribute.creation_time > 0"})"), "Beta ");
  EXPECT_EQ(found("experiments/search", R"({"order_by":["name ASC"]})"), "Beta Default alpha lab ");
  EXPECT_EQ(found("experiments/search", R"({"order_by":["experiment_id DESC"],"max_results":2})"), "Beta alpha ");
  EXPECT_NE(found("experiments/search", R"({"filter":"metrics.a > 1"})").find("none of tags and attributes"),
            std::string::npos);
  const json page = call("POST", "experiments/search", R"({"order_by":["experiment_id"],"max_results":3})");
  const std::string rest =
      json{{"order_by", {"experiment_id"}}, {"page_token", page.value("next_page_token", "")}}.dump();
  EXPECT_EQ(found("experiments/search", rest), "Beta ");
  EXPECT_EQ(
      call("POST", "experiments/delete-experiment-tag", R"({"experiment_id":"2","key":"team"})").value("status", 0),
      200);
  EXPECT_EQ(call("POST", "experiments/delete-experiment-tag", R"({"experiment_id":"2","key":"team"})")
                .value("error_code", ""),
            none);
  EXPECT_EQ(call("POST", "experiments/update", R"({"experiment_id":0,"new_name":"ours"})").value("status", 0), 200);
  EXPECT_EQ(call("GET", "experiments/get?experiment_id=0").at("experiment").at("name"), "ours");
  EXPECT_EQ(call("POST", "experiments/update", R"({"experiment_id":0,"new_name":"lab"})").value("error_code", ""),
            "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(call("POST", "experiments/create", R"({"name":"next"})").value("experiment_id", ""), "4")
      << "the changed default is counted once";
}

TEST_F(MlflowTest, KeepsWhatARunReadAndTheModelsThatItMade) {
  const std::string inputs =
      R"({"run_id":"RUN","datasets":[{"tags":[{"key":"mlflow.data.context","value":"train"}],
          "dataset":{"name":"wine","digest":"d1","source_type":"local","source":"/data"}}]})";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(call("POST", "runs/log-inputs", inputs).value("status", 0), 200);
  const json kept = run_now().at("inputs").at("dataset_inputs");
  ASSERT_EQ(kept.size(), 1U) << "each once";
  EXPECT_EQ(kept.at(0).at("dataset").at("name"), "wine");
  EXPECT_EQ(kept.at(0).at("tags").at(0).at("value"), "train");
  const json model = {{"artifact_path", "m"}, {"flavors", json::object()}, {"run_id", run_}, {"utc_time_created", "t"}};
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(
        call("POST", "runs/log-model", json{{"run_id", run_}, {"model_json", model.dump()}}.dump()).value("status", 0),
        200);
  for (const auto& tag : run_now().at("data").at("tags"))
    if (tag.at("key") == "mlflow.log-model.history")
      EXPECT_EQ(parse_json(tag.value("value", "")), json({model, model}));
  call("POST", "runs/set-tag", R"({"run_id":"RUN","key":"mlflow.runName","value":"renamed"})");
  EXPECT_EQ(run_now().at("info").at("run_name"), "renamed");
  EXPECT_EQ(call("POST", "runs/delete-tag", R"({"run_id":"RUN","key":"mlflow.log-model.history"})").value("status", 0),
            200);
  EXPECT_EQ(run_now().at("data").at("tags").size(), 1U);
}

TEST_F(MlflowTest, LetsAJobChangeItsOwnOnly) {
  const std::string token = "job-abcd1234-0123";
  control::Tracking tracking(workbench_->store());
  ASSERT_TRUE(tracking.create_run({{"experiment_id", experiment_}}, control::run_of_job("abcd1234"), Instant{}));
  const auto code = [&](const char* path, const std::string& body) {
    return call("POST", path, body, token).value("error_code", "");
  };
  for (const char* path : {"runs/delete", "runs/restore", "runs/delete-tag", "runs/log-inputs"})
    EXPECT_EQ(code(path, R"({"run_id":"RUN","key":"a"})"), "PERMISSION_DENIED") << path;
  for (const char* path : {"experiments/delete", "experiments/restore", "experiments/update"})
    EXPECT_EQ(code(path, R"({"experiment_id":"EXP","new_name":"x"})"), "PERMISSION_DENIED") << "others share it";
  EXPECT_EQ(code("experiments/set-experiment-tag", R"({"experiment_id":"EXP","key":"a","value":"b"})"), "");
  EXPECT_EQ(code("experiments/set-experiment-tag", R"({"experiment_id":"0","key":"a","value":"b"})"),
            "PERMISSION_DENIED");
  const std::string own = call("POST", "experiments/create", R"({"name":"own"})", token).at("experiment_id");
  EXPECT_EQ(code("experiments/update", R"({"new_name":"mine","experiment_id":")" + own + "\"}"), "");
  EXPECT_EQ(code("experiments/delete", R"({"experiment_id":")" + own + "\"}"), "");
}

TEST_F(MlflowTest, PutsArtifactsWhereTheExperimentSays) {
  const json made = call("POST", "experiments/create", R"({"name":"art","artifact_location":"s3://b/x"})");
  const json run = call("POST", "runs/create", json{{"experiment_id", made.at("experiment_id")}}.dump()).at("run");
  EXPECT_EQ(run.at("info").at("artifact_uri"),
            "s3://b/x/" + run.at("info").at("run_id").get<std::string>() + "/artifacts");
}

}  // namespace
}  // namespace drover::app
