// Can any bytes crash the reading of an estate? YAML, its form, its meaning, and the graph that comes of it.
#include <cstdint>
#include <string_view>

#include "codec/estate_yaml.hpp"
#include "codec/tree.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Bombs of aliases are refused after two million values, which is quick, but not a thousand times a second.
  if (!codec::parse_yaml(text, nullptr, {.nodes_max = 20'000})) return 0;
  const auto loaded =
      codec::load_estate(text, "estate.yaml", [](const std::string& name) -> std::optional<std::string> {
        return name.size() % 2 == 0 ? std::optional(name) : std::nullopt;
      });
  if (loaded) return 0;
  if (loaded.error().empty()) __builtin_trap();  // a refusal says why
  for (const auto& error : loaded.error())
    if (error.code != Code::invalid_input || error.message.empty()) __builtin_trap();
  return 0;
}
