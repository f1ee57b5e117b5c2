// Can any bytes crash a reader of load logs, or make it give a table that is none?
#include <cstdint>
#include <string_view>

#include "codec/load_log.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  if (size == 0) return 0;
  codec::LoadLogOptions options;
  options.format = static_cast<codec::LoadLogFormat>(data[0] % 5);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto log = codec::read_load_log(text, "log", options);
  if (log && !forecast::check_table(log->daily)) __builtin_trap();
  return 0;
}
