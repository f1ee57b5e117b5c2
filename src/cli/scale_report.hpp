// The report of one scaling decision as a self-contained HTML page: what was learned, what is forecast, what was
// decided and why, what it costs. Everything in it is handed in; the page loads nothing.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/money.hpp"
#include "base/time.hpp"
#include "cli/chart.hpp"
#include "scaling/decide.hpp"

namespace drover::cli {

struct ReportModel {
  std::string name;    ///< "calibrated v3", "workshop end_users"
  std::string target;  ///< what it forecasts
  std::string unit;    ///< of the errors: "s", "users"
  std::string inputs;  ///< in words: "log end_users", "21 days before"
  double r2 = 0;
  double mae = 0;
  double naive_mae = 0;      ///< "as the day before" on the same days
  std::size_t held_out = 0;  ///< days that the errors were measured on
  double band_coverage = 0;  ///< share of held-out days inside the band; 0: the model has none
  bool in_use = false;       ///< the decision rests on it
};

struct ReportTiming {
  std::string what;
  Duration took{};
};

struct ScaleReport {
  std::string estate;       ///< "devday"
  std::string cloud;        ///< "local cloud" or "Azure": nobody should have to guess
  std::string pool;         ///< "atdevday/nodepool1"
  std::string log_name;     ///< file or blob that was learned from
  std::string data_digest;  ///< SHA-256 of its bytes; the first 12 digits are shown, all in the tooltip
  std::string code_version;
  Instant made_at{};
  scaling::ScalerPolicy policy;
  scaling::ScalerInput input;
  scaling::Decision decision;
  bool was_done = false;  ///< false: a dry run, or nothing to do
  std::vector<ReportModel> models;
  std::vector<ReportTiming> timings = {};
  Money per_hour_before{};  ///< of the pool
  Money per_hour_after{};
  std::vector<std::string> notes = {};  ///< of reading the log and the like
  LoadChart chart;
};

/// The report of what /v1/scale answered. Members that are missing are left empty: an older server knows less.
ScaleReport read_scale_report(const nlohmann::json& answer);

/// One HTML document with the chart inside. Same report, same bytes.
std::string format_scale_report(const ScaleReport& report);

}  // namespace drover::cli
