// Kubernetes' quantities: "500m", "2Gi", "1e3".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "localcloud/json.hpp"

namespace drover::localcloud::kubernetes {

/// In thousandths of the unit, rounded up as Kubernetes does; nullopt when it is none or beyond 9e15 units.
std::optional<std::int64_t> parse_quantity_milli(std::string_view text);
/// The same of text or a number; 0 when it does not read.
std::int64_t quantity_milli(const Json* value);
/// Of "25%", 25; nullopt for all else.
std::optional<double> percent_of(const Json& value);
/// "2", "500m"
std::string format_milli(std::int64_t milli);

}  // namespace drover::localcloud::kubernetes
