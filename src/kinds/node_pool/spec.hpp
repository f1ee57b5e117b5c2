// A pool of nodes of a Kubernetes cluster.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

/// Between how many nodes AKS's own autoscaler may choose: 0 <= least <= most <= 1000.
struct NodeBounds {
  std::int64_t least = 0, most = 0;
  bool operator==(const NodeBounds&) const = default;
};

struct NodePool {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<NodePool> in_azure;  ///< in azure.cpp, for the driver

  std::string vm_size;
  std::int64_t nodes = 1;                ///< 0..1000 (user pools), 1..1000 (system pools)
  std::string mode = "System";           ///< System or User
  std::optional<NodeBounds> autoscaler;  ///< none: it is off
  bool nodes_owned_by_scaler = false;    ///< a scaler owns the count: plans never set it back

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("size", self.vm_size, Change::replace);
    const bool count_is_ours = !self.nodes_owned_by_scaler && !self.autoscaler;
    field("nodes", self.nodes, count_is_ours ? Change::in_place : Change::at_creation);
    field("mode", self.mode, Change::in_place);
    field("autoscaler", self.autoscaler, Change::in_place);
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
