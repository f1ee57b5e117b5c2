// Who may do what: accounts and their credentials, providers, service principals and the roles given to them.
#include <algorithm>

#include "base/digest.hpp"
#include "estate/lowering.hpp"
#include "model/roles.hpp"

namespace drover::estate {

void Lowering::check_accounts() {
  if (estate_.name.value.empty())
    miss_key(estate_.where, "", "estate", "", "give the estate a name in its first line: estate: NAME");
  // It is printed everywhere, and a terminal would obey what stands in it.
  if (std::ranges::any_of(estate_.name.value, [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    complain(estate_.name.where, "estate: \"" + printable(estate_.name.value) + "\" has control characters",
             "a name of letters, digits and hyphens");
  if (!estate_.base.value.empty())
    if (const auto problem = base_problem(estate_.base.value)) complain(estate_.base.where, "base: " + *problem);
  if (estate_.accounts.empty())
    miss_key(estate_.name.where, "", "accounts", "", "name at least one account with its subscription and tenant");
  for (const auto& [name, account] : estate_.accounts) check_account(join_path("accounts", name), account);
}

void Lowering::check_account(const std::string& path, const Account& account) {
  for (const auto& [what, text] : {std::pair{"subscription", &account.subscription}, {"tenant", &account.tenant}}) {
    if (text->value.empty())
      miss_key(account.where, path, what, "", "a GUID, or ${ENV} for one");
    else if (name_problem(RoleAssignment::kind, text->value))
      complain(text->where, path + "." + what + ": \"" + printable(text->value) + "\" is not a GUID");
  }
  check_location(path, account.location);
  const auto& credential = account.credential;
  const bool has_secret = !credential.secret.value.empty() || !credential.secret_file.value.empty();
  const int ways = !credential.secret.value.empty() + !credential.secret_file.value.empty() + credential.az.value;
  if (ways > 1)
    complain(account.where, path + ".credential: more than one way to sign in",
             "keep one of secret, secret_file and az");
  if (has_secret && credential.client.value.empty())
    miss_key(account.where, path, "credential.client", "", "the application (client) id that the secret belongs to");
}

void Lowering::lower_providers() {
  for (std::size_t i = 0; i < estate_.providers.size(); ++i) {
    const Text& provider = estate_.providers[i];
    const std::string path = indexed("providers", i);
    if (const auto problem = name_problem(ProviderRegistration::kind, provider.value)) {
      if (!provider.value.empty())
        complain(provider.where, path + ": \"" + printable(provider.value) + "\": " + *problem);
      continue;
    }
    const std::string key = resource_key(ProviderRegistration::kind, provider.value);
    if (!providers_.emplace(to_lower(provider.value), key).second) {
      complain(provider.where, path + ": " + provider.value + " is there twice", "keep one of them");
      continue;
    }
    const std::string* account = account_name({}, provider.where, path);
    if (!account) return;
    Placement placement;
    placement.where = provider.where;
    add(ProviderRegistration::kind, provider.value,
        arm_id::provider(estate_.accounts.at(*account).subscription.value, provider.value), ProviderRegistration{},
        Place{.account = *account}, placement);
  }
}

void Lowering::lower_principals() {
  for (const auto& [name, principal] : estate_.principals) {
    const std::string path = join_path("principals", name);
    check_name(ServicePrincipal::kind, name, path, principal.where);
    const std::string* account = account_name(principal.account, principal.where, path);
    if (!account) continue;
    Placement placement;
    placement.where = principal.where;
    add(ServicePrincipal::kind, name, "graph/" + estate_.accounts.at(*account).tenant.value + "/" + name,
        ServicePrincipal{}, Place{.account = *account}, placement);
  }
}

void Lowering::lower_roles() {
  for (std::size_t i = 0; i < estate_.roles.size(); ++i) lower_role(indexed("roles", i), estate_.roles[i]);
}

/// A built-in role, or a custom one, which the estate cannot know: only what is nearly a built-in one is an error.
void Lowering::check_role_name(const std::string& path, const Text& role) {
  if (role.value.empty() || roles::is_built_in(role.value)) return;
  constexpr std::size_t slips_max = 2;  // of the pen: Contributer, Reder, "Storage Blob Data Contributer"
  for (const auto name : roles::built_in())
    if (edit_distance(role.value, name) <= slips_max)
      return complain(role.where, path + ".role: there is no built-in role \"" + printable(role.value) + "\"",
                      "did you mean " + std::string(name) + "?");
  notes_.push_back(path + ".role: " + printable(role.value) +
                   " is not among the built-in roles that Drover knows, so Azure must have a role of that name");
}

void Lowering::lower_role(const std::string& path, const Role& role) {
  if (role.role.value.empty()) miss_key(role.where, path, "role", "", "such as Contributor");
  if (role.principal.value.empty())
    return miss_key(role.where, path, "principal", "", "the name of one of this estate's principals");
  if (!estate_.principals.contains(role.principal.value))
    return miss(role.principal.where,
                path + ".principal: there is no principal \"" + printable(role.principal.value) + "\"",
                did_you_mean(role.principal.value, names_of(estate_.principals), "name it under principals:"));
  check_role_name(path, role.role);
  const std::string* account = account_name(role.account, role.where, path);
  if (!account) return;
  RoleAssignment spec{.role = role.role.value, .principal = resource_key(ServicePrincipal::kind, role.principal.value)};
  std::vector<std::string> needs = {spec.principal};
  const std::string& wanted = role.scope.value;
  if (wanted.empty() || wanted == "subscription") {
    spec.scope = arm_id::subscription(estate_.accounts.at(*account).subscription.value);
  } else {
    const std::string wanted_key = starts_with_ignore_case(wanted, "group/")     ? "resource-" + wanted
                                   : starts_with_ignore_case(wanted, "storage/") ? "storage-account/" + wanted.substr(8)
                                                                                 : wanted;
    const Resource* scope = find(wanted_key);
    if (!scope)
      return miss(role.scope.where, path + ".scope: there is no \"" + printable(wanted) + "\"",
                  "say subscription, group/NAME, storage/NAME, cluster/NAME or workspace/NAME");
    spec.scope = scope->arm_id;
    needs.push_back(scope->key);
  }
  const std::string tenant = estate_.accounts.at(*account).tenant.value;
  // Deterministic, so that a second apply finds the first one's assignment.
  const std::string guid =
      uuid_of(to_lower(spec.scope) + "|" + tenant + "|" + to_lower(role.principal.value) + "|" + to_lower(spec.role));
  Placement placement;
  placement.where = role.where;
  const std::string name = role.principal.value + "/" + role.role.value + "@" +
                           (wanted.empty() ? "subscription" : wanted.substr(wanted.find('/') + 1));
  Resource& resource = add(RoleAssignment::kind, name, arm_id::role_assignment(spec.scope, guid), spec,
                           Place{.account = *account}, placement);
  resource.needs = std::move(needs);
}

}  // namespace drover::estate
