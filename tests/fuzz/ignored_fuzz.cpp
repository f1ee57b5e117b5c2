// Can any ignore file, or any list of a pod's outputs, crash or hang its reading?
#include <cstdint>
#include <string_view>

#include "jobs/ignored.hpp"
#include "jobs/pod_agent.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover::jobs;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const IgnoreRules rules(text);
  const bool is_ignored = rules.ignores("a/b c.txt", false);
  if (rules.is_empty() && is_ignored) __builtin_trap();
  (void)rules.ignores(text.substr(0, text.find('\n')), true);
  (void)parse_pod_outputs(text);
  return 0;
}
