#include "kinds/blob_container/spec.hpp"

namespace drover {
namespace {

bool is_container_name(std::string_view name) {
  return every(name, [](char c) { return is_lower_letter(c) || is_digit(c) || c == '-'; }) && name.front() != '-' &&
         name.back() != '-' && name.find("--") == std::string_view::npos;
}

}  // namespace

constinit const KindInfo BlobContainer::info = {
    .name = "blob-container",
    .title = "blob container",
    .arm_type = "Microsoft.Storage/storageAccounts/blobServices/containers",
    .api_version = "2023-05-01",  // blob.json
    .name_rule = {.length_min = 3,
                  .length_max = 63,
                  .has_form = is_container_name,
                  .sentence =
                      "a container name is 3 to 63 lower-case letters, digits and single hyphens, beginning and "
                      "ending with a letter or digit",
                  .source = naming_page},
    .timings = {.create = {0.4, 0.10}, .update = catalog::Timing{0.4, 0.10}, .remove = catalog::Timing{0.4, 0.10}},
    .is_child = true,
};

}  // namespace drover
