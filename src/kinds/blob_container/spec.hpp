// A container of blobs, in a storage account.
#pragma once

#include <string>

#include "base/money.hpp"
#include "kinds/kind.hpp"

namespace drover {

struct BlobContainer {
  static const KindInfo info;
  static constexpr Kind kind{info};
  static const azure::AzureKind<BlobContainer> in_azure;  ///< in azure.cpp, for the driver

  template <class Self, class F>
  static void fields(Self&, F&&) {}

  /// The one thing that tells it from others of its kind, for tables.
  std::string summary() const { return ""; }
  /// In US dollars, with the nodes that are always there.
  Money hourly_cost() const { return Money::usd(info.usd_per_hour); }
};

}  // namespace drover
