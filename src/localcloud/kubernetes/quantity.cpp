#include "localcloud/kubernetes/quantity.hpp"

#include <cmath>

#include "base/number.hpp"
#include "base/quantity.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// Thousandths of more than this do not fit.
constexpr double units_max = 9e15;

}  // namespace

std::optional<std::int64_t> parse_quantity_milli(std::string_view text) {
  const auto units = parse_quantity(text);
  if (!units || !(std::abs(*units) <= units_max)) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(*units * 1000 - 1e-6));
}

std::int64_t quantity_milli(const Json* value) {
  if (value == nullptr) return 0;
  if (value->is_string()) return parse_quantity_milli(value->get_ref<const std::string&>()).value_or(0);
  if (value->is_number()) return parse_quantity_milli(value->dump()).value_or(0);
  return 0;
}

std::optional<double> percent_of(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_ref<const std::string&>();
  return text.ends_with('%') ? parse_real(text.substr(0, text.size() - 1)) : std::nullopt;
}

std::string format_milli(std::int64_t milli) {
  return milli % 1000 == 0 ? std::to_string(milli / 1000) : std::to_string(milli) + "m";
}

}  // namespace drover::localcloud::kubernetes
