// Whatever the bytes, parse_json gives what nlohmann::json::parse gives (but for the sign of a zero).
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expected = nlohmann::json::parse(text, nullptr, false);
  const auto actual = drover::parse_json(text);
  if (actual.is_discarded() != expected.is_discarded()) std::abort();
  if (!actual.is_discarded() && actual != expected) std::abort();
  return 0;
}
