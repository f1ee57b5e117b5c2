// How long the cloud takes for what is done to a resource.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace drover::catalog {

/// What is done to a resource.
enum class Verb : std::uint8_t { create, update, scale, remove };

/// Every figure carries its source. "recorded" means the polls of Microsoft's own test recordings: their clock is not
/// in the file, so only the count of polls is known. "estimate" alone is a round figure from operators' experience.
struct Timing {
  double typical_s;  ///< median, seconds
  double spread;     ///< sigma of the logarithm of the duration; 0.1 = two thirds within +-10 %
  std::string_view source = "estimate";
};

struct Timings {
  Timing create;
  std::optional<Timing> update = {}, scale = {}, remove = {};  ///< nullopt: takes as long as a creation
};

}  // namespace drover::catalog
