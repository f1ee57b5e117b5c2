#include "localcloud/ml/command.hpp"

#include <gtest/gtest.h>

namespace drover::localcloud::ml {
namespace {

const Bindings bindings{.inputs = {{"data", "/in"}, {"rate", "0.1"}}, .outputs = {{"model", "/out"}}};

TEST(MlCommand, HasItsInputsAndOutputsPutIn) {
  EXPECT_EQ(*bind_command("t --d ${{inputs.data}} -o ${{ outputs.model }}/m $HOME ${X}", bindings),
            "t --d /in -o /out/m $HOME ${X}");
}

TEST(MlCommand, KeepsWhatGoesWithAnOptionalInputOnlyWhereItIsGiven) {
  EXPECT_EQ(*bind_command("t $[[--r ${{inputs.rate}}]] $[[--s ${{inputs.seed}}]]", bindings), "t --r 0.1 ");
}

TEST(MlCommand, IsRefusedWhereItNamesWhatIsNot) {
  EXPECT_EQ(bind_command("t ${{inputs.none}}", bindings).error().code, Code::invalid_input);
  EXPECT_FALSE(bind_command("t ${{inputs.data", bindings));
  EXPECT_FALSE(bind_command("t $[[ x", bindings));
}

TEST(MlRun, IsWrittenAndRead) {
  ml::Run run{.key = "/subscriptions/s/resourcegroups/g/providers/p/workspaces/w/jobs/j", .uid = "u", .order = 3};
  run.state = RunState::stopping;
  run.verdict = RunState::canceled;
  run.nodes = {"a", "b"};
  run.exits[1] = 137;
  run.losses = 2;
  const auto read = decode_run(run.key, encode_run(run));
  ASSERT_TRUE(read);
  EXPECT_EQ(encode_run(*read), encode_run(run));
  EXPECT_EQ(std::string(status_of(*read)), "CancelRequested");
  EXPECT_FALSE(decode_run("k", "{}"));
}

}  // namespace
}  // namespace drover::localcloud::ml
