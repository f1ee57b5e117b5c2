// Pools that are run live, as people look at them: what each has, what was decided of it lately, and a person's word on
// those that the server scales by itself.
#pragma once

#include "api/exchange.hpp"

namespace drover::api {

/// {"pools"}: every pool that was decided about here, by name.
http::Response list_pools(const Exchange& exchange);
/// The same as set_scale_hand, of a pool by its name alone: {"scaler", "nodes" | "pause" | "release", "for_s",
/// "reason"}. Only where the server goes on scaling it: then it has the estate.
http::Response set_pool_hand(const Exchange& exchange);

}  // namespace drover::api
