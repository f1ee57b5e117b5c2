// Can any journal, one entry a line, crash the fold over it?
#include <cstdint>
#include <string>

#include "base/text.hpp"
#include "control/journal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  MemoryLog log;
  for (const auto line : split(std::string_view(reinterpret_cast<const char*>(data), size), '\n'))
    (void)log.append({std::string(line)});
  (void)control::Journal::open(log);
  (void)control::Journal::history(log);
  return 0;
}
