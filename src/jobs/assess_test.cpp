#include "jobs/assess.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

using Strings = std::vector<std::string>;

JobSpec on_host() { return {.command = "x", .environment = {.reference = "host"}}; }

Strings texts(const std::vector<Error>& errors) {
  Strings list;
  for (const auto& error : errors) list.push_back(format_error(error));
  return list;
}

bool nothing(const std::string&) { return false; }

/// By place: this machine, pods, a workspace of the local cloud.
std::vector<Strings> missing(const JobSpec& spec) {
  return {texts(missing_here(spec, "", nothing)), texts(missing_for_pods(spec, "", nothing)),
          texts(missing_for_workspace(spec, "", nothing, true))};
}

TEST(Assess, NamesAllServices) {
  JobSpec spec = on_host();
  spec.services = {{"a", {.type = "jupyter_lab"}}, {"b", {.type = "ssh"}}, {"board", {}}};
  EXPECT_EQ(texts(left_undone(spec, PlaceKind::machine)),
            Strings{"services: nothing runs beside the command on this machine: jupyter_lab, ssh, board are not "
                    "started"});
  EXPECT_TRUE(left_undone(spec, PlaceKind::workspace).empty());
}

TEST(Assess, SaysWhichDistributionsArePutUpNowhere) {
  JobSpec spec = on_host();
  spec.distribution.type = "tensorflow";
  EXPECT_EQ(texts(left_undone(spec, PlaceKind::cluster)),
            Strings{"distribution.type: tensorflow is not set up on a Kubernetes cluster: the command runs without "
                    "TF_CONFIG"});
  EXPECT_EQ(left_undone(spec, PlaceKind::machine).size(), 1U);
  EXPECT_TRUE(left_undone(spec, PlaceKind::workspace).empty());
  EXPECT_EQ(texts(missing_for_workspace(spec, "", nothing, true)),
            Strings{"distribution.type: tensorflow is not run by the local cloud; it runs pytorch and mpi"});
  spec.environment = {.image = "i"};
  EXPECT_TRUE(missing_for_workspace(spec, "", nothing, false).empty());
  spec.distribution.type = "mpi";
  EXPECT_EQ(left_undone(spec, PlaceKind::cluster).size(), 1U);
  EXPECT_TRUE(left_undone(spec, PlaceKind::machine).empty()) << "it has them there";
  spec.distribution.type = "pytorch";
  EXPECT_TRUE(left_undone(spec, PlaceKind::cluster).empty());
}

TEST(Assess, NoPlaceTakesVariablesThatNoProgramCanBeGiven) {
  constexpr std::size_t argument_max = 131072;  // with the zero at its end
  JobSpec spec = on_host();
  spec.variables["A"] = std::string(argument_max - 3, 'x');
  for (const auto& place : missing(spec)) EXPECT_EQ(place, Strings{});
  spec.variables["A"] += "x";
  for (const auto& place : missing(spec))
    EXPECT_EQ(place, Strings{"environment_variables.A: too long: 131070 bytes, and no program can be given more than "
                             "128 KiB; put it into a file of the code folder"});
  spec.variables.clear();
  for (char name = 'A'; name < 'A' + 12; ++name) spec.variables[{name}] = std::string(argument_max - 11, 'x');
  for (const auto& place : missing(spec)) EXPECT_EQ(place, Strings{}) << "1.5 MiB to the byte";
  spec.variables["Z"] = "";
  for (const auto& place : missing(spec))
    EXPECT_EQ(place, Strings{"environment_variables: too many: 1572875 bytes with their names, and a program can be "
                             "given 1.5 MiB of them; put some into a file of the code folder"});
}

TEST(Assess, AWorkspaceTakesNoCommandThatNoShellCanBeGiven) {
  JobSpec spec = on_host();
  spec.command = std::string(131071, 'x');
  for (const auto& place : missing(spec)) EXPECT_EQ(place, Strings{});
  spec.command += "x";
  const auto places = missing(spec);
  EXPECT_EQ(places[0], Strings{}) << "it is run from a file";
  EXPECT_EQ(places[1], Strings{});
  EXPECT_EQ(places[2], Strings{"command: too long: 131072 bytes, and a workspace can run no more than 128 KiB; put it "
                               "into a file of the code folder, and say command: bash FILE"});
}

TEST(Assess, SaysWhichVariablesPodsLose) {
  JobSpec spec = on_host();
  spec.variables = {{"a.b", "1"}, {"hydra-x", "1"}, {"1X", "1"}, {"_ok1", "1"}, {"OK", "1"}};
  EXPECT_EQ(texts(left_undone(spec, PlaceKind::cluster)),
            Strings{"environment_variables: variables whose names are no shell names do not reach the command in a "
                    "pod: 1X, a.b, hydra-x"});
  EXPECT_TRUE(left_undone(spec, PlaceKind::machine).empty());
  spec.variables = {{"drover__left", "1"}};
  const auto places = missing(spec);
  EXPECT_EQ(places[0], Strings{});
  EXPECT_EQ(places[1], Strings{"environment_variables.drover__left: in pods, names that begin with drover__ are those "
                               "of Drover's own script; give it another name"});
  EXPECT_EQ(places[2], Strings{});
}

}  // namespace
}  // namespace drover::jobs
