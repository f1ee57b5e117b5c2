// Filters and orders of MLflow's clients: they read, or say why not, and what reads can be asked of a run.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/run_query.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using nlohmann::json;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const json run = {{"info", {{"run_id", "a"}, {"status", "RUNNING"}, {"start_time", 5}}},
                           {"data",
                            {{"metrics", json::array({{{"key", "a"}, {"value", 0.5}}})},
                             {"params", json::array({{{"key", "b"}, {"value", "tree"}}})},
                             {"tags", json::array()}}}};
  if (const auto filter = drover::control::parse_run_filter(text)) drover::control::matches(run, *filter);
  if (const auto order = drover::control::parse_run_order(text)) {
    std::vector<json> runs = {run, run};
    drover::control::sort_runs(runs, {*order});
  }
  return 0;
}
