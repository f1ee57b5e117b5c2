#include "control/tracking.hpp"

#include <gtest/gtest.h>

namespace drover::control {
namespace {

using nlohmann::json;

class TrackingTest : public testing::Test {
 protected:
  std::string begin() { return tracking_.create_run({{"experiment_id", "0"}}, "", now_)->at("info").at("run_id"); }
  json metric(const std::string& key, const json& value, std::int64_t step) {
    return {{"key", key}, {"value", value}, {"timestamp", 1000 + step}, {"step", step}};
  }
  MemoryStore store_;
  Tracking tracking_{store_};
  Instant now_{std::chrono::hours(1)};
};

TEST_F(TrackingTest, HasADefaultExperiment) {
  EXPECT_EQ(tracking_.experiment("0")->at("name"), "Default");
  EXPECT_EQ(tracking_.experiment_by_name("Default")->at("experiment_id"), "0");
  EXPECT_EQ(tracking_.experiment("1").error().code, Code::not_found);
}

TEST_F(TrackingTest, KeepsExperimentsByName) {
  const auto id = tracking_.create_experiment("lab", json::array(), now_);
  ASSERT_TRUE(id);
  EXPECT_EQ(tracking_.experiment_by_name("lab")->at("experiment_id"), *id);
  EXPECT_EQ(tracking_.create_experiment("lab", {}, now_).error().code, Code::already_exists);
  EXPECT_EQ(tracking_.create_experiment("Default", {}, now_).error().code, Code::already_exists);
  EXPECT_EQ(tracking_.create_experiment("", {}, now_).error().code, Code::invalid_input);
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(tracking_.create_experiment("more" + std::to_string(i), {}, now_));
  EXPECT_EQ(tracking_.experiments()->size(), 14U);
  EXPECT_EQ(tracking_.experiments()->back().at("experiment_id"), "13") << "in the order of their numbers";
}

TEST_F(TrackingTest, ShowsTheMetricOfTheHighestStep) {
  const auto run = begin();
  for (const int step : {0, 5, 2})
    ASSERT_TRUE(tracking_.log(run, {.metrics = json::array({metric("loss", step * 0.5, step)})}, now_));
  const json metrics = tracking_.run(run)->at("data").at("metrics");
  ASSERT_EQ(metrics.size(), 1U);
  EXPECT_EQ(metrics[0].at("value"), 2.5);
  const auto values = tracking_.history(run, "loss");
  ASSERT_EQ(values->size(), 3U);
  EXPECT_EQ(values->at(2).at("step"), 2) << "in the order in which they came";
  EXPECT_TRUE(tracking_.history(run, "los")->empty()) << "another key, though it begins alike";
}

TEST_F(TrackingTest, TakesKeysThatLookLikePathsAndNumbersThatJsonHasNot) {
  const auto run = begin();
  ASSERT_TRUE(tracking_.log(run, {.metrics = json::array({metric("val/loss", "NaN", 0), metric("val", 1, 0)})}, now_));
  EXPECT_EQ(tracking_.history(run, "val/loss")->size(), 1U);
  EXPECT_EQ(tracking_.history(run, "val")->size(), 1U);
  EXPECT_EQ(tracking_.log(run, {.metrics = json::array({metric("x", "many", 0)})}, now_).error().code,
            Code::invalid_input);
}

TEST_F(TrackingTest, LetsNoParameterChange) {
  const auto run = begin();
  const auto param = [](const char* value) { return json::array({{{"key", "rate"}, {"value", value}}}); };
  EXPECT_TRUE(tracking_.log(run, {.params = param("0.1")}, now_));
  EXPECT_TRUE(tracking_.log(run, {.params = param("0.1")}, now_)) << "the same again, as after an answer that was lost";
  EXPECT_EQ(
      tracking_.log(run, {.metrics = json::array({metric("m", 1, 0)}), .params = param("0.2")}, now_).error().code,
      Code::invalid_input);
  EXPECT_TRUE(tracking_.history(run, "m")->empty()) << "all or nothing";
  EXPECT_TRUE(tracking_.log(run, {.tags = param("a")}, now_));
  EXPECT_TRUE(tracking_.log(run, {.tags = param("b")}, now_)) << "tags do";
}

TEST_F(TrackingTest, BoundsWhatComesAtOnce) {
  const auto run = begin();
  json many = json::array();
  for (int i = 0; i < 1001; ++i) many.push_back(metric("m", i, i));
  EXPECT_EQ(tracking_.log(run, {.metrics = many}, now_).error().code, Code::invalid_input);
  many.erase(0);
  EXPECT_TRUE(tracking_.log(run, {.metrics = many}, now_));
  EXPECT_EQ(tracking_.history(run, "m")->size(), 1000U);
  EXPECT_EQ(
      tracking_.log(run, {.params = json::array({{{"key", std::string(251, 'k')}, {"value", ""}}})}, now_).error().code,
      Code::invalid_input);
}

TEST_F(TrackingTest, EndsRuns) {
  const auto run = begin();
  EXPECT_EQ(tracking_.run(run)->at("info").at("status"), "RUNNING");
  EXPECT_EQ(tracking_.update_run(run, {{"status", "FINISHED"}, {"end_time", 7}})->at("end_time"), 7);
  EXPECT_EQ(tracking_.update_run(run, {{"end_time", "1795331303153"}})->at("end_time"), 1795331303153);
  EXPECT_EQ(tracking_.update_run(run, {{"end_time", "soon"}}).error().code, Code::invalid_input);
  EXPECT_EQ(tracking_.update_run(run, {{"status", "DONE"}}).error().code, Code::invalid_input);
  EXPECT_EQ(tracking_.run(run)->at("info").at("status"), "FINISHED");
  EXPECT_EQ(tracking_.update_run("none", {}).error().code, Code::not_found);
  EXPECT_EQ(tracking_.create_run({{"experiment_id", "9"}}, "", now_).error().code, Code::not_found);
  EXPECT_EQ(tracking_.create_run(json::object(), run, now_).error().code, Code::already_exists);
}

TEST_F(TrackingTest, OpensAndClosesRunsOfJobs) {
  const auto run = run_of_job("abcd1234");
  const auto info = [&] { return tracking_.run(run)->at("info"); };
  ASSERT_TRUE(tracking_.open_run({{"experiment_id", "0"}, {"artifact_uri", "file:///1"}}, run, now_));
  ASSERT_TRUE(tracking_.log(run, {.metrics = json::array({metric("loss", 0.5, 1)})}, now_));
  ASSERT_TRUE(tracking_.close_run(run, "FAILED", now_ + std::chrono::seconds(1)));
  EXPECT_EQ(info().at("status"), "FAILED");
  const json ended = info().at("end_time");
  // The next attempt goes on with what the first has said.
  ASSERT_TRUE(tracking_.open_run({{"artifact_uri", "file:///2"}}, run, now_ + std::chrono::seconds(2)));
  EXPECT_EQ(info().at("status"), "RUNNING");
  EXPECT_EQ(info().at("artifact_uri"), "file:///2");
  EXPECT_EQ(tracking_.history(run, "loss")->size(), 1U);
  // What the script says of its end stands.
  ASSERT_TRUE(tracking_.update_run(run, {{"status", "KILLED"}}));
  ASSERT_TRUE(tracking_.close_run(run, "FINISHED", now_ + std::chrono::seconds(3)));
  EXPECT_EQ(info().at("status"), "KILLED");
  EXPECT_EQ(info().at("end_time"), ended);
  EXPECT_EQ(tracking_.close_run("none", "FINISHED", now_).error().code, Code::not_found);
}

TEST_F(TrackingTest, FindsRunsByExperiment) {
  const auto lab = *tracking_.create_experiment("lab", {}, now_);
  begin();
  const auto old = tracking_.create_run({{"experiment_id", lab}, {"start_time", 1}}, "", now_)->at("info").at("run_id");
  const auto young =
      tracking_.create_run({{"experiment_id", lab}, {"start_time", 2}}, "", now_)->at("info").at("run_id");
  const auto found = tracking_.runs({lab});
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->front().at("info").at("run_id"), young);
  EXPECT_EQ(found->back().at("info").at("run_id"), old);
  EXPECT_TRUE(tracking_.runs({})->empty());
  EXPECT_EQ(run_of_job("a"), run_of_job("a"));
  EXPECT_NE(run_of_job("a"), run_of_job("b"));
}

}  // namespace
}  // namespace drover::control
