// An extension of a cluster: what makes it take training jobs.
#pragma once

#include <string>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

struct Extension {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<Extension> in_azure;  ///< in azure.cpp, for the driver

  std::string type = "microsoft.azureml.kubernetes";

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("type", self.type, Change::replace);
  }

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const;
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

}  // namespace drover
