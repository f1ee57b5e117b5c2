#include "control/tracking.hpp"

#include <gtest/gtest.h>

#include "codec/job_json.hpp"
#include "drivers/system/folders.hpp"

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
    ASSERT_TRUE(tracking_.log(run, {.metrics = json::array({metric("loss", step * 0.5, step)})}));
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
  ASSERT_TRUE(tracking_.log(run, {.metrics = json::array({metric("val/loss", "NaN", 0), metric("val", 1, 0)})}));
  EXPECT_EQ(tracking_.history(run, "val/loss")->size(), 1U);
  EXPECT_EQ(tracking_.history(run, "val")->size(), 1U);
  EXPECT_EQ(tracking_.log(run, {.metrics = json::array({metric("x", "many", 0)})}).error().code, Code::invalid_input);
}

TEST_F(TrackingTest, LetsNoParameterChange) {
  const auto run = begin();
  const auto param = [](const char* value) { return json::array({{{"key", "rate"}, {"value", value}}}); };
  EXPECT_TRUE(tracking_.log(run, {.params = param("0.1")}));
  EXPECT_TRUE(tracking_.log(run, {.params = param("0.1")})) << "the same again, as after an answer that was lost";
  EXPECT_EQ(tracking_.log(run, {.metrics = json::array({metric("m", 1, 0)}), .params = param("0.2")}).error().code,
            Code::invalid_input);
  EXPECT_TRUE(tracking_.history(run, "m")->empty()) << "all or nothing";
  EXPECT_TRUE(tracking_.log(run, {.tags = param("a")}));
  EXPECT_TRUE(tracking_.log(run, {.tags = param("b")})) << "tags do";
}

TEST_F(TrackingTest, BoundsWhatComesAtOnce) {
  const auto run = begin();
  json many = json::array();
  for (int i = 0; i < 1001; ++i) many.push_back(metric("m", i, i));
  EXPECT_EQ(tracking_.log(run, {.metrics = many}).error().code, Code::invalid_input);
  many.erase(0);
  EXPECT_TRUE(tracking_.log(run, {.metrics = many}));
  EXPECT_EQ(tracking_.history(run, "m")->size(), 1000U);
  EXPECT_EQ(tracking_.log(run, {.params = json::array({{{"key", std::string(251, 'k')}, {"value", ""}}})}).error().code,
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

/// Jobs on record, and what is told of their runs.
class TrackedJobs : public TrackingTest {
 protected:
  const jobs::JobRecord& put(jobs::JobRecord job) {
    job.id = "abcd1234";
    job.owner = "ada";
    EXPECT_TRUE(store_.commit({{"job/" + job.id, codec::to_json(job).dump()}}));
    auto opened = JobLoop::open({.store = store_,
                                 .folders = folders_,
                                 .clock = clock_,
                                 .folder = "/s",
                                 .runner = [](const auto&) -> Result<Runner*> { return fail(Code::not_found, ""); }});
    jobs_.emplace(std::move(*opened));
    return **jobs_->find(job.id);
  }
  json info() { return Tracking(store_, &*jobs_).run(run_)->at("info"); }

  const std::string run_ = run_of_job("abcd1234");
  system::SystemFolders folders_;
  SimClock clock_{now_};
  std::optional<JobLoop> jobs_;
};

TEST_F(TrackedJobs, HaveRunsThatNeedNotBeKept) {
  put({.attempt = 0});
  EXPECT_EQ(Tracking(store_, &*jobs_).run(run_).error().code, Code::not_found) << "it has not begun";
  jobs::JobRecord job{.state = jobs::State::running, .attempt = 1};
  job.started = now_;
  job.spec.experiment = "lab";
  put(job);
  EXPECT_EQ(info().at("status"), "RUNNING");
  EXPECT_EQ(info().at("user_id"), "ada");
  EXPECT_EQ(info().at("run_name"), "abcd1234");
  EXPECT_EQ(info().at("start_time"), 3'600'000);
  EXPECT_EQ(info().at("artifact_uri"), "file:///s/jobs/abcd1234/1/outputs");
  EXPECT_EQ(info().at("experiment_id"), "0") << "nobody has made its experiment";
  const auto lab = *tracking_.create_experiment("lab", {}, now_);
  EXPECT_EQ(info().at("experiment_id"), lab);
  EXPECT_EQ(Tracking(store_, &*jobs_).runs({lab})->size(), 1U);
  EXPECT_TRUE(store_.scan("tracking/run/")->empty());
  ASSERT_TRUE(tracking_.close_run(*jobs_->all().front()));
  ASSERT_TRUE(tracking_.reopen_run(*jobs_->all().front()));
  EXPECT_TRUE(store_.scan("tracking/run/")->empty()) << "nothing was said of it";

  job.state = jobs::State::canceled;
  job.ended = now_ + std::chrono::seconds(1);
  job.target = jobs::KubernetesContext{"there"};
  put(job);
  EXPECT_EQ(info().at("status"), "KILLED");
  EXPECT_EQ(info().at("end_time"), 3'601'000);
  EXPECT_EQ(info().at("artifact_uri"), "file:///tmp/drover/outputs") << "in the pod";
}

TEST_F(TrackedJobs, AreToldInTheirRunsOnceThoseAreKept) {
  jobs::JobRecord job{.state = jobs::State::running, .attempt = 1};
  put(job);
  Tracking tracking(store_, &*jobs_);
  ASSERT_TRUE(tracking.log(run_, {.metrics = json::array({metric("loss", 0.5, 1)})}));
  EXPECT_EQ(tracking.runs({"0"})->size(), 1U) << "once, though the job would have it too";
  job.state = jobs::State::failed;
  job.ended = now_;
  ASSERT_TRUE(tracking.close_run(put(job)));
  EXPECT_EQ(info().at("status"), "FAILED");
  // The next attempt goes on with what the first has said.
  job.attempt = 2;
  ASSERT_TRUE(Tracking(store_, &*jobs_).reopen_run(put(job)));
  EXPECT_EQ(info().at("status"), "RUNNING");
  EXPECT_EQ(info().at("artifact_uri"), "file:///s/jobs/abcd1234/2/outputs");
  EXPECT_EQ(tracking_.history(run_, "loss")->size(), 1U);
  // What the script says of its end stands.
  ASSERT_TRUE(tracking_.update_run(run_, {{"status", "KILLED"}}));
  job.state = jobs::State::completed;
  ASSERT_TRUE(tracking_.close_run(put(job)));
  EXPECT_EQ(info().at("status"), "KILLED");
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
