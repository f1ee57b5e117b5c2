#include "api/job_data.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "control/jobs/job_loop.hpp"
#include "control/tracking.hpp"

namespace drover::api {
namespace {

/// More points than a chart of this many pixels could show apart.
constexpr std::size_t points_max = 1000;
/// Of an output, in one answer: a second at 4 MB/s, and little beside what an answer may hold.
constexpr std::int64_t piece_bytes_max = std::int64_t{4} << 20;

/// Evenly chosen ones, the first and the last among them.
json thinned(const std::vector<json>& values) {
  json out = json::array();
  const std::size_t count = std::min(values.size(), points_max);
  for (std::size_t i = 0; i < count; ++i) {
    const json& value = values[count == 1 ? 0 : i * (values.size() - 1) / (count - 1)];
    out.push_back({{"value", value.at("value")}, {"timestamp", value.at("timestamp")}, {"step", value.at("step")}});
  }
  return out;
}

Result<json> series_of(control::Tracking& tracking, const std::string& run_id, const json& data) {
  json list = json::array();
  for (const auto& metric : data.at("metrics")) {
    const std::string key = metric.at("key");
    DROVER_TRY(values, tracking.history(run_id, key));
    list.push_back({{"key", key}, {"count", values.size()}, {"values", thinned(values)}});
  }
  return json{{"metrics", std::move(list)}, {"params", data.at("params")}, {"tags", data.at("tags")}};
}

}  // namespace

http::Response show_metrics(const Exchange& exchange) {
  const auto all = exchange.backend.jobs();
  if (!all) return refuse(all.error());
  const auto job = (*all)->find(exchange.body.value("id", ""));
  if (!job) return refuse(job.error());
  control::Tracking tracking(exchange.backend.store(), *all);
  const std::string run_id = control::run_of_job((*job)->id);
  const auto run = tracking.run(run_id);
  if (!run) return answer({{"metrics", json::array()}, {"params", json::array()}, {"tags", json::array()}});
  auto series = series_of(tracking, run_id, run->at("data"));
  return series ? answer(*series) : refuse(std::move(series.error()));
}

http::Response read_output(const Exchange& exchange) {
  const auto all = exchange.backend.jobs();
  if (!all) return refuse(all.error());
  const auto job = (*all)->find(exchange.body.value("id", ""));
  if (!job) return refuse(job.error());
  const std::string path = exchange.body.value("path", "");
  const auto files = (*all)->outputs(**job);
  if (!files) return refuse(files.error());
  // Only what is listed: a path that leads elsewhere is not.
  const auto file = std::ranges::find(*files, path, &FileEntry::path);
  if (file == files->end())
    return refuse(Error{.code = Code::not_found, .message = printable(path) + " is no output of job " + (*job)->id});
  const std::string source = file->source.empty() ? (*all)->outputs_path(**job) + "/" + path : file->source;
  auto bytes = exchange.backend.folders().read(source, exchange.body.value("from", std::int64_t{0}), piece_bytes_max);
  if (!bytes) return refuse(std::move(bytes.error()));
  return {.status = 200,
          .headers = {{"Content-Type", "application/octet-stream"},
                      {"Content-Disposition", "attachment"},
                      {"X-Content-Type-Options", "nosniff"}},
          .body = std::move(*bytes)};
}

void add_last_metrics(json& job, Store& store) {
  const auto run = control::Tracking(store).run(control::run_of_job(job.value("id", "")));
  if (run) job["metrics"] = run->at("data").at("metrics");
}

}  // namespace drover::api
