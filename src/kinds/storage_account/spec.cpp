#include "kinds/storage_account/spec.hpp"

#include "base/text.hpp"

namespace drover {
namespace {

bool is_storage_name(std::string_view name) {
  return every(name, [](char c) { return is_lower_letter(c) || is_digit(c); });
}

}  // namespace

constinit const KindInfo StorageAccount::info = {
    .name = "storage-account",
    .title = "storage account",
    .arm_type = "Microsoft.Storage/storageAccounts",
    .api_version = "2023-05-01",  // storage.json
    .name_rule = {.length_min = 3,
                  .length_max = 24,
                  .has_form = is_storage_name,
                  .sentence = "a storage account name is 3 to 24 lower-case letters and digits",
                  .source = "storage.json 2023-05-01",
                  .is_global = true},
    .timings = {.create = {18, 0.10, "estimate: recorded create answers on its second poll"},
                .update = catalog::Timing{2, 0.10},
                .remove = catalog::Timing{3, 0.15}},
    .usd_per_hour = 0.02,  // estimate: 1 TB of hot LRS blobs a month
    .has_members = true,
};

std::string StorageAccount::summary() const { return sku; }

std::string derived_storage_name(std::string_view base) {
  std::string name = "st";
  for (const char c : to_lower(base))
    if (is_lower_letter(c) || is_digit(c)) name += c;
  return name.substr(0, StorageAccount::info.name_rule.length_max);
}

}  // namespace drover
