// Can any bytes crash the reading of a model, or give one that cannot be used and written again?
#include <cstdint>
#include <string_view>

#include "codec/model_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  const auto model = codec::parse_model(std::string_view(reinterpret_cast<const char*>(data), size), "model");
  if (!model) return 0;
  forecast::Table table;
  for (const char* name : {"admin_users", "config_users", "end_users", "avg_completion_time"})
    table.columns.push_back({name, std::vector<double>(40, 7.0)});
  (void)forecast::forecast_next(*model, table);
  if (!codec::parse_model(codec::format_model(*model), "model")) __builtin_trap();
  return 0;
}
