// How long the steps of an ML job and of the nodes under it take in the world: one dated table, each line with its
// source or the word "estimate".
#pragma once

#include <string_view>

#include "base/time.hpp"

namespace drover::localcloud {
class World;
}

namespace drover::localcloud::ml {

/// The day on which the table was last gone through.
inline constexpr std::string_view table_date = "2026-11-22";

enum class Step : std::uint8_t {
  start,        ///< a job is taken in
  build_image,  ///< an environment's image is built, at its first use
  allocate,     ///< a VM is got for a node
  prepare,      ///< a node is made ready
  pull_image,   ///< a node gets the image of a job
  finalize,     ///< what a job made is put away
  release,      ///< a node leaves
  remove_job,   ///< a job is deleted
  attach,       ///< a Kubernetes cluster is attached
  extend,       ///< an extension is installed in a cluster
  unextend,     ///< an extension is removed
};

/// A duration drawn around the step's median, by the world's chance and scale.
Duration draw(World& world, Step step);

/// Where the figure is from; for the tests, which hold every line to having one.
std::string_view source_of(Step step);

}  // namespace drover::localcloud::ml
