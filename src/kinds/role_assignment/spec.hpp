// A role that a principal has at a scope.
#pragma once

#include <string>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

struct RoleAssignment {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<RoleAssignment> in_azure;  ///< in azure.cpp, for the driver

  std::string scope;      ///< ARM id
  std::string role;       ///< as in the portal: Contributor
  std::string principal;  ///< key of the service principal resource

  template <class Self, class F>
  static void fields(Self& self, F&& field) {
    field("scope", self.scope, Change::replace);
    field("role", self.role, Change::replace);
  }
  /// Members that no plan compares but that creation needs.
  template <class Self, class F>
  static void creation_fields(Self& self, F&& field) {
    field("principal", self.principal);
  }

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const;
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

}  // namespace drover
