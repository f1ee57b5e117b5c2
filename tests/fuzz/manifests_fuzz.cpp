// Can any text crash the reading of manifests or of an inventory, or come to an object that could not be sent?
#include <cstdint>
#include <string_view>

#include "base/json.hpp"
#include "codec/manifests.hpp"
#include "control/contents/contents.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  static const auto file = std::make_shared<const std::string>("lab/web.yaml");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto objects = control::parse_inventory(text))
    if (*control::parse_inventory(control::format_inventory(*objects)) != *objects) __builtin_trap();
  auto read = codec::parse_manifests(text, file);
  if (!read) {
    if (read.error().empty() || read.error().front().code != Code::invalid_input) __builtin_trap();
    return 0;
  }
  for (const auto& manifest : *read) {
    if (manifest.object.at("metadata").at("name").get_ref<const std::string&>().empty()) __builtin_trap();
    if (manifest.where.line == 0 || parse_json(manifest.object.dump()) != manifest.object) __builtin_trap();
  }
  // What is planned without a cluster is named so that a plan can be read back.
  const auto plan =
      control::plan_unseen({.estate = "e", .cluster = "cluster/c", .manifests = std::move(*read)}, "later");
  if (!plan) return 0;
  for (const auto& action : plan->actions)
    if (planning::parse_manifest(planning::format_manifest(action.name)) != action.name) __builtin_trap();
  return 0;
}
