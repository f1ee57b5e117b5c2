#include "forecast/fitted_model.hpp"

#ifdef DROVER_BOOSTED_TREES
#include "forecast/boosted_trees.hpp"
#endif

namespace drover::forecast {

FitModel boosted_trees_if_built() {
#ifdef DROVER_BOOSTED_TREES
  return fit_boosted_trees;
#else
  return nullptr;
#endif
}

}  // namespace drover::forecast
