// A Kubernetes cluster as a compute of a workspace, which takes its jobs.
#pragma once

#include <string>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

struct AttachedCompute {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<AttachedCompute> in_azure;  ///< in azure.cpp, for the driver

  std::string location;
  std::string cluster_id;         ///< ARM id
  std::string space = "default";  ///< namespace that jobs run in

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::at_creation);
    field("cluster", self.cluster_id, Change::replace);
    field("namespace", self.space, Change::replace);
  }

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const;
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

}  // namespace drover
