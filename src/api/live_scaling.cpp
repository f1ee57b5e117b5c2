#include "api/live_scaling.hpp"

#include "api/scaling.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "codec/scale_json.hpp"
#include "control/contents/sources.hpp"
#include "control/scale/cloud_meter.hpp"
#include "control/scale/hand_words.hpp"
#include "control/scale/log_meter.hpp"
#include "control/scale/pool_scaler.hpp"
#include "model/catalog.hpp"

namespace drover::api {
namespace {

using control::ScaleBook;
using control::ScaleHand;

/// A longer pause or pin is a setting: it belongs into the estate.
constexpr Duration hand_longest = std::chrono::hours{30 * 24};
constexpr Duration hand_usual = std::chrono::hours{8};

/// KIND/NAME of the estate, or an ARM id; with the account that may read it.
Result<MetricQuery> metric_of(const Loaded& loaded, const estate::Scaler& scaler, const Resource& pool) {
  MetricQuery query{.account = pool.account, .resource_id = scaler.of.value, .name = scaler.metric.value};
  if (!scaler.aggregation.value.empty()) query.aggregation = scaler.aggregation.value;
  if (scaler.of.value.starts_with('/')) return query;
  const Resource* resource = loaded.lowered.graph.find(scaler.of.value);
  if (resource == nullptr)
    return fail(Code::invalid_input, "scalers." + pool.name + ".load.of: there is no " + scaler.of.value,
                "say KIND/NAME as drover status shows it, or an ARM id");
  query.resource_id = resource->arm_id;
  query.account = resource->account;
  return query;
}

/// ${secret:NAME} is looked up when it is needed; what came from the environment stands there already.
Result<std::string> said_password(Backend& backend, const std::string& said) {
  constexpr std::string_view mark = "${secret:";
  if (!said.starts_with(mark)) return said;
  return backend.secrets().get(said.substr(mark.size(), said.size() - mark.size() - 1));
}

/// The Authorization header's value, from what the files and secrets hold then; null where nothing is said.
std::function<Result<std::string>()> authorization_of(const Exchange& exchange, const Opened& opened,
                                                      const estate::Scaler& scaler) {
  const auto reach = [&](const std::string& file) {
    return control::reachable(opened.loaded.folder, control::beside(opened.loaded.estate.file, file));
  };
  Backend* backend = &exchange.backend;
  if (!scaler.token_file.value.empty())
    return [backend, path = reach(scaler.token_file.value)]() -> Result<std::string> {
      DROVER_TRY(token, backend->read_secret_file(path));
      return "Bearer " + token;
    };
  if (scaler.username.value.empty()) return nullptr;
  const std::string& file = scaler.password_file.value;
  return [backend, path = file.empty() ? "" : reach(file), user = scaler.username.value,
          said = scaler.password.value]() -> Result<std::string> {
    DROVER_TRY(password, path.empty() ? said_password(*backend, said) : backend->read_secret_file(path));
    return "Basic " + base64_encode(user + ":" + password);
  };
}

/// Reads a log anew: a blob of the estate, or a file beside it.
control::LogMeter::Bytes log_bytes(const Exchange& exchange, const Opened& opened, const std::string& log) {
  if (const auto address = control::parse_blob_address(log))
    return [blobs = opened.connection.blobs, blob = *address] { return blobs->get(blob); };
  const std::string path = control::reachable(opened.loaded.folder, control::beside(opened.loaded.estate.file, log));
  return [folders = &exchange.backend.folders(), path]() -> Result<std::string> {
    DROVER_TRY(bytes, folders->size(path));
    if (bytes == 0) return fail(Code::not_found, path + ": there is no such file, or nothing in it yet");
    return folders->read(path, 0, bytes);
  };
}

}  // namespace

Result<std::unique_ptr<LiveScaler>> LiveScaler::open(const Exchange& exchange, Opened& opened, const std::string& name,
                                                     const Resource& resource) {
  std::unique_ptr<LiveScaler> live(new LiveScaler(exchange, opened, name));
  const auto& estate = opened.loaded.estate;
  const auto& graph = opened.loaded.lowered.graph;
  const estate::Scaler& scaler = estate.scalers.at(name);
  live->wish_ = control::keeper_wish(estate, graph, name);
  if (const auto& zone = scaler.timezone; !zone.value.empty()) {
    auto found = exchange.backend.time_zone(zone.value);
    if (!found) {
      found.error().where = zone.where;
      return std::unexpected(std::move(found.error()));
    }
    live->wish_.pool.calendar.zone = std::move(*found);
  }
  DROVER_CHECK(live->find_load(scaler));
  control::ClusterLink link;
  if (const Resource* cluster = graph.find(Cluster::kind, name.substr(0, name.find('/')));
      cluster != nullptr && resource.kind() == NodePool::kind) {
    auto connected = exchange.backend.connect_cluster(opened.connection, opened.loaded.cloud, *cluster);
    if (connected) {
      live->cluster_ = std::move(*connected);
      link = {.cluster = live->cluster_.cluster, .flows = live->cluster_.flows};
    } else {
      link.error = connected.error().message;
    }
  }
  live->lever_ = control::make_lever({*opened.connection.cloud, opened.journal, link}, resource, scaler.replicas.value);
  control::KeeperParts parts{*live->lever_, live->meter_.get(), link, ScaleBook(exchange.backend.store(), name)};
  parts.jobs = [&backend = exchange.backend, targets = live->wish_.job_targets,
                pace = opened.connection.pace]() -> Result<control::JobsAhead> {
    DROVER_TRY(jobs, backend.jobs());
    return control::jobs_ahead(jobs->all(), targets, backend.real_now(), pace);
  };
  live->keeper_ = std::make_unique<control::PoolKeeper>(std::move(parts), live->wish_);
  return live;
}

Status LiveScaler::find_load(const estate::Scaler& scaler) {
  if (!scaler.prometheus.value.empty()) {
    PrometheusQuery query{.address = scaler.prometheus.value,
                          .query = scaler.query.value,
                          .authorization = authorization_of(exchange_, opened_, scaler)};
    if (const std::string& file = scaler.authority.value; !file.empty()) {
      DROVER_TRY(pem, log_bytes(exchange_, opened_, file)());
      query.authority_pem = std::move(pem);
    }
    meter_ = exchange_.backend.prometheus(std::move(query));
  } else if (!scaler.metric.value.empty()) {
    const auto* pool = opened_.loaded.lowered.graph.find(NodePool::kind, name_);
    if (pool == nullptr) pool = opened_.loaded.lowered.graph.find(Compute::kind, name_);
    DROVER_TRY(query, metric_of(opened_.loaded, scaler, *pool));
    meter_ = std::make_unique<control::CloudMeter>(*opened_.connection.cloud, std::move(query));
  } else if (!scaler.log.value.empty()) {
    auto log = std::make_unique<control::LogMeter>(log_bytes(exchange_, opened_, scaler.log.value), scaler.log.value,
                                                   scaler.target.value);
    DROVER_TRY(step, log->step());
    wish_.pool.step = step;
    meter_ = std::move(log);
  }
  return {};
}

Result<json> LiveScaler::turn(bool dry_run, bool waits) {
  std::shared_ptr<void> claim;
  if (!dry_run) {
    DROVER_TRY(claimed, exchange_.backend.claim("a scale of " + name_));
    claim = std::move(claimed);
  }
  DROVER_TRY(turn, keeper_->turn(opened_.connection.clock->now(), dry_run));
  json out = control::to_json(turn);
  out["estate"] = opened_.loaded.estate.name.value;
  out["cloud"] = opened_.loaded.cloud;
  out["scaler"] = name_;
  out["live"] = true;
  out["dry_run"] = dry_run;
  out["per_node"] = wish_.pool.per_node;
  out["slo_percent"] = 100 * (1 - wish_.pool.violation_share_max);
  if (const auto* size = catalog::find_vm_size(wish_.queue.pool.vm_size)) out["usd_per_node_hour"] = size->usd_per_hour;
  if (meter_) out["load_of"] = meter_->words();
  if (waits && lever_->is_busy()) DROVER_CHECK(wait_for_change(out));
  return out;
}

Status LiveScaler::wait_for_change(json& out) {
  const Instant began = opened_.connection.clock->now();
  DROVER_CHECK(lever_->settle());
  DROVER_TRY(state, lever_->look());
  out["nodes_after"] = state.asked;
  out["took_s"] = to_seconds(opened_.connection.clock->now() - began);
  return {};
}

http::Response set_scale_hand(const Exchange& exchange) {
  auto loaded = load(exchange.body);
  if (!loaded) return refuse(loaded.error());
  const auto name = chosen_scaler(*loaded, exchange.body);
  if (!name) return refuse(Error(name.error()));
  if (!loaded->estate.scalers.at(*name).is_live())
    return refuse(Error{.code = Code::precondition,
                        .message = "the scaler " + *name + " has a target, and no arbiter whom a pin could tell",
                        .hint = "give it slo: SHARE%"});
  const json& body = exchange.body;
  ScaleBook book(exchange.backend.store(), *name);
  if (body.value("release", false)) {
    const auto before = book.hand();
    if (!before) return refuse(Error(before.error()));
    if (auto kept = book.set_hand(std::nullopt); !kept) return refuse(std::move(kept.error()));
    // Nothing was taken back where nothing stood.
    return answer({{"scaler", *name}, {"released", before->has_value()}});
  }
  auto opened = open(exchange, std::move(*loaded));
  if (!opened) return refuse(opened.error());
  const Duration length = from_seconds(body.value("for_s", to_seconds(hand_usual)));
  if (length <= Duration{0} || length > hand_longest)
    return refuse(Error{.code = Code::invalid_input,
                        .message = "a pin or pause of " + format_duration(length) + " makes no sense",
                        .hint = "30 days at most; what should always hold belongs into the estate: nodes: N..N"});
  const Instant now = opened->connection.clock->now();
  std::optional<Instant> until = now + length;
  if (const std::string said = body.value("until", ""); !said.empty()) {
    until = parse_iso(said);
    if (!until || *until <= now || *until > now + hand_longest)
      return refuse(Error{.code = Code::invalid_input,
                          .message = "until \"" + said + "\" makes no sense, it is " + format_iso(now) + " there",
                          .hint = "a time to come, within 30 days: 2026-11-23T08:00:00Z"});
  }
  ScaleHand hand{.until = until, .reason = body.value("reason", ""), .by = body.value("by", ""), .since = now};
  if (!body.value("pause", false)) hand.pinned = body.value("nodes", 0);
  if (auto kept = book.set_hand(hand); !kept) return refuse(std::move(kept.error()));
  const auto watch = exchange.backend.store().get(watch_prefix + *name);
  if (!watch) return refuse(Error(watch.error()));
  const auto wish = control::keeper_wish(opened->loaded.estate, opened->loaded.lowered.graph, *name);
  json out = {{"scaler", *name}, {"until", codec::to_json(hand.until)}, {"paused", !hand.pinned.has_value()}};
  if (hand.pinned) out["nodes"] = *hand.pinned;
  out["notes"] = control::hand_notes(wish, hand, watch->has_value());
  return answer(out);
}

http::Response explain_scale(const Exchange& exchange) {
  const auto loaded = load(exchange.body);
  if (!loaded) return refuse(loaded.error());
  const auto name = chosen_scaler(*loaded, exchange.body);
  if (!name) return refuse(Error(name.error()));
  Instant to = instant_max;
  if (const std::string at = exchange.body.value("at", ""); !at.empty()) {
    const auto instant = parse_iso(at);
    if (!instant)
      return refuse(Error{.code = Code::invalid_input,
                          .message = "\"" + at + "\" is not a time",
                          .hint = "say it as 2026-11-23T08:00:00Z"});
    to = *instant;
  }
  ScaleBook book(exchange.backend.store(), *name);
  auto decisions = book.decisions(Instant{}, to, static_cast<std::size_t>(exchange.body.value("count", 1)));
  if (!decisions) return refuse(std::move(decisions.error()));
  auto hand = book.hand();
  if (!hand) return refuse(std::move(hand.error()));
  json out = {{"scaler", *name}, {"decisions", *decisions}};
  if (const auto& said = *hand) {
    out["hand"] = {{"reason", said->reason}, {"by", said->by}, {"until", codec::to_json(said->until)}};
    if (said->pinned) out["hand"]["nodes"] = *said->pinned;
  }
  return answer(out);
}

}  // namespace drover::api
