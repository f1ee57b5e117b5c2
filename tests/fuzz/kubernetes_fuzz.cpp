// What clients of a local cluster send: selectors, quantities, protocol buffers, paths, and the three patches (the
// input's first line is the object, the rest the patch).
#include <cstdint>
#include <string>

#include "base/json.hpp"
#include "localcloud/kubernetes/managed_fields.hpp"
#include "localcloud/kubernetes/patches.hpp"
#include "localcloud/kubernetes/protobuf.hpp"
#include "localcloud/kubernetes/quantity.hpp"
#include "localcloud/kubernetes/request.hpp"
#include "localcloud/kubernetes/selectors.hpp"

using namespace drover;
using namespace drover::localcloud;
using namespace drover::localcloud::kubernetes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)parse_target(text);
  (void)read_protobuf(text);
  (void)read_protobuf(std::string("k8s\0", 4) + text);
  if (const auto milli = parse_quantity_milli(text); milli && *milli % 1000 == 0 && *milli >= 0)
    if (parse_quantity_milli(format_milli(*milli)) != milli) __builtin_trap();
  if (const auto selector = parse_label_selector(text)) (void)matches(*selector, Json{{"a", "b"}});
  if (const auto selector = parse_field_selector(text)) (void)matches(*selector, Json{{"a", {{"b", "c"}}}});
  const auto line = text.find('\n');
  auto object = parse_body(text.substr(0, line));
  const auto patch = parse_body(line == std::string::npos ? "" : text.substr(line + 1));
  if (!object || !patch || !object->is_object()) return 0;
  const Structure& structure = *find_structure("Pod");
  const Json merged = merge_patch(*object, *patch);
  if (merge_patch(merged, *patch) != merged) __builtin_trap();  // RFC 7386: once is as good as twice
  (void)json_patch(*object, *patch);
  (void)strategic_patch(structure, *object, *patch);
  Complaints complaints;
  Json checked = merged;
  if (!checked.is_object()) return 0;
  check_structure(structure, checked, "", complaints);
  if (!complaints.mismatched.empty()) return 0;
  Complaints again;
  check_structure(structure, *object, "", again);
  if (!again.mismatched.empty()) return 0;
  (void)apply_config(structure, *object, checked, {"fuzz", "v1", ""}, true, Instant{});
  return 0;
}
