#include "estate/names.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace drover::estate {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_alnum(char c) { return is_digit(c) || is_letter(c); }

template <class Predicate>
bool every(std::string_view text, Predicate predicate) {
  return std::ranges::all_of(text, predicate);
}

bool fits_group(std::string_view n) {
  return every(n, [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '(' || c == ')'; }) &&
         n.back() != '.';
}
bool fits_provider(std::string_view n) {
  return every(n, [](char c) { return is_alnum(c) || c == '.'; }) && is_letter(n.front()) && is_alnum(n.back()) &&
         n.find('.') != std::string_view::npos;
}
bool fits_storage(std::string_view n) {
  return every(n, [](char c) { return is_lower(c) || is_digit(c); });
}
bool fits_container(std::string_view n) {
  return every(n, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; }) && n.front() != '-' &&
         n.back() != '-' && n.find("--") == std::string_view::npos;
}
bool fits_vault(std::string_view n) {
  return every(n, [](char c) { return is_alnum(c) || c == '-'; }) && is_letter(n.front()) && is_alnum(n.back()) &&
         n.find("--") == std::string_view::npos;
}
bool fits_insights(std::string_view n) {
  return every(n,
               [](char c) {
                 return static_cast<unsigned char>(c) >= 0x20 &&
                        std::string_view("%&\\?/#<>:").find(c) == std::string_view::npos;
               }) &&
         n.back() != ' ' && n.back() != '.';
}
bool fits_workspace(std::string_view n) {
  return is_alnum(n.front()) && every(n, [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
}
bool fits_cluster(std::string_view n) {
  return is_alnum(n.front()) && is_alnum(n.back()) &&
         every(n, [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
}
bool fits_pool(std::string_view n) {
  return is_lower(n.front()) && every(n, [](char c) { return is_lower(c) || is_digit(c); });
}
bool fits_compute(std::string_view n) {
  return is_letter(n.front()) && is_alnum(n.back()) && every(n, [](char c) { return is_alnum(c) || c == '-'; });
}
bool fits_principal(std::string_view n) {
  return every(n, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}
bool fits_guid(std::string_view n) {
  return n.size() == 36 && every(n, [](char c) { return is_alnum(c) || c == '-'; });
}

constexpr std::string_view spec = "Microsoft's OpenAPI (path parameter patterns)";
constexpr std::string_view rules_page = "learn.microsoft.com, Naming rules and restrictions for Azure resources";

struct Entry {
  NameRule rule;
  bool (*fits)(std::string_view);
};

constexpr std::array<Entry, all_kinds.size()> rules = {{
    {{Kind::resource_group, 1, 90,
      "a resource group name is 1 to 90 letters, digits and -_.() and does not end with a dot",
      "resources.json 2024-03-01; ARM RPC contract for the dot", false},
     fits_group},
    {{Kind::provider_registration, 3, 100, "a provider is a namespace such as Microsoft.Network", "ARM RPC contract",
      false},
     fits_provider},
    {{Kind::storage_account, 3, 24, "a storage account name is 3 to 24 lower-case letters and digits",
      "storage.json 2023-05-01", true},
     fits_storage},
    {{Kind::blob_container, 3, 63,
      "a container name is 3 to 63 lower-case letters, digits and single hyphens, beginning and ending with a letter "
      "or digit",
      rules_page, false},
     fits_container},
    {{Kind::key_vault, 3, 24,
      "a key vault name is 3 to 24 letters, digits and single hyphens, beginning with a letter and not ending with a "
      "hyphen",
      "keyvault.json 2023-07-01; the naming page for the first letter", true},
     fits_vault},
    {{Kind::application_insights, 1, 260,
      "an application insights name is 1 to 260 characters without %&\\?/#<>: and does not end with a blank or a dot",
      rules_page, false},
     fits_insights},
    {{Kind::workspace, 3, 33,
      "a workspace name is 3 to 33 letters, digits, hyphens and underscores, beginning with a letter or digit",
      "machineLearningServices.json 2024-04-01", false},
     fits_workspace},
    {{Kind::cluster, 1, 63,
      "a cluster name is 1 to 63 letters, digits, hyphens and underscores, beginning and ending with a letter or digit",
      "managedClusters.json 2024-02-01", false},
     fits_cluster},
    {{Kind::node_pool, 1, 12, "a pool name is 1 to 12 lower-case letters and digits, beginning with a letter",
      "managedClusters.json 2024-02-01", false},
     fits_pool},
    {{Kind::compute, 3, 32,
      "a compute name is 3 to 32 letters, digits and hyphens, beginning with a letter and not ending with a hyphen",
      rules_page, false},
     fits_compute},
    {{Kind::service_principal, 1, 120, "a service principal's display name is 1 to 120 printable characters",
      "Microsoft Graph, application.displayName (256); az refuses more than 120", false},
     fits_principal},
    {{Kind::role_assignment, 36, 36, "a role assignment is named by a GUID", "authorization-RoleAssignmentsCalls.json",
      false},
     fits_guid},
    {{Kind::extension, 1, 63,
      "an extension's name is 1 to 63 letters, digits, hyphens and underscores, beginning and ending with a letter or "
      "digit",
      "extensions.json 2023-05-01; the pattern is from memory", false},
     fits_cluster},
    {{Kind::attached_compute, 3, 32,
      "a compute name is 3 to 32 letters, digits and hyphens, beginning with a letter and not ending with a hyphen",
      rules_page, false},
     fits_compute},
}};

std::string only(std::string_view text, bool (*keep)(char)) {
  std::string out;
  for (const char c : text)
    if (keep(c)) out += c;
  return out;
}

/// Letters, digits and single hyphens of `text`, cut to `length_max`, no hyphen at the end.
std::string hyphenated(std::string_view text, std::size_t length_max) {
  std::string out;
  for (const char c : text) {
    if (is_alnum(c))
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  out = out.substr(0, length_max);
  while (out.ends_with('-')) out.pop_back();
  return out;
}

}  // namespace

const NameRule& name_rule(Kind kind) { return rules[static_cast<std::size_t>(kind)].rule; }

std::optional<std::string> name_problem(Kind kind, std::string_view name) {
  const Entry& entry = rules[static_cast<std::size_t>(kind)];
  if (name.size() >= entry.rule.length_min && name.size() <= entry.rule.length_max && entry.fits(name))
    return std::nullopt;
  return std::string(entry.rule.sentence);
}

std::optional<std::string> base_problem(std::string_view base) {
  const bool fits = base.size() >= 7 && base.size() <= 8 && fits_storage(base);
  if (fits) return std::nullopt;
  return "a base name is 7 or 8 lower-case letters and digits, such as abc1234";
}

std::string derived_storage_name(std::string_view base) {
  return ("st" + only(to_lower(base), [](char c) { return is_lower(c) || is_digit(c); })).substr(0, 24);
}

std::string derived_vault_name(std::string_view base) { return hyphenated("kv-" + std::string(base), 24); }

std::string derived_insights_name(std::string_view base) { return "appi-" + std::string(base); }

std::string derived_dns_prefix(std::string_view cluster) { return to_lower(hyphenated(cluster, 54)); }

}  // namespace drover::estate
