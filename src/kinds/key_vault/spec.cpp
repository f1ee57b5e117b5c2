#include "kinds/key_vault/spec.hpp"

#include "kinds/derived_name.hpp"

namespace drover {
namespace {

bool is_vault_name(std::string_view name) {
  return every(name, [](char c) { return is_letter_or_digit(c) || c == '-'; }) && is_letter(name.front()) &&
         is_letter_or_digit(name.back()) && name.find("--") == std::string_view::npos;
}

}  // namespace

constinit const KindInfo KeyVault::info = {
    .name = "key-vault",
    .title = "key vault",
    .arm_type = "Microsoft.KeyVault/vaults",
    .api_version = "2023-07-01",  // keyvault.json
    .name_rule = {.length_min = 3,
                  .length_max = 24,
                  .has_form = is_vault_name,
                  .sentence =
                      "a key vault name is 3 to 24 letters, digits and single hyphens, beginning with a letter and "
                      "not ending with a hyphen",
                  .source = "keyvault.json 2023-07-01; the naming page for the first letter",
                  .is_global = true},
    .timings = {.create = {14, 0.15}, .update = catalog::Timing{2, 0.15}, .remove = catalog::Timing{4, 0.15}},
};

std::string derived_vault_name(std::string_view base) {
  return hyphenated("kv-" + std::string(base), KeyVault::info.name_rule.length_max);
}

}  // namespace drover
