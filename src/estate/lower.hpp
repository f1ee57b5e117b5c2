// From an estate as written to the resources that it means: defaults filled in, names derived and checked, needs found.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "estate/estate.hpp"
#include "model/graph.hpp"

namespace drover::estate {

struct Lowered {
  ResourceGraph graph;
  std::vector<std::string>
      notes;  ///< what a reader should know: names that were derived, names that must be unique in Azure
};

/// All that is wrong with the estate, each with its place; or the graph. Pure: nothing is called.
std::expected<Lowered, std::vector<Error>> lower(const Estate& estate);

}  // namespace drover::estate
