#include "drivers/system/gpus.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace drover::system {
namespace {

/// A driver that hangs is no GPU to run on; a healthy one answers within a second.
constexpr Duration answer_max = std::chrono::seconds(5);

}  // namespace

int count_gpus(Programs& programs) {
  const auto listed = programs.run({.command = {"nvidia-smi", "-L"}, .timeout = answer_max});
  if (!listed || listed->exit_code != 0) return 0;
  // Parts of a GPU (MIG) are listed below it, indented.
  const auto lines = split(listed->output, '\n');
  return static_cast<int>(std::ranges::count_if(lines, [](std::string_view line) { return line.starts_with("GPU "); }));
}

}  // namespace drover::system
