#include "drivers/system/gpus.hpp"

#include <gtest/gtest.h>

namespace drover::system {
namespace {

class OneProgram final : public Programs {
 public:
  explicit OneProgram(Result<ProgramEnd> end) : end_(std::move(end)) {}
  Result<ProgramEnd> run(const ProgramCall& call) override {
    EXPECT_EQ(call.command, (std::vector<std::string>{"nvidia-smi", "-L"}));
    return end_;
  }

 private:
  Result<ProgramEnd> end_;
};

int count(Result<ProgramEnd> end) {
  OneProgram program(std::move(end));
  return count_gpus(program);
}

TEST(Gpus, AreWhatTheDriverLists) {
  EXPECT_EQ(count(ProgramEnd{0,
                             "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)\n  MIG 1g.10gb Device 0: (UUID: MIG-1)\n"
                             "GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-2)\n"}),
            2);
  EXPECT_EQ(count(ProgramEnd{0, "No devices found.\n"}), 0);
  EXPECT_EQ(count(ProgramEnd{9, "GPU 0: it is there, and the driver is not\n"}), 0);
  EXPECT_EQ(count(fail(Code::not_found, "there is no program nvidia-smi")), 0);
}

}  // namespace
}  // namespace drover::system
