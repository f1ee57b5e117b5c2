#include "control/scale/job_queue.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "jobs/pod_manifest.hpp"
#include "scaling/node_view.hpp"

namespace drover::control {
namespace {

using jobs::State;
using nlohmann::json;
using std::chrono::minutes;

const Instant now = *parse_iso("2026-11-22T10:00:00Z");
const std::vector<PoolTarget> lab = {{.target = jobs::KubernetesContext{"lab"}},
                                     {.target = jobs::WorkspaceCompute{"ml", "lab"}, .is_attached = true}};

jobs::JobRecord job(const std::string& id, State state, std::int64_t instances = 1,
                    const std::string& target = "kubernetes:lab") {
  jobs::JobRecord record{.id = id, .target = *jobs::parse_target(target), .state = state};
  record.spec.instances = instances;
  record.spec.docker_arguments = "--cpus 2 --memory 4g --gpus 1";
  record.attempt = state == State::queued ? 0 : 1;
  record.submitted = now - minutes{3};
  return record;
}

JobsAhead ahead(const std::vector<jobs::JobRecord>& records, double pace = 1) {
  std::vector<const jobs::JobRecord*> pointers;
  for (const auto& record : records) pointers.push_back(&record);
  return jobs_ahead(pointers, lab, now, pace);
}

TEST(JobQueue, WhatWaitsHereCountsWithItsRequests) {
  const auto seen = ahead({job("a", State::queued, 2), job("b", State::running, 3), job("c", State::completed),
                           job("d", State::queued, 1, "kubernetes:other"), job("e", State::queued, 1, "local")});
  ASSERT_EQ(seen.jobs.size(), 1u);
  EXPECT_EQ(seen.jobs[0].each, (scaling::NodeResources{.cpus = 2, .memory_gib = 4, .gpus = 1}));
  EXPECT_EQ(seen.nodes_at_work, 3);
  const auto pods = pods_to_come(seen, {}, minutes{5}, now);
  ASSERT_EQ(pods.size(), 2u) << "a pod for each instance";
  const auto work = scaling::view_pending(pods, {}, "agentpool=gpu");
  ASSERT_EQ(work.size(), 2u) << "a scheduler would show them so";
  EXPECT_EQ(work[0].name, "job/a");
  EXPECT_EQ(work[0].each, seen.jobs[0].each);
}

TEST(JobQueue, NeverBothAsAJobAndAsItsPods) {
  const auto seen = ahead({job("a", State::starting, 2)});
  json pod;
  pod["metadata"]["labels"][jobs::label_attempt] = "a.1";
  EXPECT_EQ(pods_to_come(seen, {}, minutes{5}, now).size(), 2u);
  EXPECT_EQ(pods_to_come(seen, {pod}, minutes{5}, now).size(), 1u);
  EXPECT_TRUE(pods_to_come(seen, {pod, pod}, minutes{5}, now).empty());
  pod["metadata"]["labels"][jobs::label_attempt] = "a.2";
  EXPECT_EQ(pods_to_come(seen, {pod, pod}, minutes{5}, now).size(), 2u) << "another attempt's";
  EXPECT_TRUE(ahead({job("a", State::starting, 1, "azureml:ml/lab")}).jobs.empty()) << "the workspace makes its pods";
}

TEST(JobQueue, APauseBetweenAttemptsCountsOnceANodeWouldBeReadyByThen) {
  auto again = job("a", State::queued);
  again.again = now + minutes{4};
  EXPECT_EQ(pods_to_come(ahead({again}), {}, minutes{5}, now).size(), 1u);
  EXPECT_TRUE(pods_to_come(ahead({again}), {}, minutes{3}, now).empty());
  EXPECT_TRUE(pods_to_come(ahead({again}, 60), {}, minutes{5}, now).empty()) << "four hours, in a world that runs fast";
}

TEST(JobQueue, WhoWaitsForAPlaceAmongAThousandDoesNotWaitForNodes) {
  std::vector<jobs::JobRecord> records;
  for (int i = 0; i < 998; ++i) records.push_back(job("r" + std::to_string(i), State::running));
  for (int i = 0; i < 5; ++i) records.push_back(job("q" + std::to_string(i), State::queued));
  for (std::size_t i = 0; i < records.size(); ++i) records[i].order = static_cast<std::int64_t>(i);
  records.back().priority = 1;
  const auto seen = ahead(records);
  ASSERT_EQ(seen.jobs.size(), 2u);
  EXPECT_EQ(seen.jobs[0].id, "q4") << "the higher priority is next";
  EXPECT_EQ(seen.jobs[1].id, "q0");
}

TEST(JobQueue, AComputesLeastCountRisesForWhatIsAboutToComeOnly) {
  const auto wish = [](const std::vector<jobs::JobRecord>& records) {
    return wish_of_jobs(ahead(records), minutes{5}, 6);
  };
  EXPECT_EQ(wish({job("b", State::running, 3)}).at_least, 0) << "it brings nodes for what was submitted by itself";
  EXPECT_EQ(wish({job("a", State::queued, 2), job("b", State::running, 3)}).at_least, 5) << "beside those at work";
  EXPECT_EQ(wish({job("a", State::starting, 2)}).at_least, 2) << "its files go up while nodes boot";
  EXPECT_EQ(wish({job("a", State::queued, 20)}).at_least, 6) << "the compute has no more";
}

}  // namespace
}  // namespace drover::control
