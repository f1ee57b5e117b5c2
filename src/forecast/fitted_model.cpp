#include "forecast/fitted_model.hpp"

#ifdef DROVER_BOOSTED_TREES
#include "forecast/boosted_trees.hpp"
#endif

namespace drover::forecast {

FitModel boosted_trees_if_there() {
#ifdef DROVER_BOOSTED_TREES
  return can_boost_trees() ? fit_boosted_trees : nullptr;
#else
  return nullptr;
#endif
}

}  // namespace drover::forecast
