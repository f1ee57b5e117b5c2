// The regions of Azure, as far as the local cloud has them: names and places as `GET /subscriptions/S/locations` gives
// them.
#pragma once

#include <span>
#include <string_view>

namespace drover::localcloud {

struct Region {
  std::string_view name, title, group, place, longitude, latitude, pair;
};

std::span<const Region> regions();
const Region* find_region(std::string_view name);

}  // namespace drover::localcloud
