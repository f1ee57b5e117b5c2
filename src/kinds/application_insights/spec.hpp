// An Application Insights component.
#pragma once

#include <string>
#include <string_view>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

struct ApplicationInsights {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<ApplicationInsights> in_azure;  ///< in azure.cpp, for the driver

  std::string location;

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
  }

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const { return ""; }
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

/// The name of the component that comes with a workspace: "appi-" and `base`.
std::string derived_insights_name(std::string_view base);

}  // namespace drover
