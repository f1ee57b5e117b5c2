// Plans and applies: looks at the cloud, asks planning/ what to do, checks that a saved plan still fits, and has it
// executed.
#pragma once

#include <set>
#include <string>

#include "control/apply/executor.hpp"
#include "control/journal.hpp"
#include "model/graph.hpp"
#include "planning/plan.hpp"
#include "ports/cloud.hpp"

namespace drover::control {

struct PlanWish {
  std::string estate, cloud;
  const ResourceGraph* graph = nullptr;
  std::vector<std::string> only = {};    ///< names or keys; with what they need (apply) or what needs them (destroy)
  std::vector<std::string> except = {};  ///< names or keys that are left alone; with what they need (destroy)
  std::vector<std::string> also = {};    ///< names or ARM ids of what Drover did not make and may be deleted along
  bool destroy = false;
};

/// One row of `drover status`.
struct ResourceStatus {
  Resource resource;
  Observed seen;
  bool is_known = false;
  planning::Origin origin = planning::Origin::created;
  std::vector<FieldChange> drift;
};

struct StatusReport {
  std::vector<ResourceStatus> resources;
  std::vector<planning::Unmanaged> unmanaged;  ///< beside them, in clusters, workspaces and storage accounts
};

class Provisioner {
 public:
  Provisioner(Cloud& cloud, Journal& journal) : cloud_(cloud), journal_(journal) {}

  /// Errors: invalid_input (a name in `only` that there is not), and the cloud's when it cannot be looked at.
  Result<planning::Plan> plan(const PlanWish& wish);
  /// conflict when anything that the plan read has changed since it was made.
  Status check_unmoved(const planning::Plan& plan);
  /// Refuses a plan with refusals (precondition).
  Result<ApplyReport> apply(const planning::Plan& plan, const ApplyOptions& options);
  Result<StatusReport> status(const ResourceGraph& graph);

 private:
  Result<std::set<std::string>> find_keys(const PlanWish& wish, const std::vector<std::string>& names,
                                          const char* option) const;
  Result<std::set<std::string>> scope_of(const PlanWish& wish, const std::set<std::string>& named) const;
  bool is_where_it_was(const ResourceGraph& graph, const Resource& held) const;
  Status list_members(const PlanWish& wish, planning::PlanningInput& input);

  Cloud& cloud_;
  Journal& journal_;
  Outputs outputs_;  ///< of the last look
};

}  // namespace drover::control
