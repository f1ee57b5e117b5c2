#include "api/scaling.hpp"

#include "api/live_scaling.hpp"

#include "base/text.hpp"
#include "codec/model_json.hpp"
#include "control/scale/pool_scaler.hpp"
#include "planning/plan.hpp"

namespace drover::api {
namespace {

using control::PoolScaler;

json to_json(const forecast::Metrics& metrics) {
  return {{"r2", metrics.r2},
          {"r2_original_order", metrics.r2_original_order},
          {"mae", metrics.mae},
          {"naive_mae", metrics.naive_mae},
          {"held_out_rows", metrics.held_out_rows},
          {"band_coverage", metrics.band_coverage}};
}

json to_json(const control::KeptModel& kept) {
  json out = {{"scaler", kept.scaler},
              {"version", kept.version},
              {"kind", kept.model.kind},
              {"target", kept.model.target},
              {"metrics", to_json(kept.model.metrics)},
              {"trained_rows", kept.model.trained_rows},
              {"trained_at", format_iso(kept.model.record.trained_at)},
              {"code_version", kept.model.record.code_version},
              {"data_digest", kept.model.record.data_digest},
              {"worse_than_naive", kept.model.is_worse_than_naive()}};
  if (!kept.blob.empty()) out["blob"] = kept.blob;
  return out;
}

json to_json(const scaling::ScalerPolicy& policy) {
  return {{"sla", policy.sla},
          {"threshold", policy.threshold},
          {"unit", policy.unit},
          {"step", policy.increment},
          {"floor", policy.floor},
          {"ceiling", policy.ceiling},
          {"cooldown_s", to_seconds(policy.cooldown)}};
}

/// What only a report needs: where the model comes from, how it did, and what the pool costs.
json evidence_json(const control::ScaleOutcome& outcome) {
  json models = json::array();
  for (const auto& model : outcome.models) {
    json entry = to_json(model);
    entry["has_band"] = model.model.band.has_value();
    models.push_back(std::move(entry));
  }
  json past = json::array();
  for (const auto& f : outcome.training.past_forecasts)
    past.push_back({{"row", f.row}, {"value", f.value}, {"low", f.low}, {"high", f.high}});
  NodePool after = outcome.pool;
  after.nodes = outcome.decision.to;
  return {{"models", models},
          {"past_forecasts", past},
          {"log", outcome.training.log},
          {"notes", outcome.training.notes},
          {"usd_per_hour_before", planning::hourly_cost(outcome.pool).dollars()},
          {"usd_per_hour_after", planning::hourly_cost(after).dollars()}};
}

json to_json(const control::ScaleOutcome& outcome) {
  json reasons = json::array();
  for (const auto& reason : outcome.decision.reasons)
    reasons.push_back({{"code", scaling::reason_name(reason.code)}, {"sentence", reason.sentence}});
  json lines = json::array();
  for (const auto& line : scaling::explain(outcome.policy, outcome.input, outcome.decision))
    lines.push_back({{"label", line.label}, {"value", line.value}, {"remark", line.remark}});
  const auto* column = outcome.history.find(outcome.target);
  return {{"policy", scaling::policy_name(outcome.policy.kind)},
          {"policy_settings", to_json(outcome.policy)},
          {"target", outcome.target},
          {"forecast",
           {{"value", outcome.forecast.value},
            {"low", outcome.forecast.low},
            {"high", outcome.forecast.high},
            {"level", outcome.forecast.level},
            {"naive", outcome.forecast.naive}}},
          {"model",
           {{"label", outcome.input.model_label},
            {"version", outcome.model_version},
            {"metrics", to_json(outcome.metrics)}}},
          {"evidence", evidence_json(outcome)},
          {"wanted",
           {{"low", outcome.policy.sla - outcome.policy.threshold},
            {"high", outcome.policy.sla + outcome.policy.threshold}}},
          {"decision",
           {{"from", outcome.decision.from},
            {"to", outcome.decision.to},
            {"verdict", outcome.decision.acts()                                          ? "change"
                        : outcome.decision.verdict == scaling::Decision::Verdict::refuse ? "refuse"
                                                                                         : "hold"},
            {"reasons", reasons}}},
          {"explanation", lines},
          {"history", column ? json(*column) : json::array()},
          {"history_step_s", to_seconds(outcome.history.step)},
          {"history_start", outcome.history.start ? json(format_iso(*outcome.history.start)) : json()},
          {"performed", outcome.performed},
          {"nodes_after", outcome.nodes_after},
          {"took_s", to_seconds(outcome.took)},
          {"at", format_iso(outcome.input.now)}};
}

/// The scaler that the request names, or the only one; and its pool.
struct Chosen {
  std::string name;
  const estate::Scaler* scaler;
  const Resource* pool;
};

Result<Chosen> choose(const Loaded& loaded, const json& body) {
  const auto& scalers = loaded.estate.scalers;
  std::string name = body.value("scaler", "");
  if (name.empty() && scalers.size() == 1) name = scalers.begin()->first;
  if (name.empty())
    return fail(Code::invalid_input, scalers.empty() ? "the estate has no scaler" : "the estate has several scalers",
                scalers.empty() ? "write one: scalers: {CLUSTER/POOL: {...}}" : "say which: --scaler CLUSTER/POOL");
  const auto it = scalers.find(name);
  if (it == scalers.end()) {
    std::vector<std::string_view> names;
    for (const auto& [known, scaler] : scalers) names.push_back(known);
    const auto near = nearest(name, names);
    return fail(Code::invalid_input, "there is no scaler " + name,
                near.empty() ? "" : "did you mean " + std::string(near) + "?");
  }
  const auto& graph = loaded.lowered.graph;
  const Resource* pool = graph.find(NodePool::kind, name);
  return Chosen{it->first, &it->second, pool != nullptr ? pool : graph.find(Compute::kind, name)};
}

Error not_learned(const Chosen& chosen) {
  return {
      .code = Code::precondition,
      .message = "the scaler " + chosen.name + " learns from its load as it goes: there is nothing to train or keep",
      .hint = "drover scale once --dry-run shows what it would do"};
}

/// Opens the estate and runs `work` with the scaler that was asked for.
template <class Work>
http::Response with_scaler(const Exchange& exchange, Work work) {
  auto loaded = load(exchange.body);
  if (!loaded) return refuse(loaded.error());
  if (auto known = choose(*loaded, exchange.body); !known) return refuse(std::move(known.error()));
  auto opened = open(exchange, std::move(*loaded));
  if (!opened) return refuse(opened.error());
  const auto chosen = choose(opened->loaded, exchange.body);
  if (chosen->scaler->is_live()) return refuse(not_learned(*chosen));
  PoolScaler scaler({*opened->connection.cloud, *opened->connection.blobs, exchange.backend.store(), opened->journal,
                     exchange.backend.version()},
                    chosen->name, *chosen->scaler, *chosen->pool);
  return work(scaler, *opened, *chosen);
}

/// One decision, carried out unless it is a dry run, as the answer of scale.
Result<json> decide_once(const Exchange& exchange, PoolScaler& scaler, const Opened& opened, const Chosen& chosen) {
  const bool dry_run = exchange.body.value("dry_run", false);
  std::shared_ptr<void> claim;
  if (!dry_run) {
    DROVER_TRY(claimed, exchange.backend.claim("a scale of " + chosen.name));
    claim = std::move(claimed);
  }
  DROVER_TRY(outcome, scaler.once(dry_run));
  json out = to_json(outcome);
  out["estate"] = opened.loaded.estate.name.value;
  out["cloud"] = opened.loaded.cloud;
  out["scaler"] = chosen.name;
  return out;
}

/// The pause between two decisions, in world time, ended early by a stop; false then.
bool pause(const Exchange& exchange, Clock& clock, Duration length) {
  const Instant due = clock.now() + length;
  while (clock.now() < due && !exchange.backend.stop_asked()) clock.sleep_until(due);
  return !exchange.backend.stop_asked();
}

}  // namespace

http::Response train(const Exchange& exchange) {
  const json log = exchange.body.value("log", json::object());
  codec::LoadLogOptions options;
  if (const std::string format = log.value("format", ""); !format.empty()) {
    const auto parsed = codec::parse_load_log_format(format);
    if (!parsed)
      return refuse(Error{.code = Code::invalid_input,
                          .message = "\"" + format + "\" is not a log format",
                          .hint = "say auto, daily-table, service-log, csv or common-log"});
    options.format = *parsed;
  }
  options.time_column = log.value("time_column", "");
  options.value_column = log.value("value_column", "");
  return with_scaler(exchange, [&](PoolScaler& scaler, const Opened&, const Chosen& chosen) {
    const auto claim = exchange.backend.claim("a training for " + chosen.name);
    if (!claim) return refuse(Error(claim.error()));
    auto learned = scaler.learn(log.value("text", ""), log.value("file", "log"), options);
    if (!learned) return refuse(std::move(learned.error()));
    json out = {{"version", learned->version},   {"format", codec::load_log_format_name(learned->log.format)},
                {"lines", learned->log.lines},   {"days", learned->log.daily.rows()},
                {"digest", learned->log_digest}, {"notes", learned->log.notes},
                {"models", json::array()}};
    for (const auto& note : learned->notes) out["notes"].push_back(note);
    for (const auto& model : learned->models) out["models"].push_back(to_json(model));
    return answer(out);
  });
}

http::Response models(const Exchange& exchange) {
  return with_scaler(exchange, [&](PoolScaler& scaler, const Opened&, const Chosen&) {
    auto kept = scaler.models();
    if (!kept) return refuse(std::move(kept.error()));
    json list = json::array();
    for (const auto& model : *kept) list.push_back(to_json(model));
    return answer({{"models", list}});
  });
}

Result<std::string> chosen_scaler(const Loaded& loaded, const json& body) {
  DROVER_TRY(chosen, choose(loaded, body));
  return std::move(chosen.name);
}

namespace {

/// A live scaler that the request names is given to `work`, once its estate is open; nullopt when it is none.
template <class Work>
std::optional<http::Response> with_live(const Exchange& exchange, Work work) {
  auto loaded = load(exchange.body);
  if (!loaded) return std::nullopt;  // who reads it next says what is wrong
  const auto known = choose(*loaded, exchange.body);
  if (!known || !known->scaler->is_live()) return std::nullopt;
  auto opened = open(exchange, std::move(*loaded));
  if (!opened) return refuse(opened.error());
  const auto chosen = choose(opened->loaded, exchange.body);
  auto live = LiveScaler::open(exchange, *opened, chosen->name, *chosen->pool);
  if (!live) return refuse(std::move(live.error()));
  return work(**live, *opened->connection.clock);
}

/// Turns until somebody stops them. What somebody else is changing is looked at again at the next time.
http::Response watch_live(const Exchange& exchange, LiveScaler& live, Clock& clock) {
  const Duration every = from_seconds(exchange.body.value("every_s", to_seconds(live.step())));
  const auto times = exchange.body.value("times", std::int64_t{0});
  const bool dry_run = exchange.body.value("dry_run", false);
  std::int64_t round = 0;
  for (bool goes_on = true; goes_on;) {
    auto turn = live.turn(dry_run, false);
    if (!turn && round == 0) return refuse(std::move(turn.error()));
    ++round;
    const bool is_read =
        !exchange.sink || (turn ? send_event(*exchange.sink, "decision", *turn)
                                : send_event(*exchange.sink, "passed_over", {{"why", turn.error().message}}));
    goes_on = is_read && (times == 0 || round < times) && pause(exchange, clock, every);
  }
  const json end = {{"rounds", round}, {"stopped", exchange.backend.stop_asked()}};
  if (exchange.sink) send_event(*exchange.sink, "end", end);
  return answer(end);
}

}  // namespace

http::Response scale(const Exchange& exchange) {
  auto done = with_live(exchange, [&](LiveScaler& live, Clock&) {
    auto turn = live.turn(exchange.body.value("dry_run", false), true);
    return turn ? answer(*turn) : refuse(std::move(turn.error()));
  });
  if (done) return std::move(*done);
  return with_scaler(exchange, [&](PoolScaler& scaler, const Opened& opened, const Chosen& chosen) {
    auto decided = decide_once(exchange, scaler, opened, chosen);
    return decided ? answer(*decided) : refuse(std::move(decided.error()));
  });
}

namespace {

/// A watch for the server to keep, or to keep no more: it is begun and ended by whoever hosts this.
http::Response keep_watch(const Exchange& exchange) {
  auto loaded = load(exchange.body);
  if (!loaded) return refuse(loaded.error());
  const auto chosen = choose(*loaded, exchange.body);
  if (!chosen) return refuse(Error(chosen.error()));
  if (!chosen->scaler->is_live())
    return refuse(Error{.code = Code::precondition,
                        .message = "the scaler " + chosen->name + " decides once a day, by a target",
                        .hint = "run drover scale once daily, or give it slo: SHARE%"});
  const bool keep = exchange.body.value("keep", false);
  json kept = exchange.body;
  kept.erase("keep");
  kept["scaler"] = chosen->name;
  const auto before = exchange.backend.store().get(watch_prefix + chosen->name);
  if (!before) return refuse(Error(before.error()));
  if (auto written = exchange.backend.store().commit(
          {{watch_prefix + to_lower(chosen->name), keep ? std::optional(kept.dump()) : std::nullopt}});
      !written)
    return refuse(std::move(written.error()));
  return answer(
      {{"rounds", 0}, {"stopped", !keep}, {"kept", keep}, {"was_kept", before->has_value()}, {"scaler", chosen->name}});
}

}  // namespace

http::Response watch(const Exchange& exchange) {
  if (exchange.body.contains("keep")) return keep_watch(exchange);
  if (auto live =
          with_live(exchange, [&](LiveScaler& scaler, Clock& clock) { return watch_live(exchange, scaler, clock); }))
    return std::move(*live);
  const Duration every = from_seconds(exchange.body.value("every_s", 86400.0));
  const auto times = exchange.body.value("times", std::int64_t{0});
  std::int64_t round = 0;
  bool goes_on = true;
  while (goes_on) {
    // Opened anew each time: what others did meanwhile is in the journal.
    http::Response done = with_scaler(exchange, [&](PoolScaler& scaler, const Opened& opened, const Chosen& chosen) {
      auto decided = decide_once(exchange, scaler, opened, chosen);
      // What somebody else is changing is looked at again at the next time.
      if (!decided && !(decided.error().code == Code::conflict && round > 0)) return refuse(std::move(decided.error()));
      ++round;
      const bool is_read =
          !exchange.sink || (decided ? send_event(*exchange.sink, "decision", *decided)
                                     : send_event(*exchange.sink, "passed_over", {{"why", decided.error().message}}));
      goes_on = is_read && (times == 0 || round < times) && pause(exchange, *opened.connection.clock, every);
      return answer(json::object());
    });
    if (!done.ok()) return done;
  }
  const json end = {{"rounds", round}, {"stopped", exchange.backend.stop_asked()}};
  if (exchange.sink) send_event(*exchange.sink, "end", end);
  return answer(end);
}

}  // namespace drover::api
