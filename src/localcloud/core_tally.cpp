#include "localcloud/core_tally.hpp"

#include "localcloud/json.hpp"
#include "localcloud/world.hpp"
#include "model/catalog.hpp"

namespace drover::localcloud {
namespace {

constexpr std::string_view pool_mark = "/agentpools/";

std::string place_of(std::string_view subscription, std::string_view location) {
  return std::string(subscription) + " " + std::string(location);
}

}  // namespace

void CoreTally::note_change(std::string_view key) {
  if (key.find(pool_mark) != std::string_view::npos) changed_.emplace(key);
}

void CoreTally::count(const Counted& pool, int sign) {
  CoresInUse& sum = sums_[pool.place];
  (pool.is_spot ? sum.low_priority : sum.region) += sign * pool.cores;
  if (!pool.is_spot) sum.of_family[pool.family] += sign * pool.cores;
}

/// False while its cluster, which says the region, is not there.
bool CoreTally::recount(const World& world, const std::string& key) {
  if (const auto old = pools_.find(key); old != pools_.end()) {
    count(old->second, -1);
    pools_.erase(old);
  }
  const Resource* pool = world.find(key);
  if (pool == nullptr) return true;
  const Resource* cluster = world.find(key.substr(0, key.find(pool_mark)));
  if (cluster == nullptr) return false;
  const Json body = *parse_body(pool->body);
  const auto* size = catalog::find_vm_size(text_at(body, {"properties", "vmSize"}));
  if (size == nullptr) return true;
  Counted counted{
      .place = place_of(key.substr(0, key.find("/resourcegroups/")), text_at(*parse_body(cluster->body), {"location"})),
      .family = size->family,
      .cores = size->vcpus * number_at(body, {"properties", "count"}).value_or(0),
      .is_spot = text_at(body, {"properties", "scaleSetPriority"}) == "Spot"};
  count(counted, 1);
  pools_.emplace(key, std::move(counted));
  return true;
}

const CoresInUse& CoreTally::in_use(const World& world, const std::string& subscription, const std::string& location) {
  std::erase_if(changed_, [&](const std::string& key) { return recount(world, key); });
  return sums_[place_of(subscription, location)];
}

}  // namespace drover::localcloud
