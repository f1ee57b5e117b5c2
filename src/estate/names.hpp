// What each type of resource may be called, checked before anything is called, and how names are derived.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/kind.hpp"

namespace drover::estate {

struct NameRule {
  Kind kind;
  std::size_t length_min, length_max;
  std::string_view sentence;  ///< the whole rule, for people
  std::string_view source;
  bool is_global;  ///< unique in all of Azure, not only in its group
};

const NameRule& name_rule(Kind kind);

/// Why `name` may not be the name of that kind, as a sentence that says what would be right; nullopt when it may.
std::optional<std::string> name_problem(Kind kind, std::string_view name);

/// "7 or 8 lower-case letters and digits": the workshop's base-name prefix.
std::optional<std::string> base_problem(std::string_view base);

/// Names that come with a workspace, from `base` (the estate's base, or the workspace's name). Written rules:
/// storage account  st<base>    lower-case letters and digits only, cut to 24
/// key vault        kv-<base>   letters, digits and single hyphens, cut to 24
/// insights         appi-<base>
std::string derived_storage_name(std::string_view base);
std::string derived_vault_name(std::string_view base);
std::string derived_insights_name(std::string_view base);
/// DNS prefix of a cluster: its name in lower case, letters, digits and hyphens, cut to 54 (AKS: 1 to 54, beginning and
/// ending with a letter or digit).
std::string derived_dns_prefix(std::string_view cluster);

}  // namespace drover::estate
