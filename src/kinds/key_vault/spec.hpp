// A key vault. Azure keeps a deleted one, and its name, for up to 90 days.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

/// What to do when a vault of that name lies soft-deleted.
/// automatic: recover what Drover itself deleted, refuse what others deleted. purge: also purged when it is destroyed.
enum class SoftDeleted : std::uint8_t { refuse, recover, purge, automatic };

struct KeyVault {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<KeyVault> in_azure;  ///< in azure.cpp, for the driver

  std::string location;
  std::string tenant;
  std::string sku = "standard";
  SoftDeleted soft_deleted = SoftDeleted::automatic;

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
    field("tenant", self.tenant, Change::replace);
    field("sku", self.sku, Change::in_place);
  }
  /// Members that no plan compares but that creation needs.
  template <class Self, class F>
  static void creation_fields(Self& self, F&& field) {
    field("soft_deleted", self.soft_deleted);
  }

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const { return ""; }
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

/// The name of the vault that comes with a workspace: "kv-" and `base`, letters, digits and single hyphens, cut to 24.
std::string derived_vault_name(std::string_view base);

}  // namespace drover
