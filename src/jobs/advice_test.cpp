#include "jobs/advice.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

PlaceFacts machine() {
  return {.name = "local", .target = ThisMachine{}, .nodes = "1 x this machine", .warm_start = seconds(1)};
}
PlaceFacts cluster() {
  return {.name = "aks",
          .target = KubernetesContext{"aks"},
          .nodes_max = 2,
          .nodes_ready = 2,
          .usd_per_hour = 0.1,
          .warm_start = seconds(10)};
}
PlaceFacts compute() {
  return {.name = "azureml:cpu",
          .target = WorkspaceCompute{"lab", "cpu"},
          .nodes_max = 4,
          .nodes_ready = 0,
          .memory_gib = 14,
          .cpus = 4,
          .usd_per_hour = 0.3,
          .is_paid_anyway = false,
          .idle = minutes(10),
          .warm_start = seconds(20),
          .cold_start = minutes(3)};
}
JobSpec job() { return {.command = "python train.py"}; }
PastRun ran(const std::string& target, Duration waited, Duration took, const std::string& command = "python train.py") {
  return {.target = *parse_target(target), .command = command, .waited = waited, .ran = took, .ended_well = true};
}
const PlaceAdvice& at(const Advice& advice, const std::string& name) {
  return *std::ranges::find(advice.places, name, &PlaceAdvice::name);
}

TEST(Advice, GoesByTheTableWhereNothingWasMeasured) {
  const Advice advice = advise(job(), {compute(), machine(), cluster()}, {});
  EXPECT_EQ(advice.best, "local");
  EXPECT_EQ(at(advice, "azureml:cpu").start_p50, minutes(3));
  EXPECT_GT(at(advice, "azureml:cpu").start_p90, minutes(4));
  EXPECT_FALSE(at(advice, "local").run);
  EXPECT_EQ(at(advice, "azureml:cpu").start_basis, Basis::table);
}

TEST(Advice, SaysWhyAPlaceWillNotDo) {
  JobSpec wanted = job();
  wanted.instances = 3;
  wanted.docker_arguments = "--memory 20g --cpus 8";
  const Advice advice = advise(wanted, {compute(), machine(), cluster()}, {});
  EXPECT_EQ(advice.best, "");
  EXPECT_EQ(at(advice, "local").lacks.size(), 1U);
  EXPECT_EQ(at(advice, "azureml:cpu").lacks.size(), 2U) << "memory and processors of a node";
  wanted.docker_arguments.clear();
  EXPECT_EQ(advise(wanted, {compute(), machine(), cluster()}, {}).best, "azureml:cpu");
  wanted.docker_arguments = "--gpus all";
  EXPECT_EQ(advise(wanted, {compute()}, {}).places[0].lacks,
            std::vector<std::string>{"it asks for a GPU, and there is none"});
}

TEST(Advice, CountsTheCoresOfNodesThatWouldBeMade) {
  PlaceFacts place = compute();
  place.quotas = {{.of = "standardDSv2Family", .used = 8, .limit = 12},
                  {.of = "all dedicated nodes", .used = 20, .limit = 25, .is_worth_a_note = false}};
  auto advice = advise(job(), {place}, {});
  EXPECT_TRUE(advice.places[0].lacks.empty());
  EXPECT_EQ(advice.places[0].notes,
            std::vector<std::string>{"quota: 8 of 12 cores of standardDSv2Family in use, this job needs 4 more"});
  JobSpec wanted = job();
  wanted.instances = 2;
  EXPECT_EQ(advise(wanted, {place}, {}).places[0].lacks,
            (std::vector<std::string>{"quota: 8 of 12 cores of standardDSv2Family in use, this job needs 8 more",
                                      "quota: 20 of 25 cores of all dedicated nodes in use, this job needs 8 more"}));
  place.nodes_ready = 2;
  advice = advise(wanted, {place}, {});
  EXPECT_TRUE(advice.places[0].lacks.empty()) << "its nodes stand already, whatever the quota has become";
  EXPECT_EQ(advice.places[0].notes[0], "quota: 8 of 12 cores of standardDSv2Family in use, this job needs no more");
}

