// A resource provider that a subscription has registered, such as Microsoft.Network.
#pragma once

#include <string>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

struct ProviderRegistration {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<ProviderRegistration> in_azure;  ///< in azure.cpp, for the driver

  template <class Self, class F>
  static void fields(Self&, F&&) {}

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const { return ""; }
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

}  // namespace drover
