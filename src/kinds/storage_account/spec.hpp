// A storage account.
#pragma once

#include <string>
#include <string_view>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

struct StorageAccount {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<StorageAccount> in_azure;  ///< in azure.cpp, for the driver

  std::string location;
  std::string sku = "Standard_LRS";

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
    field("sku", self.sku, Change::in_place);
  }

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const;
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

/// The name of the account that comes with a workspace: "st" and the letters and digits of `base` (the estate's base,
/// or the workspace's name) in lower case, cut to 24.
std::string derived_storage_name(std::string_view base);

}  // namespace drover
