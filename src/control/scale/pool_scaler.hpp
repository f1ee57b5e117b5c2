// A scaler with a target (`slo: {below: 50s}`): learns models from a log, keeps them with their log in the estate's
// blob container and in the store, and turns the newest into a decision about its pool, once a day. Pools that follow
// their load by the minute (`slo: 99.5%`) have a PoolKeeper instead.
#pragma once

#include <string>
#include <vector>

#include "base/text.hpp"
#include "codec/load_log.hpp"
#include "control/journal.hpp"
#include "estate/estate.hpp"
#include "forecast/model.hpp"
#include "ports/blobs.hpp"
#include "ports/cloud.hpp"
#include "ports/store.hpp"
#include "scaling/decide.hpp"

namespace drover::control {

/// A model as it is kept.
struct KeptModel {
  std::string scaler;  ///< "cluster/pool"
  int version = 0;     ///< from 1
  forecast::Model model;
  std::string blob;  ///< blob://...; "" when there was nowhere to put it
};

/// What a model said of a day that it had not seen: what reports draw beside what came.
struct PastForecast {
  std::size_t row = 0;  ///< of the daily table
  double value = 0, low = 0, high = 0;
};

/// What is kept of a training beside its models.
struct TrainingNotes {
  std::string log;                 ///< where the log was learned from: a blob or a file
  std::vector<std::string> notes;  ///< what a person should know of how it was read
  std::vector<PastForecast> past_forecasts;
};

struct Learned {
  int version = 0;
  std::vector<KeptModel> models;  ///< the workshop's four, then the calibrated one
  codec::LoadLog log;             ///< what was read
  std::string log_digest;
  std::vector<std::string> notes;
};

struct ScaleOutcome {
  scaling::ScalerPolicy policy;
  scaling::ScalerInput input;
  scaling::Decision decision;
  forecast::Forecast forecast;
  forecast::Table history;  ///< the daily table that the forecast was made from
  std::string target;
  int model_version = 0;
  forecast::Metrics metrics;
  std::vector<KeptModel> models;  ///< all of that version
  TrainingNotes training;         ///< empty for versions that were trained before it was kept
  NodePool pool;                  ///< as it was seen before the decision
  bool performed = false;
  int nodes_after = 0;  ///< as read back from the cloud
  Duration took{};
};

class PoolScaler {
 public:
  struct Parts {
    Cloud& cloud;
    Blobs& blobs;
    Store& store;
    Journal& journal;
    std::string code_version;
  };

  PoolScaler(Parts parts, std::string name, const estate::Scaler& scaler, const Resource& pool)
      : parts_(parts), name_(std::move(name)), record_(to_lower(name_)), scaler_(scaler), pool_(pool) {}

  /// `bytes` is the log file. Uploads it and the models; errors: invalid_input from the log, what blobs and store say.
  Result<Learned> learn(const std::string& bytes, const std::string& file, const codec::LoadLogOptions& options);
  /// All models kept, oldest first.
  Result<std::vector<KeptModel>> models();
  /// Forecasts, decides and, unless `dry_run`, sets the pool. precondition when the pool's autoscaler is on or there is
  /// no model yet.
  Result<ScaleOutcome> once(bool dry_run);

 private:
  Result<codec::LoadLog> read_log();
  Result<TrainingNotes> read_training(int version);
  Status perform(ScaleOutcome& outcome);
  Result<Observed> look();

  Parts parts_;
  std::string name_;
  std::string record_;  ///< the name that its records are kept by, whatever letters the estate writes today
  const estate::Scaler& scaler_;
  const Resource& pool_;
};

/// The address in "blob://account/container/name"; nullopt for other text.
std::optional<BlobAddress> parse_blob_address(std::string_view text);

}  // namespace drover::control
