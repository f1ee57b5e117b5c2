// How much is a quantity of Kubernetes: "500m", "1.5Gi", "1e3"? After k8s.io/apimachinery/pkg/api/resource: a decimal
// number and a suffix, decimal (n to E), binary (Ki to Ei) or an exponent.
#pragma once

#include <optional>
#include <string_view>

namespace drover {

/// In units: "500m" is 0.5, "1Ki" 1024. Finite; may be negative ("-1" is one, though no resource is). nullopt for what
/// is none: an empty text, a number alone beyond double, an unknown suffix, blanks, "0x10", "inf".
std::optional<double> parse_quantity(std::string_view text);

}  // namespace drover
