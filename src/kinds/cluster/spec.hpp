// A Kubernetes cluster (AKS). It acts in Azure as its own managed identity, or as a service principal of the estate.
#pragma once

#include <string>
#include <string_view>

#include "base/money.hpp"
#include "kinds/kind.hpp"
#include "kinds/node_pool/spec.hpp"

namespace drover {

struct Cluster {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<Cluster> in_azure;  ///< in azure.cpp, for the driver

  std::string location;
  std::string dns_prefix;
  std::string version;            ///< Kubernetes version; "" = the service's default
  std::string service_principal;  ///< name within the estate; "" = managed identity
  std::string first_pool_name;    ///< Azure creates a cluster together with its first pool
  NodePool first_pool;

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("location", self.location, Change::replace);
    // Derived, never asked for: a cluster that somebody else made has another one, and is as good.
    field("dns_prefix", self.dns_prefix, Change::at_creation);
    field("version", self.version, self.version.empty() ? Change::at_creation : Change::in_place);
  }
  /// Members that no plan compares but that creation needs.
  template <class Self, class F>
  static void creation_fields(Self& self, F&& field) {
    field("service_principal", self.service_principal);
    field("first_pool_name", self.first_pool_name);
    field("first_pool_size", self.first_pool.vm_size);
    field("first_pool_nodes", self.first_pool.nodes);
    field("first_pool_autoscaler", self.first_pool.autoscaler);
  }

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const { return ""; }
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

/// DNS prefix of a cluster: its name in lower case, letters, digits and hyphens, cut to 54 (AKS: 1 to 54, beginning and
/// ending with a letter or digit).
std::string derived_dns_prefix(std::string_view cluster);

}  // namespace drover
