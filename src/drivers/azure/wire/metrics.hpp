// Metrics of Azure Monitor as JSON. Source: Microsoft.Insights metrics_API.json 2018-01-01.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ports/cloud.hpp"

namespace drover::azure::wire {

inline constexpr const char* metrics_version = "2018-01-01";

/// Behind the resource's id and the api-version: what of it, of when.
std::string metric_parameters(const MetricQuery& query, Instant from, Instant to, Duration step);

/// Puts the values of an answer in their steps. Errors: corrupt.
Status read_metric(const nlohmann::json& answer, const MetricQuery& query, LoadSamples& into);

}  // namespace drover::azure::wire
