#include "drivers/azure/wire/usages.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace drover::azure::wire {
namespace {

using nlohmann::json;

std::string text(const json& from, const char* name) {
  const auto at = from.is_object() ? from.find(name) : from.end();
  return at != from.end() && at->is_string() ? at->get<std::string>() : "";
}

std::int64_t number(const json& from, const char* name) {
  const auto at = from.find(name);
  return at != from.end() && at->is_number_integer() ? at->get<std::int64_t>() : 0;
}

}  // namespace

std::vector<CoreQuota> core_quotas(const std::vector<json>& entries) {
  std::vector<CoreQuota> quotas;
  for (const auto& entry : entries) {
    if (!entry.is_object() || !entry.contains("limit")) continue;
    const std::string type = to_lower(text(entry, "type"));
    CoreQuota quota{.used = number(entry, "currentValue"), .limit = number(entry, "limit")};
    if (type.ends_with("/vmfamily/usages"))
      quota.family = text(entry.value("name", json()), "value");
    else if (type.ends_with("/dedicatedcores/usages"))
      quota.of = CoreQuota::Of::dedicated;
    else if (type.ends_with("/lowprioritycores/usages"))
      quota.of = CoreQuota::Of::low_priority;
    else
      continue;
    quotas.push_back(std::move(quota));
  }
  return quotas;
}

std::vector<CoreQuota> machine_quotas(const std::vector<json>& entries) {
  std::vector<CoreQuota> quotas;
  for (const auto& entry : entries) {
    if (!entry.is_object() || !entry.contains("limit")) continue;
    const std::string name = text(entry.value("name", json()), "value");
    CoreQuota quota{.used = number(entry, "currentValue"), .limit = number(entry, "limit")};
    if (name == "cores")
      quota.of = CoreQuota::Of::dedicated;
    else if (name == "lowPriorityCores")
      quota.of = CoreQuota::Of::low_priority;
    else if (to_lower(name).ends_with("family"))
      quota.family = name;
    else
      continue;  // numbers of machines, scale sets, disks
    quotas.push_back(std::move(quota));
  }
  return quotas;
}

}  // namespace drover::azure::wire
