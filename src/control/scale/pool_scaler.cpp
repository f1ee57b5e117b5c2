#include "control/scale/pool_scaler.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "codec/model_json.hpp"
#include "forecast/calibrated.hpp"
#include "forecast/workshop.hpp"

namespace drover::control {
namespace {

/// "model/cluster/pool/000003/calibrated/avg_completion_time": sorted by version.
std::string store_key(const std::string& scaler, int version, const std::string& what) {
  std::string number = std::to_string(version);
  number.insert(0, 6 - std::min<std::size_t>(6, number.size()), '0');
  return "model/" + scaler + "/" + number + "/" + what;
}

std::string training_key(const std::string& scaler, int version) {
  return "training/" + scaler + "/" + std::to_string(version);
}

std::string format_training(const TrainingNotes& training) {
  nlohmann::json past = nlohmann::json::array();
  for (const auto& f : training.past_forecasts) past.push_back({f.row, f.value, f.low, f.high});
  return nlohmann::json{{"log", training.log}, {"notes", training.notes}, {"past_forecasts", past}}.dump();
}

Result<TrainingNotes> parse_training(const std::string& text, const std::string& key) {
  try {
    const auto from = nlohmann::json::parse(text);
    TrainingNotes training{.log = from.at("log"), .notes = from.at("notes")};
    for (const auto& f : from.at("past_forecasts"))
      training.past_forecasts.push_back({f.at(0), f.at(1), f.at(2), f.at(3)});
    return training;
  } catch (const nlohmann::json::exception& error) {
    return fail(Code::corrupt, key + " in the store does not read: " + error.what(), "drover forecast train");
  }
}

scaling::ScalerPolicy policy_of(const estate::Scaler& scaler) {
  scaling::ScalerPolicy policy;
  policy.kind = scaler.policy.value == "workshop" ? scaling::PolicyKind::workshop : scaling::PolicyKind::target;
  if (scaler.below.value > Duration{0}) policy.sla = to_seconds(scaler.below.value);
  if (scaler.band.value > Duration{0}) policy.threshold = to_seconds(scaler.band.value);
  policy.increment = static_cast<int>(scaler.step.value);
  if (scaler.nodes.where) {
    policy.floor = static_cast<int>(scaler.nodes.value.low);
    policy.ceiling = static_cast<int>(scaler.nodes.value.high);
  }
  policy.cooldown = scaler.cooldown.value;
  return policy;
}

}  // namespace

std::optional<BlobAddress> parse_blob_address(std::string_view text) {
  constexpr std::string_view scheme = "blob://";
  if (!text.starts_with(scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  const auto first = text.find('/');
  const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
  if (second == std::string_view::npos || second + 1 == text.size()) return std::nullopt;
  return BlobAddress{std::string(text.substr(0, first)), std::string(text.substr(first + 1, second - first - 1)),
                     std::string(text.substr(second + 1))};
}

Result<Learned> PoolScaler::learn(const std::string& bytes, const std::string& file,
                                  const codec::LoadLogOptions& options) {
  DROVER_TRY(log, codec::read_load_log(bytes, file, options));
  if (log.rows_are_undated)
    return fail(
        Code::invalid_input, file + " has no column of times, so it does not say which rows make a day",
        "a forecast is learned by the day: bring a log with times, or name a column that counts the days \"day\"");
  const auto& table = log.daily;
  const std::string target = scaler_.target.value.empty() ? log.target : scaler_.target.value;
  const forecast::TrainingRecord record{sha256_hex(bytes), parts_.code_version, parts_.cloud.now()};
  Learned learned{.log_digest = record.data_digest};

  std::vector<forecast::Model> trained;
  if (auto workshop = forecast::train_workshop(table, record))
    for (auto* model : {&workshop->admin_users, &workshop->config_users, &workshop->end_users, &workshop->completion})
      trained.push_back(std::move(*model));
  else
    learned.notes.push_back("the workshop's models were not trained: " + workshop.error().message);
  DROVER_TRY(calibrated, forecast::train_calibrated(table, target, record));
  if (calibrated.model.is_worse_than_naive())
    learned.notes.push_back(
        "the model is no better than \"as the day before\" on days that it has not seen: policy target will not act on "
        "it");
  TrainingNotes training{.log = file, .notes = log.notes};
  if (const auto& band = calibrated.measured.band)
    for (const auto& day : calibrated.held_out)
      training.past_forecasts.push_back(
          {day.row, day.predicted, band->low_at(day.predicted), band->high_at(day.predicted)});
  trained.push_back(std::move(calibrated.model));

  DROVER_TRY(kept, models());
  learned.version = kept.empty() ? 1 : kept.back().version + 1;
  const auto log_address = parse_blob_address(scaler_.log.value);
  if (log_address) {
    DROVER_CHECK(parts_.blobs.create_container(log_address->account, log_address->container));
    // The log goes first: models without the data that they came from are worth little; a log without models does no
    // harm.
    DROVER_CHECK(parts_.blobs.put(*log_address, bytes, "text/plain"));
    training.log = log_address->text();
  }
  std::vector<StoreWrite> writes;
  for (auto& model : trained) {
    const std::string what = model.kind + "/" + model.target;
    const std::string text = codec::format_model(model);
    std::string blob;
    if (log_address) {
      const BlobAddress address{log_address->account, log_address->container,
                                "models/" + record_ + "/v" + std::to_string(learned.version) + "/" + what + ".json"};
      DROVER_CHECK(parts_.blobs.put(address, text, "application/json"));
      blob = address.text();
    }
    writes.push_back({store_key(record_, learned.version, what), text});
    learned.models.push_back({name_, learned.version, std::move(model), blob});
  }
  writes.push_back({training_key(record_, learned.version), format_training(training)});
  // The daily table is kept with the models, so that forecasts need not read the whole log again.
  writes.push_back({"load/" + record_ + "/daily", codec::format_daily_table(table)});
  DROVER_CHECK(parts_.store.commit(writes));
  learned.log = std::move(log);
  return learned;
}

Result<std::vector<KeptModel>> PoolScaler::models() {
  const std::string prefix = "model/" + record_ + "/";
  DROVER_TRY(entries, parts_.store.scan(prefix));
  std::vector<KeptModel> found;
  for (const auto& [key, text] : entries) {
    DROVER_TRY(model, codec::parse_model(text, key));
    found.push_back({name_, parse_whole<int>(key.substr(prefix.size(), 6)).value_or(0), std::move(model), ""});
  }
  return found;
}

Result<TrainingNotes> PoolScaler::read_training(int version) {
  const std::string key = training_key(record_, version);
  DROVER_TRY(text, parts_.store.get(key));
  if (!text) return TrainingNotes{};
  return parse_training(*text, key);
}

Result<codec::LoadLog> PoolScaler::read_log() {
  DROVER_TRY(daily, parts_.store.get("load/" + record_ + "/daily"));
  if (!daily)
    return fail(Code::precondition, "the scaler " + name_ + " has learned nothing yet",
                "drover forecast train --log FILE");
  return codec::read_load_log(*daily, "load/" + record_ + "/daily");
}

Result<Observed> PoolScaler::look() {
  DROVER_TRY(seen, parts_.cloud.observe({&pool_}));
  if (seen.front().presence == Presence::absent)
    return fail(Code::precondition, "the pool " + name_ + " is not there", "drover apply");
  return std::move(seen.front());
}

Result<ScaleOutcome> PoolScaler::once(bool dry_run) {
  ScaleOutcome outcome{.policy = policy_of(scaler_)};
  DROVER_TRY(log, read_log());
  outcome.history = std::move(log.daily);
  outcome.target = scaler_.target.value.empty() ? log.target : scaler_.target.value;
  DROVER_TRY(kept, models());
  const bool workshop = outcome.policy.kind == scaling::PolicyKind::workshop;
  const auto newest = std::find_if(kept.rbegin(), kept.rend(), [&](const KeptModel& m) {
    return m.model.target == outcome.target && m.model.kind == (workshop ? "workshop" : "calibrated");
  });
  if (newest == kept.rend())
    return fail(Code::precondition, "no model for " + outcome.target + " yet", "drover forecast train --log FILE");
  outcome.model_version = newest->version;
  outcome.metrics = newest->model.metrics;
  DROVER_TRY(training, read_training(newest->version));
  outcome.training = std::move(training);
  for (const auto& model : kept)
    if (model.version == newest->version) outcome.models.push_back(model);
  if (workshop) {
    const auto part = [&](const std::string& target) -> forecast::Model {
      const auto it = std::ranges::find_if(kept, [&](const KeptModel& m) {
        return m.version == newest->version && m.model.kind == "workshop" && m.model.target == target;
      });
      return it == kept.end() ? forecast::Model{} : it->model;
    };
    const forecast::WorkshopModels models{part("admin_users"), part("config_users"), part("end_users"), newest->model};
    DROVER_TRY(written, forecast::forecast_as_written(models, outcome.history));
    const auto* column = outcome.history.find(outcome.target);
    outcome.forecast = {.target = outcome.target,
                        .value = written.completion_seconds,
                        .low = written.completion_seconds,
                        .high = written.completion_seconds,
                        .naive = column && !column->empty() ? column->back() : 0};
  } else {
    DROVER_TRY(next, forecast::forecast_next(newest->model, outcome.history));
    outcome.forecast = std::move(next);
  }
  DROVER_TRY(seen, look());
  const auto& pool = std::get<NodePool>(seen.spec);
  outcome.pool = pool;
  auto& input = outcome.input;
  input = {.forecast = outcome.forecast.value,
           .low = outcome.forecast.low,
           .high = outcome.forecast.high,
           .level = outcome.forecast.level,
           .naive_forecast = outcome.forecast.naive,
           .model_error = outcome.metrics.mae,
           .naive_error = outcome.metrics.naive_mae,
           .model_label = "model v" + std::to_string(outcome.model_version),
           .nodes = static_cast<int>(pool.nodes),
           .now = parts_.cloud.now(),
           .autoscaler_on = pool.autoscaler.has_value()};
  if (const auto it = parts_.journal.scaled_at().find(pool_.key); it != parts_.journal.scaled_at().end())
    input.last_change = it->second;
  outcome.decision = scaling::decide(outcome.policy, input);
  outcome.nodes_after = input.nodes;
  if (!dry_run && outcome.decision.acts()) DROVER_CHECK(perform(outcome));
  return outcome;
}

Status PoolScaler::perform(ScaleOutcome& outcome) {
  if (outcome.decision.to < 0)
    return fail(Code::precondition,
                "the workshop policy asks for " + std::to_string(outcome.decision.to) + " nodes, which cannot be");
  Resource wanted = pool_;
  auto& spec = std::get<NodePool>(wanted.spec);
  spec.nodes = outcome.decision.to;
  spec.nodes_owned_by_scaler = false;  // for this one call the count is ours to set
  spec.autoscaler.reset();
  const Instant began = parts_.cloud.now();
  const std::string detail = std::to_string(outcome.decision.from) + " -> " + std::to_string(outcome.decision.to);
  DROVER_TRY(intents, parts_.journal.intend({{Verb::scale, pool_, detail}}, began));
  parts_.cloud.update(wanted, {});
  std::optional<OperationOutcome> ended;
  while (!ended) ended = parts_.cloud.next(parts_.cloud.now() + std::chrono::minutes(1));
  outcome.took = parts_.cloud.now() - began;
  const bool ok = ended->outcome.has_value();
  DROVER_CHECK(parts_.journal.conclude(
      {{intents.front(), Verb::scale, pool_.key, ok, ok ? "" : ended->outcome.error().message, outcome.took}},
      parts_.cloud.now()));
  if (!ok) return std::unexpected(std::move(ended->outcome.error()));
  outcome.nodes_after = static_cast<int>(std::get<NodePool>(ended->outcome->spec).nodes);
  outcome.performed = true;
  if (outcome.nodes_after != outcome.decision.to)
    return fail(Code::failed, "the pool has " + std::to_string(outcome.nodes_after) + " nodes after the call, not " +
                                  std::to_string(outcome.decision.to));
  return {};
}

}  // namespace drover::control
