// Machines that the cloud has not: for how long is a pool that was refused some not asked again, so that what waits
// goes to another pool meanwhile?
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace drover::scaling {

/// The first back-off; doubled by each refusal that follows without a success between, up to the longest. Zones run dry
/// for minutes or for days: an hour is what a recovered one may be missed for.
inline constexpr Duration stock_pause = std::chrono::minutes{5};
inline constexpr Duration stock_pause_max = std::chrono::hours{1};

struct StockOut {
  int refusals = 0;         ///< in a row; 0: nothing was refused since machines came last
  Instant since = {};       ///< the first of them
  Instant until = {};       ///< no machine is asked for before
  std::string reason = {};  ///< the service's word: AllocationFailed

  bool is_out(Instant now) const { return refusals > 0 && now < until; }
  /// One more refusal.
  void refuse(std::string why, Instant now);

  friend bool operator==(const StockOut&, const StockOut&) = default;
};

/// The service's word when `error` says that there are no machines, or no quota for them; else nullopt.
std::optional<std::string> out_of_stock(const Error& error);

}  // namespace drover::scaling
