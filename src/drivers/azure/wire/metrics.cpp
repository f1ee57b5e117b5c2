#include "drivers/azure/wire/metrics.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "protocol/http/message.hpp"

namespace drover::azure::wire {

using nlohmann::json;

std::string metric_parameters(const MetricQuery& query, Instant from, Instant to, Duration step) {
  return http::format_form({{"timespan", format_iso(from) + "/" + format_iso(to)},
                            {"interval", format_iso_duration(step)},
                            {"metricnames", query.name},
                            {"aggregation", query.aggregation}});
}

Status read_metric(const json& answer, const MetricQuery& query, LoadSamples& into) {
  try {
    const json& metrics = answer.at("value");
    if (metrics.empty() || metrics.at(0).at("timeseries").empty()) return {};
    for (const auto& point : metrics.at(0).at("timeseries").at(0).at("data")) {
      const auto at = parse_iso(point.at("timeStamp").get<std::string>());
      const auto value = point.find(query.aggregation);
      if (!at || *at < into.start || value == point.end() || !value->is_number()) continue;
      const auto index = static_cast<std::size_t>((*at - into.start) / into.step);
      if (index < into.values.size()) into.values[index] = value->get<double>();
    }
  } catch (const json::exception& error) {
    return fail(Code::corrupt, "Azure Monitor's answer for " + query.name + " does not read: " + error.what());
  }
  return {};
}

}  // namespace drover::azure::wire
