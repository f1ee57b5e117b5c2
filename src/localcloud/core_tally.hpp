// How many cores agent pools use, by subscription, region and VM family: a running sum, so that a request for one pool
// does not look at every pool that there is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace drover::localcloud {
class World;

struct CoresInUse {
  std::map<std::string_view, long long> of_family;  ///< of regular nodes; families as the price table names them
  long long region = 0, low_priority = 0;
};

class CoreTally {
 public:
  /// A resource was put, changed or erased; pools alone matter. What it holds now is read when somebody asks.
  void note_change(std::string_view key);
  /// `subscription`: its ARM id in lower case. `location`: canonical.
  const CoresInUse& in_use(const World& world, const std::string& subscription, const std::string& location);

 private:
  /// What a pool was counted as.
  struct Counted {
    std::string place;  ///< subscription and region
    std::string_view family;
    long long cores = 0;
    bool is_spot = false;
  };
  void count(const Counted& pool, int sign);
  bool recount(const World& world, const std::string& key);

  std::unordered_set<std::string> changed_;
  std::unordered_map<std::string, Counted> pools_;    ///< by key
  std::unordered_map<std::string, CoresInUse> sums_;  ///< by place
};

}  // namespace drover::localcloud
