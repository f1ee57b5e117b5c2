#include "drivers/azure/wire/built_in_roles.hpp"

#include <array>

#include "base/text.hpp"

namespace drover::azure::wire {
namespace {

struct Role {
  std::string_view name, guid;
};
constexpr std::array roles = {
    Role{"Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"},
    Role{"Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"},
    Role{"Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"},
    Role{"Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"},
    Role{"Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"},
    Role{"AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d"},
};

}  // namespace

std::string_view built_in_role(std::string_view role) {
  for (const auto& entry : roles)
    if (equals_ignore_case(entry.name, role)) return entry.guid;
  return {};
}

}  // namespace drover::azure::wire
