#include "base/quantity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace drover {
namespace {

constexpr double ki = 1024;
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
                                                                           {"Ki", ki},
                                                                           {"Mi", ki* ki},
                                                                           {"Gi", ki* ki* ki},
                                                                           {"Ti", ki* ki* ki* ki},
                                                                           {"Pi", ki* ki* ki* ki* ki},
                                                                           {"Ei", ki* ki* ki* ki* ki* ki}}};

bool begins_a_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && (text.front() == '.' || (text.front() >= '0' && text.front() <= '9'));
}

}  // namespace

std::optional<double> parse_quantity(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  if (!begins_a_number(text)) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto found = std::ranges::find(suffixes, suffix, &std::pair<std::string_view, double>::first);
  if (found == suffixes.end() || !std::isfinite(number * found->second)) return std::nullopt;
  return number * found->second;
}

}  // namespace drover
