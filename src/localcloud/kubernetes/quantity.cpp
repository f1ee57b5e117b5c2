#include "localcloud/kubernetes/quantity.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace drover::localcloud::kubernetes {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 16> suffixes = {{{"", 1},
                                                                           {"n", 1e-9},
                                                                           {"u", 1e-6},
                                                                           {"m", 1e-3},
                                                                           {"k", 1e3},
                                                                           {"M", 1e6},
                                                                           {"G", 1e9},
                                                                           {"T", 1e12},
                                                                           {"P", 1e15},
                                                                           {"E", 1e18},
                                                                           {"Ki", 1024.0},
                                                                           {"Mi", 1024.0 * 1024},
                                                                           {"Gi", 1024.0 * 1024 * 1024},
                                                                           {"Ti", 1099511627776.0},
                                                                           {"Pi", 1125899906842624.0},
                                                                           {"Ei", 1152921504606846976.0}}};

/// Thousandths of more than this do not fit.
constexpr double units_max = 9e15;

}  // namespace

std::optional<std::int64_t> parse_quantity_milli(std::string_view text) {
  double number = 0;
  if (text.empty() || (text[0] != '-' && text[0] != '.' && (text[0] < '0' || text[0] > '9'))) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, factor] : suffixes) {
    if (name != suffix) continue;
    const double units = number * factor;
    if (!(std::abs(units) <= units_max)) return std::nullopt;
    return static_cast<std::int64_t>(std::ceil(units * 1000 - 1e-6));
  }
  return std::nullopt;
}

std::int64_t quantity_milli(const Json* value) {
  if (value == nullptr) return 0;
  if (value->is_string()) return parse_quantity_milli(value->get_ref<const std::string&>()).value_or(0);
  if (value->is_number()) return parse_quantity_milli(value->dump()).value_or(0);
  return 0;
}

std::string format_milli(std::int64_t milli) {
  return milli % 1000 == 0 ? std::to_string(milli / 1000) : std::to_string(milli) + "m";
}

}  // namespace drover::localcloud::kubernetes
