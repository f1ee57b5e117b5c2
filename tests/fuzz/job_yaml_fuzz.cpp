// Can any bytes crash the reading of a job file, or what is said of it?
#include <cstdint>
#include <string_view>

#include "codec/job_yaml.hpp"
#include "codec/tree.hpp"
#include "jobs/assess.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!codec::parse_yaml(text, nullptr, {.nodes_max = 20'000})) return 0;
  const auto job = codec::load_job(text, "job.yml");
  if (job) {
    const auto exists = [](const std::string& path) { return path.size() % 2 == 0; };
    (void)jobs::missing_here(*job, "/f", exists);
    return 0;
  }
  if (job.error().empty()) __builtin_trap();  // a refusal says why
  for (const auto& error : job.error())
    if (error.code != Code::invalid_input || error.message.empty()) __builtin_trap();
  return 0;
}
