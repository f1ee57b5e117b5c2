// A resource group.
#pragma once

#include <string>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

struct ResourceGroup {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<ResourceGroup> in_azure;  ///< in azure.cpp, for the driver

  std::string location;

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
  }

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const;
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

}  // namespace drover