TEST(Advice, KnowsAGpuJobByItsEnvironment) {
  JobSpec wanted = job();
  EXPECT_FALSE(needs_gpu(wanted));
  wanted.environment.reference = "azureml:AzureML-pytorch-1.9-ubuntu18.04-py37-cuda11-gpu@latest";
  EXPECT_TRUE(needs_gpu(wanted));
  wanted.environment.reference.clear();
  wanted.instance_type = "Standard_NC6s_v3";
  EXPECT_TRUE(needs_gpu(wanted));
}

TEST(Advice, GivesWayToWhatWasMeasured) {
  std::vector<PastRun> past;
  for (int i = 1; i <= 5; ++i) past.push_back(ran("azureml:lab/cpu", minutes(4 + i), minutes(1)));  // cold
  for (int i = 1; i <= 3; ++i) past.push_back(ran("azureml:lab/cpu", seconds(i), minutes(1)));      // warm
  PlaceFacts place = compute();
  auto found = at(advise(job(), {place}, past), "azureml:cpu");
  EXPECT_EQ(found.start_p50, minutes(7));
  EXPECT_EQ(found.start_p90, minutes(9));
  EXPECT_EQ(found.start_runs, 5);
  EXPECT_EQ(found.run, minutes(1));
  EXPECT_NEAR(found.usd, 0.3 * 11 / 60, 1e-9) << "a minute of running and ten of idling";
  place.nodes_ready = 1;
  found = at(advise(job(), {place}, past), "azureml:cpu");
  EXPECT_EQ(found.start_p50, seconds(2));
}

TEST(Advice, TakesADurationFromElsewhereWhereThereIsNone) {
  const Advice advice = advise(job(), {machine(), cluster()}, {ran("kubernetes:aks", seconds(5), minutes(2))});
  EXPECT_EQ(at(advice, "local").run, minutes(2));
  EXPECT_TRUE(at(advice, "local").run_is_from_elsewhere);
  EXPECT_FALSE(at(advice, "aks").run_is_from_elsewhere);
  EXPECT_FALSE(at(advise(job(), {machine()}, {ran("local", seconds(1), minutes(1), "another")}), "local").run);
}

TEST(Advice, PrefersTheCheaperOfTwoThatAreAboutAsFast) {
  PlaceFacts fast = compute();
  fast.name = "azureml:fast";
  fast.nodes_ready = 4;
  const std::vector<PastRun> past = {ran("azureml:lab/cpu", seconds(5), minutes(10))};
  const Advice advice = advise(job(), {fast, cluster()}, past);
  EXPECT_EQ(advice.best, "aks") << advice.because;
  PlaceFacts busy = cluster();
  busy.ahead = 6;
  EXPECT_EQ(advise(job(), {fast, busy}, past).best, "azureml:fast") << "three rounds of ten minutes come first";
}

TEST(Advice, SaysThatRunsAreFromElsewhereWhereAPlaceIsNotKnown) {
  PlaceFacts unknown = compute();
  unknown.target.reset();
  const std::vector<PastRun> past = {ran("azureml:lab/cpu", seconds(5), minutes(10))};
  const Advice advice = advise(job(), {unknown, compute()}, past);
  ASSERT_TRUE(advice.places[0].run && advice.places[1].run);
  EXPECT_EQ(std::ranges::count_if(advice.places, &PlaceAdvice::run_is_from_elsewhere), 1);
}

TEST(Advice, RemembersHowGoodItWas) {
  std::vector<PastRun> past = {ran("local", seconds(10), seconds(100)), ran("local", seconds(10), seconds(100))};
  EXPECT_EQ(advise(job(), {machine()}, past).past, 0);
  past[0].foretold_wait = seconds(12);
  past[0].foretold_run = seconds(50);
  const Advice advice = advise(job(), {machine()}, past);
  EXPECT_EQ(advice.past, 1);
  EXPECT_NEAR(advice.start_error, 0.2, 1e-9);
  EXPECT_NEAR(advice.run_error, 0.5, 1e-9);
}

}  // namespace
}  // namespace drover::jobs
