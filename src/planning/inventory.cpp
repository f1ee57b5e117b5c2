#include "planning/inventory.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace drover::planning {
namespace {

/// '/' before all else, so that what lies in a thing follows it at once ("rg/a/b" before "rg/a-b").
bool comes_before(std::string_view a, std::string_view b) {
  const auto weight = [](unsigned char c) { return c == '/' ? 0 : c + 1; };
  return std::ranges::lexicographical_compare(a, b, {}, weight, weight);
}

}  // namespace

void Inventory::add(std::string_view arm_id, const std::string& key) {
  if (!arm_id.empty()) placed_.push_back({.id = to_lower(arm_id), .key = key});
}

void Inventory::add(const Member& member) {
  if (!member.arm_id.empty()) placed_.push_back({.id = to_lower(member.arm_id), .key = {}, .member = &member});
}

void Inventory::sort() {
  std::ranges::stable_sort(placed_, [](const Placed& a, const Placed& b) {
    if (a.id != b.id) return comes_before(a.id, b.id);
    return (a.member == nullptr) > (b.member == nullptr);
  });
  // Two keys at one place stay both: that is a contradiction, which the planner must see.
  const auto repeats = [](const Placed& kept, const Placed& next) {
    return kept.id == next.id && (next.member != nullptr || kept.key == next.key);
  };
  placed_.erase(std::unique(placed_.begin(), placed_.end(), repeats), placed_.end());
}

std::vector<const Placed*> Inventory::in(std::string_view container) const {
  const std::string id = to_lower(container);
  std::vector<const Placed*> found;
  auto at = std::ranges::lower_bound(placed_, std::string_view(id), comes_before, &Placed::id);
  for (; at != placed_.end() && (at->id == id || lies_in(at->id, id)); ++at) found.push_back(&*at);
  return found;
}

bool Inventory::is_known(std::string_view id) const {
  const auto at = std::ranges::lower_bound(placed_, id, comes_before, &Placed::id);
  return at != placed_.end() && at->id == id && at->member == nullptr;
}

bool Inventory::lies_in_known_resource(std::string_view arm_id) const {
  const std::string id = to_lower(arm_id);
  for (auto end = id.rfind('/'); end != std::string::npos && end > 0; end = id.rfind('/', end - 1)) {
    const std::string_view above = std::string_view(id).substr(0, end);
    if (above.find("/providers/") == std::string_view::npos) return false;
    if (is_known(above)) return true;
  }
  return false;
}

}  // namespace drover::planning
