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

TEST(JobYaml, SaysWhatAFileIsThatIsNoCommandJob) {
  EXPECT_EQ(complaints("type: pipeline\njobs: {}\n"),
            Strings{"job.yml:1:1: this is a pipeline: several jobs that need each other (type: pipeline); drover runs "
                    "command jobs (type: command); az ml job create -f runs the others"});
  EXPECT_NE(complaints("search_space: {}\ntrial: {}\n").at(0).find("this is a sweep"), std::string::npos);
  EXPECT_EQ(complaints(""),
            Strings{"job.yml:1:1: the job file is empty; a job has a command: command: python train.py"});
  EXPECT_EQ(complaints("command: a\n---\ncommand: b\n").at(0).find("job.yml:3:1: a second document begins here"), 0U);
  EXPECT_TRUE(load_job("---\ncommand: a\n...\n", "job.yml")) << "one document, with its marks";
}

TEST(JobYaml, NamesAreNames) {
  EXPECT_EQ(
      complaints("command: x\noutputs: {'../../../x': {}}\n"),
      Strings{"job.yml:2:11: outputs: ../../../x cannot be a name; letters, digits, _, - and ., a letter or _ first"});
  EXPECT_EQ(complaints("command: x\ninputs: {'a b': 1}\n").size(), 1U);
  EXPECT_EQ(
      complaints("command: x\nenvironment_variables: {'A=B': y, '': z, C: d}\n"),
      (Strings{"job.yml:2:25: environment_variables.A=B: no variable can have this name; letters, digits and _, such "
               "as DATA_PATH",
               "job.yml:2:35: environment_variables.\"\": no variable can have this name; letters, digits and _, such "
               "as DATA_PATH"}));
  EXPECT_EQ(complaints("command: x\nname: \"a\\e[31m\"\n").size(), 1U) << "it stands in addresses and lists";
}

TEST(JobYaml, LiteralsMayHaveATypeAndHoldToIt) {
  const auto job = load_job(
      "command: x\ninputs:\n  n: {type: integer, value: 3}\n  r: {type: number, default: 0.5}\n"
      "  s: {type: string, value: hi}\n  b: {type: boolean, value: true}\n  o: {type: integer, optional: true}\n",
      "f");
  ASSERT_TRUE(job) << format_error(job.error().front());
  EXPECT_EQ(job->inputs.at("n").value, "3");
  EXPECT_EQ(job->inputs.at("r").value, "0.5");
  EXPECT_EQ(job->inputs.at("b").value, "true");
  EXPECT_FALSE(job->inputs.at("s").is_data());
  EXPECT_EQ(complaints("command: x\ninputs: {n: {type: integer, value: many}}\n").size(), 1U);
  EXPECT_EQ(complaints("command: x\ninputs: {n: {type: number}}\n").size(), 1U);
}

TEST(JobYaml, RefusesTypesThatItDoesNotRun) {
  for (const char* type : {"distillation", "data_transfer", "labeling", "finetuning", "import", "Pipeline"})
    EXPECT_EQ(complaints("type: " + std::string(type) + "\ncommand: x\n").at(0).find("job.yml:1:1: this is "), 0U)
        << type;
  for (const char* type : {"commands", "COMMAND"})
    EXPECT_EQ(
        complaints("type: " + std::string(type) + "\ncommand: x\n"),
        Strings{"job.yml:1:7: type: there are no jobs of the type " + std::string(type) + "; did you mean command?"});
  EXPECT_EQ(complaints("type: quux\ncommand: x\n"),
            Strings{"job.yml:1:7: type: there are no jobs of the type quux; drover runs command jobs: type: command"});
  EXPECT_EQ(complaints("type: [command]\ncommand: x\n").size(), 1U);
  for (const char* type : {"", "type: command\n", "type:\n", "type: ''\n"})
    EXPECT_EQ(complaints(std::string(type) + "command: x\n"), Strings{}) << type;
}

TEST(JobYaml, KeepsWhatOnlySomePlacesDo) {
  const auto job = load_job(
      "command: x\nservices: {lab: {type: jupyter_lab, nodes: all}}\nidentity: {type: managed, client_id: c}\n"
      "queue_settings: {job_tier: Spot}\noutputs: {m: {name: iris, version: 2}}\n"
      "resources:\n  docker_args: [--memory, 2g]\n"
      "environment:\n  image: i\n  conda_file: {name: e, dependencies: [python=3.10, {pip: [torch]}]}\n",
      "job.yml");
  ASSERT_TRUE(job) << format_error(job.error().front());
  EXPECT_EQ(job->identity.type, "managed");
  EXPECT_EQ(job->queue_tier, "spot");
  EXPECT_EQ(job->services.at("lab").type, "jupyter_lab");
  EXPECT_EQ(job->docker_arguments, "--memory 2g");
  EXPECT_EQ(nlohmann::json::parse(job->environment.conda).at("dependencies").at(1).at("pip").at(0), "torch");
  Strings undone;
  for (const auto& error : jobs::left_undone(*job, jobs::PlaceKind::machine)) undone.push_back(format_error(error));
  ASSERT_EQ(undone.size(), 4U);
  EXPECT_EQ(undone[0].find("job.yml:2:1: services: "), 0U) << undone[0];
  EXPECT_EQ(undone[1].find("job.yml:3:1: identity: "), 0U) << undone[1];
  EXPECT_EQ(undone[2].find("job.yml:4:1: queue_settings: "), 0U) << undone[2];
  EXPECT_EQ(undone[3].find("job.yml:5:15: outputs.m.name: "), 0U) << undone[3];
  EXPECT_EQ(jobs::left_undone(*job, jobs::PlaceKind::workspace).size(), 1U) << "the service does the rest";
  const auto back = job_from_json(to_json({.id = "a", .spec = *job}));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back).dump(), to_json({.id = "a", .spec = *job}).dump());
}

TEST(JobYaml, WhatThisMachineHasNotIsSaid) {
  const auto job =
      load_job("command: x\nenvironment: host\nresources:\n  docker_args: --cpus 60 --gpus 1\n", "job.yml");
  ASSERT_TRUE(job);
  const auto never = [](const std::string&) { return false; };
  const auto missing = jobs::missing_here(*job, "", never, {.cpus = 2, .gpus = [] { return 0; }});
  ASSERT_EQ(missing.size(), 2U);
  EXPECT_EQ(format_error(missing[0]).find("job.yml:4:3: resources: 60 processors, and this machine has 2"), 0U);
  EXPECT_EQ(format_error(missing[1]).find("job.yml:4:3: resources: 1 GPU, and this machine has none"), 0U);
  EXPECT_TRUE(jobs::missing_here(*job, "", never, {.cpus = 64, .gpus = [] { return 1; }}).empty());
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
