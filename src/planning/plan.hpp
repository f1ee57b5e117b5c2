// A plan: what would be done to bring the world to what the estate wants, why, what it costs and how long it takes. A
// value: it can be printed, compared, kept in a file, and refused.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/money.hpp"
#include "base/time.hpp"
#include "model/catalog.hpp"
#include "model/graph.hpp"
#include "planning/contents.hpp"

namespace drover::planning {

enum class ActionKind : std::uint8_t {
  create,
  adopt,  ///< it exists already and is as wanted: from now on it is watched, but not ours to destroy
  update,
  replace,  ///< remove, then create
  settle,   ///< somebody's operation is under way on it: wait, then look again
  remove,
  forget,  ///< no longer in the estate, and not ours: left as it is
};

const char* action_name(ActionKind kind);

/// The reason of a creation that needs no saying.
inline constexpr const char* not_there_yet = "not there yet";

/// What a deletion takes with it and that has no action of its own.
struct Along {
  std::string name;  ///< with its kind: "node pool lab/extra"
  std::string arm_id;
  Money per_hour;
};

struct Action {
  ActionKind kind = ActionKind::create;
  Resource resource;                 ///< as wanted; for remove and forget as it was
  std::vector<FieldChange> changes;  ///< update and replace
  std::string reason;                ///< one clause: "not there yet", "sku differs"
  Duration expected{};               ///< typical; zero for what comes or goes with another
  Money per_hour;                    ///< of the resource once done; zero for removals
  Money per_hour_before;             ///< of what stands now
  std::vector<std::uint32_t> after;  ///< actions that must have ended well before this one begins
  std::string comes_with;            ///< key of the resource whose action makes or removes this one too
  std::vector<Along> along;          ///< remove and replace
  std::optional<Resource> old;       ///< replace: the present one, where it lies at another place than the wanted one
};

/// Lies in something of this estate, and Drover neither made nor adopted it.
struct Unmanaged {
  std::string name;  ///< with its kind: "node pool lab/extra"
  std::string arm_id;
  std::optional<Spec> spec;  ///< of the kinds that Drover knows
  Money per_hour;            ///< as it is now; zero for what has no price here
};
/// Those among `members` that are unmanaged beside what is known: `resources` of an estate, and holdings.
std::vector<Unmanaged> unmanaged_among(const std::vector<Member>& members, const std::vector<const Resource*>& known);

/// Something the plan may not do: with any of these, nothing is applied.
struct Refusal {
  std::string key;
  std::string reason;
  std::string hint;
};

struct Plan {
  std::string estate;
  std::string cloud;      ///< local or azure
  bool destroys = false;  ///< made by `destroy`
  std::vector<Action> actions;
  std::vector<Refusal> refusals;
  std::vector<std::string> notes;
  std::size_t unchanged = 0;
  Money per_hour;  ///< of everything in the estate once done
  Duration critical_path_length{};
  std::vector<std::string> critical_path;           ///< keys, first to last
  std::map<std::string, std::string> fingerprints;  ///< of every resource that was read, by key
  std::vector<ContentsPlan> contents;               ///< of clusters, where there is something to do or to say
  std::vector<Unmanaged> unmanaged;                 ///< in clusters, workspaces and storage accounts of the estate

  bool is_empty() const { return actions.empty() && refusals.empty() && contents.empty(); }
  bool is_refused() const {
    return !refusals.empty() || std::ranges::any_of(contents, [](const auto& one) { return !one.refusals.empty(); });
  }
  std::size_t count(ActionKind kind) const;
  /// What deletions take along.
  std::size_t along_count() const;
  Money unmanaged_per_hour() const;
};

enum class Origin : std::uint8_t { created, adopted };

/// What Drover knows of the past: resources that it made or adopted and that are, as far as it knows, still there.
struct Holding {
  Resource resource;  ///< its spec may be empty; ids, account and needs are whole
  Origin origin = Origin::created;
  /// Its creation was seen to succeed; until then it may or may not exist, and is ours if it does.
  bool is_made = false;
};
using Holdings = std::map<std::string, Holding>;  ///< by key

/// How long changes have taken in this estate: the median of the last few. What is not in it, the catalog estimates.
using MeasuredTimes = std::map<std::pair<Kind, catalog::Verb>, Duration>;

struct PlanningInput {
  const ResourceGraph* graph = nullptr;
  std::vector<Observed> observed;  ///< parallel to graph->resources()
  const Holdings* holdings = nullptr;
  MeasuredTimes measured;
  /// Holdings that are not in the graph, or that it places elsewhere, as seen now where they lie.
  std::map<std::string, Observed> leftovers = {};
  std::set<std::string> only = {};   ///< keys that the plan is about; empty = all
  std::set<std::string> named = {};  ///< keys that a person named: what was adopted is deleted only then
  std::vector<Member> members = {};  ///< what lists of containers showed, known or not
  std::set<std::string> also = {};   ///< names or ARM ids, in lower case, of unmanaged things that may be deleted along
  std::set<std::string> deleted = {};  ///< keys of what Drover deleted and has not made again
};

/// What to do so that the world is as the graph wants it. Pure.
Plan plan_apply(const PlanningInput& input);
/// What to do so that all that Drover made is gone. Adopted resources stay unless named in `only`.
Plan plan_destroy(const PlanningInput& input);

/// What a plan remembers of a look at a resource: changes when anything that was read of it does.
std::string fingerprint_of(const Observed& seen);

/// Fills critical_path and critical_path_length from the actions; also the order: `after` is acyclic.
void find_critical_path(Plan& plan);
/// For each action the length of the longest chain that begins with it.
std::vector<Duration> remaining_paths(const Plan& plan);

/// Typical cost of the resource as specified, an hour.
Money hourly_cost(const Spec& spec);

}  // namespace drover::planning
