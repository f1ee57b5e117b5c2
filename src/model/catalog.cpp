#include "model/catalog.hpp"

#include <array>

namespace drover::catalog {

const JobStart& job_start(JobPlace place) {
  // The seed's runs on warm nodes, all together: 59.66 s on an attached cluster, 54.97 s on a compute (shared
  // reference, origins section 5); its script took some 10 s of each.
  static constexpr std::array starts = {
      JobStart{JobPlace::machine, 0.1, 0, 0.5, "estimate"},
      JobStart{JobPlace::cluster, 8, 0, 0.6, "estimate: scheduling, and an image that a node has"},
      JobStart{JobPlace::attached_compute, 50, 0, 0.3, "estimate, from 59.66 s all together"},
      JobStart{JobPlace::compute, 45, 215, 0.3, "estimate, from 54.97 s all together, and 170 s to make nodes"},
  };
  return starts[static_cast<std::size_t>(place)];
}

const Timing& timing(Kind kind, Verb verb) {
  const Timings& all = kind->timings;
  const std::optional<Timing>* own = verb == Verb::update   ? &all.update
                                     : verb == Verb::scale  ? &all.scale
                                     : verb == Verb::remove ? &all.remove
                                                            : nullptr;
  return own != nullptr && own->has_value() ? own->value() : all.create;
}

}  // namespace drover::catalog
