#include "localcloud/names.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace drover::localcloud {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }

bool within(std::string_view name, std::size_t shortest, std::size_t longest) {
  return name.size() >= shortest && name.size() <= longest;
}

template <class Allowed>
bool all_of(std::string_view name, Allowed allowed) {
  return std::ranges::all_of(name, allowed);
}

bool alphanumeric_or(std::string_view name, std::string_view also) {
  return all_of(name, [&](char c) { return is_alphanumeric(c) || also.find(c) != std::string_view::npos; });
}

}  // namespace

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

bool is_group_name(std::string_view name) {
  // Bytes of letters beyond ASCII pass: \w means Unicode letters here.
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || std::string_view("-_.()").find(c) != std::string_view::npos || (c & 0x80) != 0;
  };
  return within(name, 1, 90) && !name.ends_with('.') && all_of(name, allowed);
}

bool is_storage_account_name(std::string_view name) {
  return within(name, 3, 24) && all_of(name, [](char c) { return is_lower(c) || is_digit(c); });
}

bool is_container_name(std::string_view name) {
  if (name == "$root" || name == "$logs" || name == "$web") return true;
  return within(name, 3, 63) && !name.starts_with('-') && !name.ends_with('-') &&
         name.find("--") == std::string_view::npos &&
         all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_vault_name(std::string_view name) {
  return within(name, 3, 24) && is_letter(name.front()) && !name.ends_with('-') &&
         name.find("--") == std::string_view::npos && alphanumeric_or(name, "-");
}

bool is_workspace_name(std::string_view name) {
  return within(name, 3, 33) && is_alphanumeric(name.front()) && alphanumeric_or(name, "_-");
}

bool is_compute_name(std::string_view name) {
  return within(name, 2, 32) && is_letter(name.front()) && !name.ends_with('-') && alphanumeric_or(name, "-");
}

bool is_cluster_name(std::string_view name) {
  return within(name, 1, 63) && is_alphanumeric(name.front()) && is_alphanumeric(name.back()) &&
         alphanumeric_or(name, "-_");
}

bool is_pool_name(std::string_view name) {
  return within(name, 1, 12) && is_lower(name.front()) &&
         all_of(name, [](char c) { return is_lower(c) || is_digit(c); });
}

bool is_component_name(std::string_view name) {
  return within(name, 1, 260) && name.find_first_of("%&\\?/<>#") == std::string_view::npos && !name.ends_with('.') &&
         !name.ends_with(' ');
}

std::string canonical_location(std::string_view location) {
  std::string name = to_lower(location);
  std::erase(name, ' ');
  return name;
}

}  // namespace drover::localcloud
