// How a plan is made: one rule a function, over one state. make_plan.cpp holds what becomes of each thing;
// deletions.cpp what deletions take along, and what forbids them.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/catalog.hpp"
#include "planning/inventory.hpp"
#include "planning/plan.hpp"

namespace drover::planning {

inline bool is_there(const Observed& seen) {
  return seen.presence == Presence::settled || seen.presence == Presence::busy || seen.presence == Presence::failed;
}

class Planner {
 public:
  explicit Planner(const PlanningInput& input) : input_(input) {}

  Plan apply();
  Plan destroy();

 private:
  bool wanted(const std::string& key) const { return input_.only.empty() || input_.only.contains(key); }
  bool is_ours(const std::string& key) const {
    const auto it = input_.holdings->find(key);
    return it != input_.holdings->end() && it->second.origin == Origin::created;
  }
  Duration typical(Kind kind, catalog::Verb verb) const {
    const auto measured = input_.measured.find({kind, verb});
    return measured == input_.measured.end() ? from_seconds(catalog::timing(kind, verb).typical_s) : measured->second;
  }
  bool is_known(const std::string& key) const { return input_.holdings->contains(key); }
  void refuse(const std::string& key, std::string reason, std::string hint) {
    plan_.refusals.push_back({key, std::move(reason), std::move(hint)});
  }

  void add(Action action);
  void consider(std::size_t index);
  void consider_existing(const Resource& resource, const Observed& seen);
  void remake_what_goes_with_replaced();
  void note_protection(Action& action) const;
  bool keeps_its_name(const Resource& resource);
  bool consider_moved(const Resource& resource, const Observed& seen);
  void consider_removal(const Resource& resource, const Observed& seen, bool is_adopted);
  const Observed& leftover(const std::string& key) const;
  bool goes_with_another(const Resource& old) const;
  void take_inventory();
  void check_deletions();
  struct Kept {
    std::vector<std::string> names = {};  ///< with the reason
    bool has_others = false;              ///< something among them is not Drover's
  };
  Kept kept_within(Action& deletion);
  bool goes_along(const Action& deletion, const Placed& placed) const;
  std::string why_it_stays(const Action& deletion, const Placed& placed) const;
  void drop(const std::set<std::string>& keys);
  void order();
  void order_moved();
  void finish();

  const PlanningInput& input_;
  Plan plan_;
  std::unordered_map<std::string, std::uint32_t> index_;  ///< action by resource key
  Inventory inventory_;
  std::set<std::string> also_used_;
  std::set<std::string> refused_;  ///< keys of deletions
  std::set<std::string> told_;     ///< ARM ids, in lower case: of a deletion, as going along or as forbidding it
  std::map<std::string, std::string> remade_;  ///< keys of what is made again, since what it lies in is replaced
  std::set<std::string> goes_;                 ///< ARM ids of what goes along, in lower case
};

}  // namespace drover::planning
