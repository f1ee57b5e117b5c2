#include "api/verify.hpp"

#include <algorithm>
#include <map>

#include "api/advice.hpp"
#include "api/job_place.hpp"
#include "control/jobs/job_loop.hpp"

namespace drover::api {
namespace {

using control::JobLoop;
using jobs::JobRecord;

constexpr Duration look = std::chrono::milliseconds(100);
/// A compute that makes nodes takes minutes; a registry that pulls a large image too.
constexpr double timeout_otherwise_s = 30 * 60;
/// For what was canceled to end.
constexpr Duration cancel_patience = std::chrono::seconds(45);

JobRecord tiny_job(const Exchange& exchange, const std::string& place) {
  JobRecord job{.owner = exchange.body.value("owner", "")};
  job.confined = exchange.body.value("confined", true);
  job.spec.display_name = "verify " + place;
  job.spec.experiment = "drover-verify";
  job.spec.tags = {{"drover", "verify"}};
  job.spec.command = "echo drover was here";
  job.spec.compute = place;
  const std::string environment = exchange.body.value("environment", "host");
  if (environment == "host")
    job.spec.environment.reference = "host";
  else
    job.spec.environment.image = environment;
  // What this machine runs, it runs with what it has.
  if (place == "local") job.spec.environment = {.reference = "host"};
  return job;
}

std::string joined(const std::vector<Error>& errors) {
  std::string text;
  for (const auto& error : errors) text += (text.empty() ? "" : "; ") + error.message;
  return text;
}

/// Programs of this machine run on this machine and in the pods of the local cloud; other clusters pull an image.
std::string want_of_image(const Loaded& loaded, const JobRecord& job) {
  const bool is_cluster = std::ranges::any_of(loaded.lowered.graph.resources(), [&](const Resource& resource) {
    return resource.kind() == Cluster::kind && resource.name == job.spec.compute;
  });
  if (!is_cluster || loaded.cloud == "local" || !job.spec.environment.is_host()) return "";
  return "it needs an image that the cluster can pull: drover verify --environment IMAGE";
}

/// The id of the job, or why there is none.
std::expected<std::string, std::string> submit(const Exchange& exchange, const Loaded& loaded, JobLoop& all,
                                               JobRecord job) {
  if (const std::string want = want_of_image(loaded, job); !want.empty()) return std::unexpected(want);
  if (auto settled = settle_place(exchange, job); !settled) return std::unexpected(joined(settled.error()));
  if (const auto missing = all.missing(job); !missing.empty()) return std::unexpected(joined(missing));
  auto ids = all.submit(std::vector{std::move(job)});
  if (!ids) return std::unexpected(ids.error().message);
  return ids->front();
}

json row_of(const JobLoop& all, const std::string& place, const JobRecord& job) {
  json row = {{"name", place}, {"ok", job.state == jobs::State::completed}, {"why", all.why(job)}, {"job", job.id}};
  if (job.started > job.submitted) row["start_s"] = to_seconds(job.started - job.submitted);
  return row;
}

}  // namespace

http::Response verify(const Exchange& exchange) {
  auto loaded = load(exchange.body);
  if (!loaded) return refuse(loaded.error());
  auto all = exchange.backend.jobs();
  if (!all) return refuse(std::move(all.error()));
  json rows = json::array();
  const auto tell = [&](json row) {
    if (exchange.sink != nullptr) send_event(*exchange.sink, "place", row);
    rows.push_back(std::move(row));
  };
  std::map<std::string, std::string> open;  // place to job
  for (const auto& place : place_names(&loaded->lowered)) {
    auto id = submit(exchange, *loaded, **all, tiny_job(exchange, place));
    if (id)
      open[place] = *id;
    else
      tell({{"name", place}, {"ok", false}, {"why", id.error()}});
  }
  Instant until = exchange.backend.real_now() + from_seconds(exchange.body.value("timeout_s", timeout_otherwise_s));
  bool is_canceled = false;
  while (!open.empty()) {
    if (auto ticked = (*all)->tick(); !ticked) return refuse(std::move(ticked.error()));
    for (auto it = open.begin(); it != open.end();) {
      const auto job = (*all)->find(it->second);
      const bool over = !job || jobs::is_over((*job)->state);
      if (over)
        tell(job ? row_of(**all, it->first, **job)
                 : json{{"name", it->first}, {"ok", false}, {"why", "its job was deleted"}});
      it = over ? open.erase(it) : std::next(it);
    }
    const bool is_late = exchange.backend.real_now() >= until || exchange.backend.stop_asked();
    if (is_late && is_canceled) break;
    if (is_late) {
      for (const auto& [place, id] : open) (void)(*all)->cancel(id);
      is_canceled = true;
      until = exchange.backend.real_now() + cancel_patience;
    }
    if (!open.empty()) (*all)->wait(exchange.backend.real_now() + look);
  }
  for (const auto& [place, id] : open)
    tell({{"name", place}, {"ok", false}, {"why", "it has not ended, and was told to"}, {"job", id}});
  bool ok = true;
  for (const auto& row : rows) ok = ok && row.at("ok").get<bool>();
  const json end = {{"places", std::move(rows)}, {"ok", ok}};
  if (exchange.sink != nullptr) send_event(*exchange.sink, "end", end);
  return answer(end);
}

}  // namespace drover::api
