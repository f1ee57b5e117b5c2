#include "api/advice.hpp"

#include <algorithm>
#include <map>

#include "api/cluster_room.hpp"
#include "api/job_place.hpp"
#include "api/jobs.hpp"
#include "base/text.hpp"
#include "control/jobs/job_loop.hpp"
#include "jobs/pool_choice.hpp"
#include "model/arm_id.hpp"
#include "model/catalog.hpp"

namespace drover::api {
namespace {

using jobs::JobRecord;
using jobs::PlaceFacts;

constexpr const char* local_name = "local";

/// Nodes of one size, and whether the cloud has them.
struct Nodes {
  std::string vm_size;
  std::int64_t now = 0, most = 0;
  double price_factor = 1;
};

void describe(PlaceFacts& facts, const Nodes& nodes) {
  facts.nodes = std::to_string(nodes.now) + (nodes.now == nodes.most ? "" : ".." + std::to_string(nodes.most)) + " x " +
                nodes.vm_size;
  facts.nodes_max = nodes.most;
  facts.nodes_ready = nodes.now;
  if (const auto* size = catalog::find_vm_size(nodes.vm_size)) {
    facts.memory_gib = size->memory_gib;
    facts.cpus = size->vcpus;
    facts.gpus = size->gpus;
    facts.usd_per_hour = size->usd_per_hour * nodes.price_factor;
  }
}

void time(PlaceFacts& facts, catalog::JobPlace place, double pace) {
  const auto& start = catalog::job_start(place);
  facts.warm_start = from_seconds(start.warm_s / pace);
  facts.cold_start = from_seconds(start.cold_s / pace);
  facts.start_spread = start.spread;
}

/// The places of one estate, looked at together.
class Survey {
 public:
  Survey(const Exchange& exchange, const Opened& opened, const jobs::JobSpec& spec)
      : exchange_(exchange), opened_(opened), spec_(spec) {}

  Status look() {
    for (const auto& resource : resources())
      if (resource.kind() == Cluster::kind || resource.kind() == NodePool::kind || resource.kind() == Compute::kind ||
          resource.kind() == AttachedCompute::kind)
        looked_.push_back(&resource);
    DROVER_TRY(seen, opened_.connection.cloud->observe(looked_));
    seen_ = std::move(seen);
    for (const auto* resource : looked_)
      if (resource->kind() == Compute::kind) ask_quotas(*resource);
    return {};
  }

  std::vector<PlaceFacts> places() const {
    std::vector<PlaceFacts> all;
    for (const auto* resource : looked_)
      if (auto facts = facts_of(*resource)) all.push_back(std::move(*facts));
    return all;
  }

 private:
  const std::vector<Resource>& resources() const { return opened_.loaded.lowered.graph.resources(); }

  const Observed* seen(const Resource& resource) const {
    const auto at = std::ranges::find(looked_, &resource);
    return at == looked_.end() ? nullptr : &seen_[static_cast<std::size_t>(at - looked_.begin())];
  }

  std::int64_t count_of(const Resource& resource) const {
    const Observed* observed = seen(resource);
    const auto at = observed == nullptr ? decltype(observed->outputs.end()){} : observed->outputs.find("nodes");
    if (observed == nullptr || observed->presence == Presence::absent || at == observed->outputs.end()) return 0;
    return std::atoll(at->second.c_str());
  }

  /// Where computes of one subscription and region count together, so asked once.
  static std::string quota_place(const Resource& compute) {
    return compute.account + " " + std::get<Compute>(compute.spec).location;
  }

  void ask_quotas(const Resource& compute) {
    const std::string place = quota_place(compute);
    if (!quotas_.contains(place)) quotas_.emplace(place, opened_.connection.cloud->core_quotas(compute));
  }

