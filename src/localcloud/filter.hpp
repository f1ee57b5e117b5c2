// Which entries of a list a client wants: the part of OData's $filter that az and the SDKs use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drover::localcloud {

/// One comparison: "resourceType eq 'x'", "startswith(displayName,'x')", "substringof('x', name)".
struct Condition {
  enum class Relation : std::uint8_t { equals, differs, starts_with, contains };
  std::string field;
  Relation relation = Relation::equals;
  std::string value;
  bool holds(std::string_view actual) const;  ///< compared without case
};

/// Comparisons that all hold (and), or of which one holds (or). ARM and Graph clients do not mix the two.
struct Filter {
  std::vector<Condition> conditions;
  bool any = false;  ///< joined by "or"

  bool empty() const { return conditions.empty(); }
  /// The value compared with `field` for equality; "" when the filter does not say.
  std::string value(std::string_view field) const;
  /// Evaluates with `actual(field)` giving the entry's text.
  template <class Actual>
  bool passes(Actual actual) const {
    for (const auto& condition : conditions)
      if (condition.holds(actual(condition.field)) == any) return any;
    return conditions.empty() || !any;
  }
};

/// Parts that it does not understand are left out.
Filter parse_filter(std::string_view text);

}  // namespace drover::localcloud
