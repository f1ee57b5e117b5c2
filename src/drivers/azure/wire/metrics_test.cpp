#include "drivers/azure/wire/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace drover::azure::wire {
namespace {

using std::chrono::minutes;

const Instant start = *parse_iso("2026-11-22T10:00:00Z");

TEST(Metrics, AsksForOneMetricOfOneSpan) {
  EXPECT_EQ(
      metric_parameters({.name = "Active Nodes", .aggregation = "maximum"}, start, start + minutes{60}, minutes{5}),
      "timespan=2026-11-22T10%3A00%3A00Z%2F2026-11-22T11%3A00%3A00Z&interval=PT5M&metricnames=Active%20Nodes&"
      "aggregation=maximum");
}

TEST(Metrics, PutsValuesInTheirSteps) {
  LoadSamples into{.start = start, .step = minutes{1}};
  into.values.assign(3, std::numeric_limits<double>::quiet_NaN());
  // The form of the example of Metrics_List (metrics_API.json 2018-01-01): a minute without a sample has no value.
  const auto answer =
      nlohmann::json::parse(R"({"value": [{"name": {"value": "Load"}, "timeseries": [{"metadatavalues": [],
    "data": [{"timeStamp": "2026-11-22T09:59:00Z", "average": 9}, {"timeStamp": "2026-11-22T10:00:00Z", "average": 1.5},
             {"timeStamp": "2026-11-22T10:01:00Z"}, {"timeStamp": "2026-11-22T10:02:00Z", "average": 2}]}]}]})");
  ASSERT_TRUE(read_metric(answer, {.name = "Load"}, into));
  EXPECT_EQ(into.values[0], 1.5);
  EXPECT_TRUE(std::isnan(into.values[1]));
  EXPECT_EQ(into.values[2], 2);
}

TEST(Metrics, WhatDoesNotReadIsAnError) {
  LoadSamples into{.start = start, .step = minutes{1}, .values = {0}};
  EXPECT_FALSE(read_metric(nlohmann::json::parse(R"({"value": [{"timeseries": [{}]}]})"), {.name = "Load"}, into));
  EXPECT_TRUE(read_metric(nlohmann::json::parse(R"({"value": []})"), {.name = "Load"}, into)) << "nothing measured";
}

}  // namespace
}  // namespace drover::azure::wire
