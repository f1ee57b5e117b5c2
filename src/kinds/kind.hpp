// A kind of resource, and what is known of it beside its fields. The kinds themselves lie in the folders below this
// one; kinds.hpp lists them.
#pragma once

#include <compare>
#include <string_view>

#include "kinds/name_rule.hpp"
#include "kinds/timing.hpp"

namespace drover {

namespace azure {
template <class S>
struct AzureKind;  // drivers/azure/azure_kind.hpp
}

struct KindInfo {
  const char* name;      ///< "resource-group", for keys, JSON and the command line
  const char* title;     ///< "resource group", for sentences and tables
  const char* arm_type;  ///< "Microsoft.Storage/storageAccounts"; "" for what is not an ARM resource type
  /// That Drover speaks: the newest stable one of the published OpenAPI documents; "" for Microsoft Graph.
  const char* api_version;
  NameRule name_rule;
  catalog::Timings timings;
  double usd_per_hour = 0;   ///< flat price of the resource itself, beside its nodes
  bool is_child = false;     ///< it is listed under its parent, and a parent that is not ready answers 409 for it
  bool has_members = false;  ///< a list of what lies in it can be asked for, and deleting it deletes all of that
};

/// Names one KindInfo. Each spec has its own as a member: KeyVault::kind.
class Kind {
 public:
  constexpr explicit Kind(const KindInfo& info) : info_(&info) {}

  constexpr const KindInfo* operator->() const { return info_; }
  friend constexpr bool operator==(Kind a, Kind b) { return a.info_ == b.info_; }
  /// By name, so that what is sorted by kind is in the same order in every run.
  friend std::strong_ordering operator<=>(Kind a, Kind b) {
    return std::string_view(a.info_->name) <=> std::string_view(b.info_->name);
  }

 private:
  const KindInfo* info_;
};

/// How a difference in a field of a resource is carried out.
enum class Change : std::uint8_t {
  in_place,     ///< an update call
  replace,      ///< only by deleting the resource and creating it again
  at_creation,  ///< said when the resource is created; later differences are left alone
};

}  // namespace drover
