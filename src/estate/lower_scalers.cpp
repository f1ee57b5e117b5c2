// Scalers: whose node counts they own, and whether what they are told makes sense.
#include <algorithm>
#include <array>

#include "base/cron.hpp"
#include "base/text.hpp"
#include "base/time_zone.hpp"
#include "estate/lowering.hpp"

namespace drover::estate {

void Lowering::check_scalers() {
  std::vector<std::string_view> pools;
  for (const auto& resource : resources_)
    if (resource.kind() == NodePool::kind || resource.kind() == Compute::kind) pools.push_back(resource.name);
  for (const auto& [name, scaler] : estate_.scalers) {
    const std::string path = join_path("scalers", name);
    const Resource* pool = find(resource_key(NodePool::kind, name));
    const Resource* compute = scaler.is_live() ? find(resource_key(Compute::kind, name)) : nullptr;
    if (!pool && !compute)
      miss(scaler.where, path + ": there is no pool \"" + printable(name) + "\"",
           did_you_mean(name, pools, "a scaler is named after its pool: CLUSTER/POOL"));
    else if (pool && std::get<NodePool>(pool->spec).autoscaler)
      notes_.push_back(path + ": the pool's own autoscaler is on, so the scaler will refuse to act");
    check_log_address(path, scaler.log);
    if (scaler.is_live())
      check_live_scaler(path, scaler);
    else
      check_slo_is_there(path, scaler);
  }
}

namespace {

/// What only a pool that is run live has; the first that was written, and where.
struct LiveSetting {
  const char* name;
  SourceSpan where;
};

std::optional<LiveSetting> first_live_setting(const Scaler& scaler) {
  const std::array<LiveSetting, 15> settings = {
      {{"mode", scaler.mode.where},
       {"queue", scaler.queue.where},
       {"queue.wait", scaler.wait.where},
       {"consolidate", scaler.consolidate.where},
       {"load.prometheus", scaler.prometheus.where},
       {"load.metric", scaler.metric.where},
       {"load.per_node", scaler.per_node.where},
       {"raise_to", scaler.raise_to.where},
       {"lead", scaler.lead.where},
       {"drain", scaler.drain.where},
       {"stale", scaler.stale.where},
       {"timezone", scaler.timezone.where},
       {"replicas", scaler.replicas.where},
       {"schedule", scaler.schedule.empty() ? SourceSpan{} : scaler.schedule[0].where},
       {"events", scaler.events.empty() ? SourceSpan{} : scaler.events[0].where}}};
  const auto found = std::ranges::find_if(settings, [](const LiveSetting& one) { return bool(one.where); });
  return found == settings.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

/// Without a share a scaler forecasts a target once a day, and what else was said of it would never be heard.
void Lowering::check_slo_is_there(const std::string& path, const Scaler& scaler) {
  const auto said = first_live_setting(scaler);
  if (!said) return;
  const bool has_target = scaler.below.where || scaler.band.where;
  complain(said->where,
           path + "." + said->name + ": " +
               (has_target ? "only a pool that is run live has it, and slo: with below: is a target of a day"
                           : "slo is missing, which a pool that is run live needs"),
           "say how large a share of the time it has nodes enough: slo: 99.5%");
}

void Lowering::check_live_scaler(const std::string& path, const Scaler& scaler) {
  const bool by_prometheus = !scaler.prometheus.value.empty(), by_metric = !scaler.metric.value.empty();
  const int sources = int{by_prometheus} + int{by_metric} + int{!scaler.log.value.empty()};
  const SourceSpan& where = scaler.kept.where;
  if (sources > 1)
    complain(where, path + ".load: a load is read from one place", "keep one of log, prometheus and metric");
  if (sources == 1 && scaler.per_node.value <= 0)
    complain(where, path + ".load.per_node: how much load does a node carry?",
             "say it in the unit of the load: per_node: 120");
  if (by_prometheus && scaler.query.value.empty())
    complain(scaler.prometheus.where, path + ".load.query: which series is the load?",
             "say it in PromQL: sum(rate(http_requests_total[1m]))");
  check_door(path + ".load", scaler);
  for (const auto& day : scaler.holidays)
    if (!parse_day(day.value))
      complain(day.where, path + ".holidays: " + printable(day.value) + " is no day", "say it so: 2026-12-25");
  if (scaler.consolidate.value && sources > 0)
    complain(scaler.consolidate.where, path + ".consolidate: its load says how many nodes it needs",
             "it is for pools that only pending pods drive: leave out load, or consolidate");
  if (by_metric && scaler.of.value.empty())
    complain(scaler.metric.where, path + ".load.of: whose metric is it?", "say KIND/NAME of this estate, or an ARM id");
  if (scaler.raise_to.where && scaler.raise_to.value < scaler.nodes.value.high)
    complain(scaler.raise_to.where, path + ".raise_to: " + std::to_string(scaler.raise_to.value) +
                                        " is below the ceiling of " + std::to_string(scaler.nodes.value.high));
  if (!scaler.replicas.value.empty() && split(scaler.replicas.value, '/').size() != 3)
    complain(scaler.replicas.where, path + ".replicas: \"" + printable(scaler.replicas.value) + "\" names no object",
             "say GROUP/KIND/NAME: karpenter.sh/NodePool/gpu");
  for (std::size_t i = 0; i < scaler.schedule.size(); ++i)
    check_window(indexed(path + ".schedule", i), scaler.schedule[i], true);
  for (std::size_t i = 0; i < scaler.disruption.size(); ++i)
    check_window(indexed(path + ".disruption", i), scaler.disruption[i], false);
  for (std::size_t i = 0; i < scaler.events.size(); ++i) {
    const ScaleEvent& event = scaler.events[i];
    const std::string place = indexed(path + ".events", i);
    if (!event.from.where || !event.to.where || event.nodes.value < 0)
      complain(event.where, place + ": an event has from, to and nodes");
    else if (event.to.value <= event.from.value)
      complain(event.to.where, place + ".to: it ends before it begins");
  }
}

/// How a Prometheus is told who asks.
void Lowering::check_door(const std::string& path, const Scaler& scaler) {
  const bool by_token = !scaler.token_file.value.empty(), by_name = !scaler.username.value.empty();
  const bool has_password = !scaler.password.value.empty(), has_file = !scaler.password_file.value.empty();
  const auto first = [&] {
    for (const Text* text :
         {&scaler.username, &scaler.password, &scaler.password_file, &scaler.token_file, &scaler.authority})
      if (!text->value.empty()) return text;
    return static_cast<const Text*>(nullptr);
  }();
  const std::string& address = scaler.prometheus.value;
  const auto host = address.find("://") == std::string::npos ? 0 : address.find("://") + 3;
  if (address.substr(host, address.find('/', host) - host).contains('@'))
    complain(scaler.prometheus.where, path + ".prometheus: an address with a password in it would be shown to others",
             "say username: and password_file: beside it");
  if (first != nullptr && address.starts_with("http://") && !address.substr(host).starts_with("127.0.0.1") &&
      !address.substr(host).starts_with("localhost"))
    notes_.push_back(path + ": " + address + " is told who asks without encryption; https:// would keep it secret");
  if (first != nullptr && scaler.prometheus.value.empty())
    complain(first->where, path + ": credentials are for a Prometheus, and it names none");
  if (by_token && (by_name || has_password || has_file))
    complain(scaler.token_file.where, path + ": a token and a password are two ways in", "keep one of them");
  else if (by_name && has_password == has_file)
    complain(
        scaler.username.where,
        path + ".username: " + std::string(has_file ? "its password is said twice" : "there is no password for it"),
        "say password: ${secret:name}, or password_file: FILE");
  else if (!by_name && (has_password || has_file))
    complain((has_file ? scaler.password_file : scaler.password).where, path + ": whose password is it?",
             "say username: NAME");
}

void Lowering::check_window(const std::string& path, const ScaleWindow& window, bool is_floor) {
  if (is_floor && (window.at.value.empty() || window.nodes.value < 0))
    complain(window.where, path + ": a floor has at, for and nodes",
             "for one that always holds say nodes: FLOOR..CEILING");
  if (!is_floor && window.nodes.value < 0 && window.percent.value < 0)
    complain(window.where, path + ": how many nodes may go at a time?", "say nodes: N or percent: N");
  if (window.at.value.empty()) return;
  if (const auto cron = parse_cron(window.at.value); !cron)
    complain(window.at.where, path + ".at: " + cron.error().message, cron.error().hint);
  if (window.open_for.value <= Duration{0})
    complain(window.where, path + ".for: how long does it stay open?", "say for: 9h");
}

/// blob://ACCOUNT/CONTAINER/NAME of a storage account of this estate, or a file.
void Lowering::check_log_address(const std::string& path, const Text& log) {
  const auto scheme = log.value.find("://");
  if (scheme == std::string::npos) return;  // a file; it is read when it is needed
  const auto parts = split(std::string_view(log.value).substr(scheme + 3), '/');
  const bool is_whole = parts.size() >= 3 && std::ranges::none_of(parts, [](auto part) { return part.empty(); });
  if (!log.value.starts_with("blob://") || !is_whole)
    return complain(log.where, path + ".load.log: \"" + printable(log.value) + "\" is not the address of a log",
                    "say blob://ACCOUNT/CONTAINER/NAME, or a file");
  if (find(resource_key(StorageAccount::kind, parts[0]))) return;
  std::vector<std::string_view> names;
  for (const auto& resource : resources_)
    if (resource.kind() == StorageAccount::kind) names.push_back(resource.name);
  miss(log.where, path + ".load.log: there is no storage account \"" + printable(parts[0]) + "\" in this estate",
       did_you_mean(parts[0], names, "name it under storage:"));
}

}  // namespace drover::estate
