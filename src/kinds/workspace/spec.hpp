// A machine-learning workspace.
#pragma once

#include <string>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

struct Workspace {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<Workspace> in_azure;  ///< in azure.cpp, for the driver

  std::string location;
  std::string storage_id, vault_id, insights_id;  ///< ARM ids

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
    field("storage", self.storage_id, Change::replace);
    field("vault", self.vault_id, Change::replace);
    field("insights", self.insights_id, Change::in_place);
  }

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const { return ""; }
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

}  // namespace drover
