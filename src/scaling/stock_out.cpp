#include "scaling/stock_out.hpp"

#include <algorithm>
#include <array>

namespace drover::scaling {
namespace {

/// As the compute service and AKS word it, in codes and inside of messages.
constexpr std::array refusals_known = {"OverconstrainedZonalAllocationRequest",
                                       "OverconstrainedAllocationRequest",
                                       "ZonalAllocationFailed",
                                       "AllocationFailed",
                                       "SkuNotAvailable",
                                       "OutOfCapacity",
                                       "InsufficientVCPUQuota",
                                       "QuotaExceeded"};

}  // namespace

void StockOut::refuse(std::string why, Instant now) {
  if (refusals == 0) since = now;
  Duration pause = stock_pause;
  for (int i = 0; i < refusals && pause < stock_pause_max; ++i) pause *= 2;
  ++refusals;
  until = now + std::min(pause, stock_pause_max);
  reason = std::move(why);
}

std::optional<std::string> out_of_stock(const Error& error) {
  for (const char* word : refusals_known)
    if (error.service_code.contains(word) || error.message.contains(word)) return word;
  return std::nullopt;
}

}  // namespace drover::scaling
