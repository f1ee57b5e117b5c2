#include "control/scale/pool_lever.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace drover::control {
namespace {

using nlohmann::json;

/// A change through ARM that goes on while others look: at most one at a time.
class ArmChange {
 public:
  ArmChange(Cloud& cloud, Journal& journal) : cloud_(cloud), journal_(journal) {}

  bool is_under_way() const { return id_.has_value(); }
  /// Into what is seen: how it ended, or that it or another change is under way.
  void tell(const std::optional<OperationOutcome>& ended, const Observed& seen, PoolState& state) const {
    if (ended && !ended->outcome) state.ended_badly = ended->outcome.error();
    state.asked_for_more = ended && grows_;
    if (is_under_way())
      state.busy = "it is being scaled (" + detail_ + ") for " + format_human(cloud_.now() - began_);
    else if (seen.presence == Presence::busy)
      state.busy = "somebody works on it (" + seen.state + ")";
  }

  /// Durable before anything is called. A crash after that leaves an open intent, and the next look sees what came of
  /// it.
  template <class Begin>
  Status begin(const Resource& wanted, std::string detail, bool grows, Begin begin) {
    began_ = cloud_.now();
    DROVER_TRY(intents, journal_.intend({{Verb::scale, wanted, detail}}, began_));
    intent_ = intents.front();
    detail_ = std::move(detail);
    grows_ = grows;
    wanted_ = std::make_unique<Resource>(wanted);
    id_ = begin(*wanted_);
    return {};
  }

  /// How it ended, if it has by `until`.
  Result<std::optional<OperationOutcome>> poll(Instant until) {
    if (!id_) return std::optional<OperationOutcome>{};
    auto ended = cloud_.next(until);
    if (!ended) return std::optional<OperationOutcome>{};
    id_.reset();
    const bool ok = ended->outcome.has_value();
    DROVER_CHECK(journal_.conclude(
        {{intent_, Verb::scale, wanted_->key, ok, ok ? "" : ended->outcome.error().message, cloud_.now() - began_}},
        cloud_.now()));
    return ended;
  }

  Status settle() {
    while (id_) {
      DROVER_TRY(ended, poll(cloud_.now() + std::chrono::minutes(1)));
      if (ended && !ended->outcome) return std::unexpected(std::move(ended->outcome.error()));
    }
    return {};
  }

 private:
  Cloud& cloud_;
  Journal& journal_;
  std::optional<OperationId> id_;
  std::unique_ptr<Resource> wanted_;  ///< must outlive the operation
  std::uint64_t intent_ = 0;
  Instant began_{};
  std::string detail_;
  bool grows_ = false;
};

/// Nodes and pods of the cluster; what cannot be seen is noted, and then nothing may be taken away.
void look_into_cluster(const ClusterLink& link, PoolState& state) {
  if (link.cluster == nullptr) {
    if (!link.error.empty()) state.notes.push_back("its cluster cannot be asked: " + link.error);
    return;
  }
  auto nodes = finish(*link.flows, link.cluster->list({.kind = kubernetes::kinds::nodes}));
  auto pods = nodes ? finish(*link.flows, link.cluster->list({.kind = kubernetes::kinds::pods})) : nodes;
  if (!nodes || !pods) {
    state.notes.push_back("its cluster does not answer: " + (nodes ? pods : nodes).error().message);
    return;
  }
  state.nodes_known = true;
  state.node_objects = std::move(*nodes);
  state.pod_objects = std::move(*pods);
  state.nodes = scaling::view_nodes(state.node_objects, state.pod_objects, state.selector);
}

Result<Observed> observe(Cloud& cloud, const Resource& resource) {
  DROVER_TRY(seen, cloud.observe({&resource}));
  if (seen.front().presence == Presence::absent)
    return fail(Code::precondition, "the pool " + resource.name + " is not there", "drover apply");
  return std::move(seen.front());
}

class AksPool final : public PoolLever {
 public:
  AksPool(LeverParts parts, const Resource& pool)
      : parts_(std::move(parts)), pool_(pool), change_(parts_.cloud, parts_.journal) {}

  Result<PoolState> look() override {
    DROVER_TRY(ended, change_.poll(parts_.cloud.now()));
    DROVER_TRY(seen, observe(parts_.cloud, pool_));
    const auto& spec = std::get<NodePool>(seen.spec);
    PoolState state{.asked = static_cast<int>(spec.nodes),
                    .selector = "agentpool=" + pool_.name.substr(pool_.name.find('/') + 1),
                    .vm_size = spec.vm_size};
    change_.tell(ended, seen, state);
    if (spec.autoscaler) state.busy = "its own autoscaler is on";
    look_into_cluster(parts_.link, state);
    last_asked_ = state.asked;
    return state;
  }

  Status set(int nodes) override {
    return change_.begin(with_count(nodes), std::to_string(last_asked_) + " -> " + std::to_string(nodes),
                         nodes >= last_asked_, [&](const Resource& wanted) { return parts_.cloud.update(wanted, {}); });
  }

  Status remove(const std::vector<std::string>& names, int nodes_left) override {
    const std::string detail =
        std::to_string(last_asked_) + " -> " + std::to_string(nodes_left) + " without " + join(names, ", ");
    return change_.begin(with_count(nodes_left), detail, false,
                         [&](const Resource& wanted) { return parts_.cloud.remove_machines(wanted, names); });
  }

