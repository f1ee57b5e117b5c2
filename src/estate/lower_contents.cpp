// What the estate says of a cluster's contents, checked before anything is asked of the cluster: names as Kubernetes
// takes them (kubernetes.io, "Object Names and IDs", "Labels and Selectors"), and credentials that are whole.
#include <algorithm>

#include "estate/contents.hpp"
#include "estate/lowering.hpp"

namespace drover::estate {
namespace {

constexpr std::size_t label_max = 63, subdomain_max = 253;  // RFC 1123, and Kubernetes' own bounds

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_letter_or_digit(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

/// RFC 1123 label: lower-case letters, digits and hyphens within.
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= label_max && is_lower_or_digit(text.front()) &&
         is_lower_or_digit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  return text.size() <= subdomain_max && std::ranges::all_of(split(text, '.'), is_label);
}

/// The name of a label, or its value, which may be empty.
bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= label_max && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_label_key(std::string_view key) {
  const auto slash = key.find('/');
  if (slash == std::string_view::npos) return is_word(key);
  return is_subdomain(key.substr(0, slash)) && is_word(key.substr(slash + 1));
}

constexpr std::string_view label_rule = "1 to 63 lower-case letters, digits and hyphens, no hyphen at either end";

}  // namespace

void Lowering::check_labels(const std::string& path, const std::map<std::string, Text>& labels) {
  for (const auto& [key, value] : labels) {
    if (!is_label_key(key))
      complain(value.where, join_path(path, key) + ": no name of a label",
               "letters, digits, '-', '_' and '.', with a prefix such as example.com/ if need be");
    if (!value.value.empty() && !is_word(value.value))
      complain(value.where, join_path(path, key) + ": \"" + printable(value.value) + "\" is no value of a label",
               "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends");
  }
}

void Lowering::check_registry_secret(const std::string& path, const std::string& name, const RegistrySecret& secret) {
  const auto [space, own] = space_and_name(name);
  if (!is_label(space))
    complain(secret.where, path + ": \"" + printable(space) + "\" is no name of a namespace", std::string(label_rule));
  if (!is_subdomain(own))
    complain(secret.where, path + ": \"" + printable(own) + "\" is no name of a secret",
             "a registry secret is named NAMESPACE/NAME, or NAME in the namespace default");
  if (secret.server.value.empty())
    miss_key(secret.where, path, "server", "", "say the registry, such as lab.azurecr.io");
  if (secret.username.value.empty()) miss_key(secret.where, path, "username", "", "say who pulls");
  const bool has_password = !secret.password.value.empty(), has_file = !secret.password_file.value.empty();
  if (!has_password && !has_file)
    miss_key(secret.where, path, "password", "", "say ${secret:NAME} or ${ENV}, or password_file: FILE");
  if (has_password && has_file)
    complain(secret.password_file.where, path + ".password_file: there is a password already", "keep one of them");
}

void Lowering::check_contents(const std::string& cluster, const ClusterWish& wish) {
  for (std::size_t i = 0; i < wish.manifests.size(); ++i)
    if (wish.manifests[i].value.empty())
      complain(wish.manifests[i].where, indexed(cluster + ".manifests", i) + ": empty", "name a file or a folder");
  for (const auto& [name, space] : wish.namespaces) {
    const std::string path = join_path(cluster + ".namespaces", name);
    if (!is_label(name)) complain(space.where, path + ": no name of a namespace", std::string(label_rule));
    check_labels(path + ".labels", space.labels);
  }
  for (const auto& [name, secret] : wish.registry_secrets)
    check_registry_secret(join_path(cluster + ".registry_secrets", name), name, secret);
}

}  // namespace drover::estate