  /// A quota that cannot be asked is no reason against a place.
  void limit(PlaceFacts& facts, const Resource& resource, bool is_low_priority) const {
    const auto& quotas = quotas_.at(quota_place(resource));
    if (!quotas) {
      facts.notes.push_back("its quota is not known: " + quotas.error().message);
      return;
    }
    const auto& compute = std::get<Compute>(resource.spec);
    const auto* size = catalog::find_vm_size(compute.vm_size);
    for (const auto& quota : *quotas) {
      using Of = CoreQuota::Of;
      if (quota.of == Of::low_priority && is_low_priority)
        facts.quotas.push_back({"low-priority nodes in " + compute.location, quota.used, quota.limit});
      if (is_low_priority) continue;
      if (quota.of == Of::dedicated)
        facts.quotas.push_back({"dedicated nodes in " + compute.location, quota.used, quota.limit, false});
      if (quota.of == Of::family && size != nullptr && quota.names_family(size->family))
        facts.quotas.push_back({std::string(size->family), quota.used, quota.limit});
    }
  }

  std::vector<jobs::PoolFacts> pools_of(std::string_view cluster) const {
    std::vector<jobs::PoolFacts> pools;
    for (const auto& resource : resources()) {
      const auto* pool = std::get_if<NodePool>(&resource.spec);
      if (pool == nullptr || !starts_with_ignore_case(resource.name, std::string(cluster) + "/")) continue;
      auto facts =
          jobs::pool_of(pool->vm_size, count_of(resource), pool->autoscaler ? pool->autoscaler->most : pool->nodes);
      facts.name = resource.name.substr(resource.name.find('/') + 1);
      pools.push_back(std::move(facts));
    }
    return pools;
  }

  /// What the cluster itself says goes before what its estate and the table do; where it cannot be asked, that is
  /// noted.
  void describe_cluster(PlaceFacts& facts, const Resource& cluster) const {
    auto pools = pools_of(cluster.name);
    if (const Observed* observed = seen(cluster); observed != nullptr && observed->presence == Presence::settled) {
      auto link = exchange_.backend.connect_cluster(opened_.connection, opened_.loaded.cloud, cluster);
      const Status looked = link ? look_at_room(*link, pools) : std::unexpected(link.error());
      if (!looked) facts.notes.push_back("what is free there is not known: " + looked.error().message);
    }
    jobs::describe_pools(facts, spec_, pools);
  }

  std::optional<PlaceFacts> facts_of(const Resource& resource) const {
    PlaceFacts facts{.name = resource.name, .target = {}, .nodes = {}};
    if (const auto* compute = std::get_if<Compute>(&resource.spec)) {
      facts.name = jobs::workspace_compute_text(resource.name);
      const auto* size = catalog::find_vm_size(compute->vm_size);
      const bool is_low = compute->priority == "LowPriority";
      describe(facts, {.vm_size = compute->vm_size,
                       .now = count_of(resource),
                       .most = compute->nodes_max,
                       .price_factor = is_low && size != nullptr ? size->low_priority_factor : 1});
      facts.is_paid_anyway = compute->nodes_min >= facts.nodes_max;
      facts.idle = from_seconds(to_seconds(compute->idle) / opened_.connection.pace);
      time(facts, catalog::JobPlace::compute, opened_.connection.pace);
      limit(facts, resource, is_low);
    } else if (const auto* attached = std::get_if<AttachedCompute>(&resource.spec)) {
      facts.name = jobs::workspace_compute_text(resource.name);
      jobs::describe_pools(facts, spec_, pools_of(arm_id::name_of(attached->cluster_id)));
      time(facts, catalog::JobPlace::attached_compute, opened_.connection.pace);
    } else if (resource.kind() == Cluster::kind) {
      describe_cluster(facts, resource);
      time(facts, catalog::JobPlace::cluster, 1);  // pods live in real time, in the local cloud too
    } else {
      return std::nullopt;
    }
    const Observed* observed = seen(resource);
    if (observed == nullptr || observed->presence == Presence::absent)
      facts.lacks.emplace_back("it is not there yet (drover apply)");
    else if (observed->presence != Presence::settled)
      facts.lacks.push_back("it is not ready: " + observed->state);
    return facts;
  }

