#include "localcloud/ml/durations.hpp"

#include <array>
#include <cmath>

#include "localcloud/world.hpp"

namespace drover::localcloud::ml {
namespace {

struct Line {
  Step step;
  double typical_s;  ///< median
  double spread;     ///< sigma of the log of the duration
  std::string_view source;
};

// Allocation and preparation together are the catalog's 170 s for the scaling of a compute.
constexpr std::array table = {
    Line{Step::start, 3, 0.20, "estimate"},
    Line{Step::build_image, 240, 0.25, "estimate: minutes, by Azure ML's own wording for a first use"},
    Line{Step::allocate, 110, 0.15, "estimate"},
    Line{Step::prepare, 60, 0.15, "estimate"},
    Line{Step::pull_image, 35, 0.20, "estimate; the image `host` stands for one that has to be pulled"},
    Line{Step::finalize, 6, 0.20, "estimate: a warm no-op run of 55 s in the shared reference, origins section 5"},
    Line{Step::release, 40, 0.15, "estimate"},
    Line{Step::remove_job, 4, 0.15, "estimate"},
    Line{Step::attach, 20, 0.15, "estimate"},
    Line{Step::extend, 630, 0.15, "estimate; the AzureML on AKS notebook says more than 10 min (origins section 5)"},
    Line{Step::unextend, 60, 0.15, "estimate"},
};

const Line& line_of(Step step) {
  for (const auto& line : table)
    if (line.step == step) return line;
  return table.front();
}

}  // namespace

Duration draw(World& world, Step step) {
  const Line& line = line_of(step);
  const double factor = std::exp(line.spread * world.rng().normal());
  return from_seconds(line.typical_s * factor * world.physics().duration_scale);
}

std::string_view source_of(Step step) { return line_of(step).source; }

}  // namespace drover::localcloud::ml
