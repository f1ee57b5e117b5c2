// Can any bytes crash the reading of a saved plan, or give one that does not survive being written again?
#include <cstdint>
#include <nlohmann/json.hpp>

#include "codec/resource_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  const auto json = nlohmann::json::parse(data, data + size, nullptr, false);
  if (json.is_discarded()) return 0;
  (void)codec::resource_from_json(json);
  const auto plan = codec::plan_from_json(json);
  if (plan && !codec::plan_from_json(codec::to_json(*plan))) __builtin_trap();
  return 0;
}
