// Can any text crash the reading, merging and resolving of kubeconfigs, or give an access that cannot be one?
#include <cstdint>
#include <string_view>

#include "codec/kubeconfig.hpp"
#include "protocol/http/message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  static const auto file = std::make_shared<const std::string>("/home/u/.kube/config");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Two files in one input: merged they must come to what the first one says wherever it says anything.
  const auto cut = text.find("\n===\n");
  const auto first = codec::parse_kubeconfig(text.substr(0, cut), file);
  if (!first) {
    if (first.error().code != Code::invalid_input || first.error().message.empty()) __builtin_trap();
    return 0;
  }
  std::vector<codec::Kubeconfig> files = {*first};
  if (cut != std::string_view::npos)
    if (const auto second = codec::parse_kubeconfig(text.substr(cut + 5), file)) files.push_back(*second);
  const auto merged = codec::merge_kubeconfigs(files);
  if (merged.clusters.size() < first->clusters.size()) __builtin_trap();
  if (!first->current_context.empty() && merged.current_context != first->current_context) __builtin_trap();
  for (const auto& context : merged.contexts) {
    const auto access = codec::resolve_context(merged, context.name);
    if (!access) continue;
    if (!http::parse_url(access->cluster.server)) __builtin_trap();
    if (access->user.client_certificate.empty() != access->user.client_key.empty()) __builtin_trap();
  }
  return 0;
}
