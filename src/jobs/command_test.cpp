#include "jobs/command.hpp"

#include <gtest/gtest.h>

namespace drover::jobs {
namespace {

JobSpec job(const std::string& command) {
  JobSpec spec{.command = command};
  spec.inputs["data"] = {.type = "uri_file", .path = "iris.csv"};
  spec.inputs["rate"] = {.value = "0.1"};
  spec.inputs["extra"] = {.type = "uri_folder", .optional = true};
  spec.outputs["model"] = {};
  return spec;
}

std::string expanded(const std::string& command) {
  const auto text = expand_command(job(command), [](const std::string& kind, const std::string& name) {
    return name == "extra" ? std::nullopt : std::optional("<" + kind + ":" + name + ">");
  });
  return text ? *text : "error: " + text.error().message + (text.error().hint.empty() ? "" : "; " + text.error().hint);
}

TEST(Command, PutsInputsAndOutputsIn) {
  EXPECT_EQ(expanded("python t.py --d ${{inputs.data}} --r ${{ inputs.rate }} --m ${{outputs.model}}/m"),
            "python t.py --d <inputs:data> --r <inputs:rate> --m <outputs:model>/m");
  EXPECT_EQ(expanded("echo $HOME ${X} $(pwd) $[1+1]"), "echo $HOME ${X} $(pwd) $[1+1]") << "the shell's own";
}

TEST(Command, LeavesOutWhatGoesWithAnOptionalInput) {
  EXPECT_EQ(expanded("run $[[--extra ${{inputs.extra}}]] end"), "run  end");
  EXPECT_EQ(expanded("run $[[--rate ${{inputs.rate}}]] end"), "run --rate <inputs:rate> end");
}

TEST(Command, RefusesWhatMeansNothing) {
  EXPECT_EQ(expanded("${{inputs.dta}}"), "error: command: the job has no inputs.dta; did you mean data?");
  EXPECT_EQ(expanded("${{outputs.zzzzzz}}"), "error: command: the job has no outputs.zzzzzz; name it under outputs:");
  EXPECT_EQ(
      expanded("${{input.data}}"),
      "error: command: ${{input.data}} is neither an input nor an output; say ${{inputs.NAME}} or ${{outputs.NAME}}");
  EXPECT_EQ(expanded("${{inputs.data}"), "error: command: \"${{\" without \"}}\"");
  EXPECT_EQ(expanded("$[[ --x"), "error: command: \"$[[\" without \"]]\"");
  EXPECT_TRUE(check_command(job("${{inputs.extra}}")).empty());
  EXPECT_EQ(check_command(job("${{inputs.other}}")).size(), 1U);
}

TEST(Command, SaysAllThatMeansNothing) {
  const auto errors = check_command(
      job("${{search_space.lr}} ${{inputs.data}} $[[ ${{inputs.nope}} ]] ${{inputs.nope}} ${{outputs.model} "));
  ASSERT_EQ(errors.size(), 3U) << "each once";
  EXPECT_EQ(errors[0].message, "command: ${{search_space.lr}} is neither an input nor an output");
  EXPECT_EQ(errors[1].message, "command: the job has no inputs.nope");
  EXPECT_EQ(errors[2].message, "command: \"${{\" without \"}}\"");
}

}  // namespace
}  // namespace drover::jobs