  const Exchange& exchange_;
  const Opened& opened_;
  const jobs::JobSpec& spec_;
  std::vector<const Resource*> looked_;
  std::vector<Observed> seen_;
  std::map<std::string, Result<std::vector<CoreQuota>>> quotas_;  ///< by quota_place()
};

std::vector<jobs::PastRun> past_runs(const control::JobLoop& all) {
  std::vector<jobs::PastRun> past;
  for (const auto* job : all.all()) {
    // One that was tried again waited for more than its place.
    if (!jobs::is_over(job->state) || job->attempt != 1 || job->started <= job->submitted) continue;
    jobs::PastRun run{.target = job->target, .command = job->spec.command};
    run.waited = job->started - job->submitted;
    run.ran = job->ended - job->started;
    run.ended_well = job->state == jobs::State::completed;
    if (job->foretold_wait > Duration{0}) run.foretold_wait = job->foretold_wait;
    if (job->foretold_run > Duration{0}) run.foretold_run = job->foretold_run;
    past.push_back(std::move(run));
  }
  return past;
}

/// What only trying to send it there tells: addresses, credentials, what the job would miss.
void ask_place(const Exchange& exchange, control::JobLoop& all, JobRecord job, PlaceFacts& facts) {
  job.spec.compute = facts.name;
  if (auto settled = settle_place(exchange, job); !settled) {
    for (const auto& error : settled.error()) facts.lacks.push_back(error.message);
    return;
  }
  facts.target = job.target;
  for (const auto& error : all.missing(job)) facts.lacks.push_back(error.message);
  facts.ahead = std::ranges::count_if(
      all.all(), [&](const JobRecord* other) { return other->target == job.target && !jobs::is_over(other->state); });
}

json row_of(const jobs::PlaceAdvice& place) {
  json row = {{"name", place.name},
              {"nodes", place.nodes},
              {"lacks", place.lacks},
              {"notes", place.notes},
              {"start_p50_s", to_seconds(place.start_p50)},
              {"start_p90_s", to_seconds(place.start_p90)},
              {"start_basis", place.start_basis == jobs::Basis::measured ? "measured" : "table"},
              {"start_runs", place.start_runs},
              {"usd", place.usd},
              {"usd_standing_per_hour", place.usd_standing}};
  if (place.run) row["run_s"] = to_seconds(*place.run);
  if (place.run) row["run_is_from_elsewhere"] = place.run_is_from_elsewhere;
  return row;
}

}  // namespace

std::vector<std::string> place_names(const estate::Lowered* lowered) {
  std::vector<std::string> names = {local_name};
  if (lowered == nullptr) return names;
  for (const auto& resource : lowered->graph.resources()) {
    if (resource.kind() == Cluster::kind) names.push_back(resource.name);
    if (resource.kind() == Compute::kind || resource.kind() == AttachedCompute::kind)
      names.push_back(jobs::workspace_compute_text(resource.name));
  }
  return names;
}

std::expected<jobs::Advice, std::vector<Error>> find_advice(const Exchange& exchange, const JobRecord& job) {
  auto all = exchange.backend.jobs();
  if (!all) return std::unexpected(std::vector{std::move(all.error())});
  std::vector<PlaceFacts> places;
  PlaceFacts machine{.name = local_name, .target = jobs::ThisMachine{}, .nodes = "this machine"};
  machine.gpus = exchange.backend.gpus();
  if (machine.gpus > 0) machine.nodes += " (" + std::to_string(machine.gpus) + " GPU" + (machine.gpus > 1 ? "s)" : ")");
  time(machine, catalog::JobPlace::machine, 1);
  places.push_back(std::move(machine));
  if (exchange.body.contains("estate")) {
    auto opened = open(exchange);
    if (!opened) return std::unexpected(std::move(opened.error()));
    Survey survey(exchange, *opened, job.spec);
    if (auto looked = survey.look(); !looked) return std::unexpected(std::vector{std::move(looked.error())});
    std::ranges::move(survey.places(), std::back_inserter(places));
  }
  for (auto& place : places)
    if (place.lacks.empty()) ask_place(exchange, **all, job, place);
  return jobs::advise(job.spec, places, past_runs(**all));
}

http::Response advise_job(const Exchange& exchange) {
  auto job = read_job(exchange, exchange.body.at("job"));
  if (!job) return refuse(job.error());
  const auto advice = find_advice(exchange, *job);
  if (!advice) return refuse(advice.error());
  json rows = json::array();
  for (const auto& place : advice->places) rows.push_back(row_of(place));
  return answer(
      {{"places", std::move(rows)},
       {"best", advice->best},
       {"because", advice->because},
       {"past", {{"runs", advice->past}, {"start_error", advice->start_error}, {"run_error", advice->run_error}}}});
}

}  // namespace drover::api
