#include "codec/job_yaml.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "codec/job_json.hpp"
#include "jobs/assess.hpp"
#include "jobs/settings.hpp"

namespace drover::codec {
namespace {

using Strings = std::vector<std::string>;

Strings complaints(const std::string& text) {
  const auto job = load_job(text, "job.yml");
  Strings list;
  if (!job)
    for (const auto& error : job.error()) list.push_back(format_error(error));
  return list;
}

TEST(JobYaml, ReadsWhatTheAuthorWrote) {
  const auto job = load_job(
      "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
      "display_name: iris\ncode: src\ncommand: python main.py --csv ${{inputs.csv}} --C ${{inputs.C}}\n"
      "inputs:\n  csv: {type: uri_file, path: iris.csv, mode: download}\n  C: 0.8\n  shuffle: true\n"
      "outputs:\n  model:\nenvironment: {image: python:3.11, conda_file: conda.yml}\n"
      "environment_variables: {A: 1}\nresources: {instance_count: 2, shm_size: 2g}\nlimits: {timeout: 60}\n"
      "distribution: {type: pytorch, process_count_per_instance: 4}\ncompute: azureml:cpu\ntags: {team: vision}\n",
      "job.yml");
  ASSERT_TRUE(job) << format_error(job.error().front());
  EXPECT_EQ(job->inputs.at("csv").path, "iris.csv");
  EXPECT_TRUE(job->inputs.at("csv").is_data());
  EXPECT_EQ(job->inputs.at("C").value, "0.8");
  EXPECT_EQ(job->inputs.at("shuffle").value, "true");
  EXPECT_TRUE(job->outputs.contains("model"));
  EXPECT_EQ(job->environment.image, "python:3.11");
  EXPECT_EQ(job->variables.at("A"), "1");
  EXPECT_EQ(job->instances, 2);
  EXPECT_EQ(job->timeout, std::chrono::seconds(60));
  EXPECT_EQ(job->distribution.processes_per_instance, 4);
}

TEST(JobYaml, SaysAllThatIsWrong) {
  EXPECT_EQ(complaints("comand: x\nlimits: {timeout: 0}\ndistribution: {type: torch}\n"),
            (Strings{"job.yml:1:1: comand: unknown key; did you mean command?",
                     "job.yml:1:1: command: missing; say what is to run: command: python train.py",
                     "job.yml:2:19: limits.timeout: \"0\" is not from 1 to 7776000",
                     "job.yml:3:22: distribution.type: \"torch\" is not one of pytorch, tensorflow, mpi, ray"}));
  EXPECT_EQ(complaints("command: echo ${{inputs.x}}\n"),
            Strings{"job.yml:1:10: command: the job has no inputs.x; name it under inputs:"});
}

/// Real files of Azure's own examples: each is read, and told what it lacks here.
TEST(JobYaml, ReadsTheExamplesOfAzureMl) {
  const char* shared = std::getenv("DROVER_SHARED");
  const std::filesystem::path folder =
      std::filesystem::path(shared != nullptr ? shared : "../shared") / "data/aml-jobs";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not here (set DROVER_SHARED)";
  int files = 0, host = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".yml") continue;
    ++files;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const auto job = load_job(text.str(), entry.path().string());
    ASSERT_TRUE(job) << format_error(job.error().front());
    const auto exists = [](const std::string& path) { return std::filesystem::exists(path); };
    const std::string beside = entry.path().parent_path().string();
    const auto missing = jobs::missing_here(*job, beside, exists);
    EXPECT_FALSE(missing.empty()) << entry.path() << " asks for an image or an environment of Azure ML";
    for (const auto& error : missing) {
      EXPECT_FALSE(error.hint.empty()) << error.message;
      EXPECT_TRUE(error.where) << error.message;
    }
    auto on_host = *job;
    on_host.environment = {.reference = "host"};
    if (jobs::missing_here(on_host, beside, exists).empty()) ++host;
  }
  EXPECT_EQ(files, 23);
  EXPECT_GE(host, 4) << "those without code and data need nothing but a shell";
}

TEST(JobJson, GivesBackWhatItTook) {
  jobs::JobRecord job{
      .id = "abc", .owner = "ada", .state = jobs::State::failed, .reason = "why", .order = 3, .attempt = 2};
  job.spec =
      *load_job("command: x\ninputs: {a: 1, d: {path: p}}\noutputs: {m: {path: q}}\nlimits: {timeout: 5}\n", "f");
  job.exit_code = 3;
  job.started = Instant(std::chrono::hours(5));
  const auto text = to_json(job).dump();
  const auto back = job_from_json(nlohmann::json::parse(text));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back).dump(), text);
  EXPECT_EQ(back->spec.inputs.at("d").type, "uri_folder");
  EXPECT_EQ(back->started, job.started);
  EXPECT_FALSE(job_from_json(nlohmann::json::parse("{\"id\": 3}")));
}

TEST(JobSettings, ChangeWhatTheyName) {
  auto job = *load_job("command: x\ninputs: {rate: 1, data: {path: p}}\n", "f");
  EXPECT_TRUE(jobs::set(job, "inputs.rate", "2"));
  EXPECT_TRUE(jobs::set(job, "inputs.data.path", "/q"));
  EXPECT_TRUE(jobs::set(job, "environment", "host"));
  EXPECT_EQ(job.inputs.at("rate").value, "2");
  EXPECT_EQ(job.inputs.at("data").path, "/q");
  EXPECT_TRUE(job.environment.is_host());
  EXPECT_EQ(jobs::set(job, "inputs.dta.path", "/q").error().hint, "did you mean inputs.data.path?");
  EXPECT_FALSE(jobs::set(job, "colour", "red"));
}

}  // namespace
}  // namespace drover::codec
