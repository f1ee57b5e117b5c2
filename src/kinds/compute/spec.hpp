// An autoscaling compute cluster of a workspace (AmlCompute).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/money.hpp"
#include "base/time.hpp"
#include "kinds/kind.hpp"

namespace drover {

struct Compute {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<Compute> in_azure;  ///< in azure.cpp, for the driver

  std::string location;
  std::string vm_size;
  std::int64_t nodes_min = 0, nodes_max = 1;
  Duration idle = std::chrono::minutes(2);  ///< before an idle node is given back
  std::string priority = "Dedicated";       ///< Dedicated or LowPriority
  bool nodes_owned_by_scaler = false;       ///< a scaler owns the least count: plans never set it back

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
    field("size", self.vm_size, Change::replace);
    field("priority", self.priority, Change::replace);
    field("nodes_min", self.nodes_min, self.nodes_owned_by_scaler ? Change::at_creation : Change::in_place);
    field("nodes_max", self.nodes_max, Change::in_place);
    field("idle", self.idle, Change::in_place);
  }
  /// Members that no plan compares but that creation needs.
  template <class Self, class F>
  static void creation_fields(Self& self, F&& field) {
    field("nodes_owned_by_scaler", self.nodes_owned_by_scaler);
  }

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const;
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const;
};

}  // namespace drover
