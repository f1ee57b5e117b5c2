// Which objects a request means: label selectors, as text and as values, and field selectors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "localcloud/json.hpp"

namespace drover::localcloud::kubernetes {

enum class Operator : std::uint8_t { in, not_in, exists, absent, greater, less };

/// All of one selector's requirements must hold.
struct Requirement {
  std::string key;
  Operator op = Operator::in;
  std::vector<std::string> values;
};
using Selector = std::vector<Requirement>;

/// "a=b,c!=d,e in (f,g),!h,i". Errors: invalid_input, in Kubernetes' words.
Result<Selector> parse_label_selector(std::string_view text);
/// metav1.LabelSelector: matchLabels and matchExpressions. Null selects nothing, an empty one everything.
std::optional<Selector> selector_of(const Json* value);
/// Requirements of matchExpressions, or of a node selector term, which also knows Gt and Lt.
Selector requirements_of(const Json* expressions);
bool matches(const Selector& selector, const Json& labels);
/// Labels of an object, {} when it has none.
const Json& labels_of(const Json& object);
/// "a=b,c in (d,e)", in the order of the value.
std::string format_selector(const Json* value);

struct FieldRequirement {
  std::string path;  ///< "metadata.name", "status.phase"
  std::string value;
  bool equals = true;
};
using FieldSelector = std::vector<FieldRequirement>;
/// "metadata.name=x,status.phase!=Running". invalid_input when it does not read.
Result<FieldSelector> parse_field_selector(std::string_view text);
/// Fields that are absent read as "".
bool matches(const FieldSelector& selector, const Json& object);

}  // namespace drover::localcloud::kubernetes
