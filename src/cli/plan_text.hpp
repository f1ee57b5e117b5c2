// A plan as people read it.
#pragma once

#include <string>

#include "cli/context.hpp"
#include "planning/plan.hpp"

namespace drover::cli {

std::string format_plan(const Context& context, const planning::Plan& plan);

}  // namespace drover::cli
