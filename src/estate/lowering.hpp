// Lowering at work: what the sections have in common while an estate turns into resources. Private to this room.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/text.hpp"
#include "estate/lower.hpp"
#include "estate/names.hpp"
#include "model/arm_id.hpp"

namespace drover::estate {

/// Where a thing goes, after defaults.
struct Place {
  std::string account, subscription, tenant, location, group, group_key, group_id;
};

class Lowering {
 public:
  explicit Lowering(const Estate& estate) : estate_(estate) {}

  std::expected<Lowered, std::vector<Error>> run();

 private:
  // lower_accounts.cpp: who may do what
  void check_accounts();
  void check_account(const std::string& path, const Account& account);
  void lower_providers();
  void lower_principals();
  void lower_roles();
  void check_role_name(const std::string& path, const Text& role);
  void lower_role(const std::string& path, const Role& role);
  // lower_workspace.cpp: data and the workspace
  void lower_storage();
  void lower_vaults();
  void lower_insights();
  void lower_workspace();
  void lower_compute();
  // lower_clusters.cpp: clusters, their pools, and what scales them
  void lower_clusters();
  void lower_pools(const std::string& cluster, const ClusterWish& wish, const std::string& cluster_id,
                   const Place& place);
  void lower_attachment(const std::string& cluster, const ClusterWish& wish, const std::string& cluster_id,
                        const Place& place);
  void want_provider(const std::string& name, const Place& place, const SourceSpan& where);
  bool check_size(const Text& size, const std::string& path, const SourceSpan& where);
  /// As Azure spells it, where the price table knows it; without blanks around it anyway.
  static std::string size_of(const Text& size);
  void check_pool_nodes(const Pool& pool, const std::string& path);
  // lower_contents.cpp: what clusters hold
  void check_contents(const std::string& cluster, const ClusterWish& wish);
  void check_registry_secret(const std::string& path, const std::string& name, const RegistrySecret& secret);
  void check_labels(const std::string& path, const std::map<std::string, Text>& labels);
  void check_scalers();
  void check_live_scaler(const std::string& path, const Scaler& scaler);
  void check_slo_is_there(const std::string& path, const Scaler& scaler);
  void check_door(const std::string& path, const Scaler& scaler);
  void check_window(const std::string& path, const ScaleWindow& window, bool is_floor);
  void check_log_address(const std::string& path, const Text& log);
  // lowering.cpp: places and resources
  void lower_groups();
  const std::string* account_name(const Text& wanted, const SourceSpan& where, const std::string& path);
  void check_location(const std::string& path, const Text& location);
  std::optional<Place> place_of(const Placement& placement, const std::string& path);
  void want_group(const Place& place, const SourceSpan& where);
  Resource& add(Kind kind, const std::string& name, const std::string& arm_id, Spec spec, const Place& place,
                const Placement& placement);
  void refuse_twins();
  /// Null when there is none.
  const Resource* find(std::string_view key) const;
  std::string base() const;

  /// What stands in the file is wrong.
  void complain(const SourceSpan& where, std::string message, std::string hint = "");
  /// A key is missing from the mapping at `path`. Says nothing when a key there could not be read: it may be this one.
  /// `more` follows the word "missing".
  void miss_key(const SourceSpan& where, const std::string& path, const std::string& key, const std::string& more,
                std::string hint);
  /// A name means nothing. Says nothing when things with names could not be read: it may be one of them.
  void miss(const SourceSpan& where, std::string message, std::string hint = "");
  /// "did you mean X?", or `otherwise`. Only for the first few errors: each costs a look at every candidate.
  std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates,
                           std::string otherwise = "");
  void check_name(Kind kind, const std::string& name, const std::string& path, const SourceSpan& where);

  const Estate& estate_;
  std::vector<Resource> resources_;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::vector<std::string> notes_;
  std::vector<Error> errors_;
  std::unordered_map<std::string, std::string> providers_;  ///< lower-case namespace to key
  std::map<std::string, std::string, NameLess> groups_;     ///< ARM ids by name
};

template <class T>
std::vector<std::string_view> names_of(const NameMap<T>& section) {
  std::vector<std::string_view> names;
  for (const auto& [name, item] : section) names.push_back(name);
  return names;
}

}  // namespace drover::estate