  bool empties_nodes() const override { return true; }
  Result<std::vector<CoreQuota>> quotas() override { return parts_.cloud.core_quotas(pool_); }
  bool is_busy() const override { return change_.is_under_way(); }
  Status settle() override { return change_.settle(); }

 private:
  Resource with_count(int nodes) const {
    Resource wanted = pool_;
    auto& spec = std::get<NodePool>(wanted.spec);
    spec.nodes = nodes;
    spec.nodes_owned_by_scaler = false;  // for this one call the count is ours to set
    spec.autoscaler.reset();
    return wanted;
  }

  LeverParts parts_;
  const Resource& pool_;
  ArmChange change_;
  int last_asked_ = 0;
};

/// Of an Azure ML compute only the least count is set: idle nodes above it go by themselves, and jobs that wait bring
/// more.
class ComputeMinimum final : public PoolLever {
 public:
  ComputeMinimum(LeverParts parts, const Resource& compute)
      : parts_(std::move(parts)), compute_(compute), change_(parts_.cloud, parts_.journal) {}

  Result<PoolState> look() override {
    DROVER_TRY(ended, change_.poll(parts_.cloud.now()));
    DROVER_TRY(seen, observe(parts_.cloud, compute_));
    const auto& spec = std::get<Compute>(seen.spec);
    PoolState state{.asked = static_cast<int>(spec.nodes_min), .vm_size = spec.vm_size};
    change_.tell(ended, seen, state);
    last_asked_ = state.asked;
    return state;
  }

  Status set(int nodes) override {
    Resource wanted = compute_;
    auto& spec = std::get<Compute>(wanted.spec);
    spec.nodes_min = nodes;
    spec.nodes_owned_by_scaler = false;  // for this one call the count is ours to set
    const std::string detail = "at least " + std::to_string(last_asked_) + " -> " + std::to_string(nodes);
    return change_.begin(wanted, detail, nodes > last_asked_,
                         [&](const Resource& asked) { return parts_.cloud.update(asked, {}); });
  }

  Status remove(const std::vector<std::string>&, int nodes_left) override { return set(nodes_left); }
  bool is_busy() const override { return change_.is_under_way(); }
  Status settle() override { return change_.settle(); }

 private:
  LeverParts parts_;
  const Resource& compute_;
  ArmChange change_;
  int last_asked_ = 0;
};

/// spec.replicas of an object. Its own controller picks, empties and removes nodes: Karpenter respects budgets of pods
/// and do-not-disrupt.
class Replicas final : public PoolLever {
 public:
  Replicas(LeverParts parts, const Resource& pool, std::vector<std::string> names)
      : parts_(std::move(parts)), pool_(pool), name_{.kind = {names[0], names[1]}, .space = "", .name = names[2]} {}

  Result<PoolState> look() override {
    if (parts_.link.cluster == nullptr)
      return fail(Code::unavailable, "the cluster of " + pool_.name + " cannot be asked: " + parts_.link.error);
    DROVER_TRY(object, finish(*parts_.link.flows, parts_.link.cluster->get(name_)));
    const json spec = object.value("spec", json::object());
    if (!spec.contains("replicas"))
      return fail(Code::precondition, name_.kind.kind + " " + name_.name + " has no spec.replicas",
                  "Karpenter's node pools have them when they are static");
    PoolState state{.asked = spec["replicas"].get<int>(), .selector = name_.kind.group + "/nodepool=" + name_.name};
    look_into_cluster(parts_.link, state);
    last_asked_ = state.asked;
    return state;
  }

  Status set(int nodes) override {
    const std::string detail =
        name_.kind.kind + " " + name_.name + ": " + std::to_string(last_asked_) + " -> " + std::to_string(nodes);
    const Instant began = parts_.cloud.now();
    DROVER_TRY(intents, parts_.journal.intend({{Verb::scale, pool_, detail}}, began));
    json change;
    change["spec"]["replicas"] = nodes;
    const auto done =
        finish(*parts_.link.flows, parts_.link.cluster->patch(name_, kubernetes::PatchKind::merge, change, ""));
    DROVER_CHECK(parts_.journal.conclude({{intents.front(), Verb::scale, pool_.key, done.has_value(),
                                           done ? "" : done.error().message, parts_.cloud.now() - began}},
                                         parts_.cloud.now()));
    return done ? Status{} : std::unexpected(done.error());
  }
  Status remove(const std::vector<std::string>&, int nodes_left) override { return set(nodes_left); }

 private:
  LeverParts parts_;
  const Resource& pool_;
  kubernetes::ObjectName name_;
  int last_asked_ = 0;
};

}  // namespace

int PoolState::ready() const {
  return static_cast<int>(
      std::ranges::count_if(nodes, [](const auto& node) { return node.is_ready && !node.leaving_since; }));
}

int PoolState::leaving() const {
  return static_cast<int>(
      std::ranges::count_if(nodes, [](const auto& node) { return node.leaving_since.has_value(); }));
}

std::unique_ptr<PoolLever> make_lever(LeverParts parts, const Resource& resource, const std::string& replicas) {
  if (!replicas.empty()) {
    std::vector<std::string> names;
    for (const auto piece : split(replicas, '/')) names.emplace_back(piece);
    return std::make_unique<Replicas>(std::move(parts), resource, std::move(names));
  }
  if (resource.kind() == Compute::kind) return std::make_unique<ComputeMinimum>(std::move(parts), resource);
  return std::make_unique<AksPool>(std::move(parts), resource);
}

}  // namespace drover::control
