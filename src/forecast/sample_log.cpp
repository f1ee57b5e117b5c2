#include "forecast/sample_log.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace drover::forecast {
namespace {

struct Line {
  Instant at;
  std::string id;
  const char* message = "";
};

constexpr std::array<const char*, 6> job_starts = {
    "CreateSiteJobHandler.cs Job Start",      "UpdateUsersJobHandler.cs Job Start",
    "ImportDocumentsJobHandler.cs Job Start", "ExportRequestsJobHandler.cs Job Start",
    "IndexDocumentsJobHandler.cs Job Start",  "UpdateEngagementJobHandler.cs Job Start"};
constexpr std::array<const char*, 6> job_ends = {
    "CreateSiteJobHandler.cs Job End",      "UpdateUsersJobHandler.cs Job End",
    "ImportDocumentsJobHandler.cs Job End", "ExportRequestsJobHandler.cs Job End",
    "IndexDocumentsJobHandler.cs Job End",  "UpdateEngagementJobHandler.cs Job End"};

// Sessions and jobs of one day begin and end in it, so that each day stands for itself.
void add_pair(std::vector<Line>& lines, Rng& rng, Instant day, double seconds, const char* start, const char* end) {
  const double room = to_seconds(std::chrono::hours{24}) - seconds - 2;
  // Most work falls in the middle of the day: the mean of two uniform draws is a triangle around noon.
  const double at = 1 + room * (rng.uniform() + rng.uniform()) / 2;
  const std::string id = rng.uuid();
  lines.push_back({day + from_seconds(std::floor(at)), id, start});
  lines.push_back({day + from_seconds(std::floor(at) + std::max(1.0, std::round(seconds))), id, end});
}

std::size_t around(Rng& rng, double mean) {
  return static_cast<std::size_t>(std::max(0.0, std::round(mean + std::sqrt(mean) * rng.normal())));
}

void add_day(std::vector<Line>& lines, Rng& rng, const SampleLogPlan& plan, Instant day, double end_users) {
  const auto sessions = static_cast<std::size_t>(std::max(2.0, std::round(end_users)));
  const auto session_seconds = [&] { return std::clamp(420 * std::exp(0.5 * rng.normal()), 60.0, 1800.0); };
  for (std::size_t i = 0; i < sessions; ++i)
    add_pair(lines, rng, day, session_seconds(), "End User Session Start", "End User Session End");
  for (std::size_t i = around(rng, 2 + end_users / 30); i > 0; --i)
    add_pair(lines, rng, day, session_seconds(), "Admin User Session Start", "Admin User Session End");
  for (std::size_t i = around(rng, 4 + end_users / 10); i > 0; --i)
    add_pair(lines, rng, day, session_seconds(), "Config User Session Start", "Config User Session End");
  // 36 s for a job at 28 users a day, about 98 s at 112: queues grow with the logarithm of the load.
  const double job_seconds = 36 + 45 * std::log(static_cast<double>(sessions) / 28);
  for (int i = 0; i < plan.jobs_a_day; ++i) {
    const std::size_t kind = rng.below(job_starts.size());
    const double seconds = std::max(3.0, job_seconds * (1 + 0.15 * rng.normal()));
    add_pair(lines, rng, day, seconds, job_starts[kind], job_ends[kind]);
  }
}

}  // namespace

std::string sample_log(const SampleLogPlan& plan, Rng rng) {
  std::string out;
  std::vector<Line> lines;
  for (int day = 0; day < plan.days; ++day) {
    lines.clear();
    // A swell of 73 days, well up on its rise when the log ends.
    const double phase = 2 * std::numbers::pi * (day - plan.days + 1) / 73.0 + std::numbers::pi / 4;
    const double level = plan.end_users_low + (plan.end_users_high - plan.end_users_low) * (1 + std::sin(phase)) / 2;
    // The last days are calmer, so that the demonstration's decision does not hang on one day's luck.
    const double noise = day + 4 >= plan.days ? plan.noise / 3 : plan.noise;
    add_day(lines, rng, plan, plan.first_day + day * std::chrono::hours{24}, level * std::exp(noise * rng.normal()));
    std::ranges::stable_sort(lines, {}, &Line::at);
    for (const auto& line : lines) {
      std::string time = format_iso(line.at);
      time[10] = ' ';
      time.pop_back();  // the Z: the service writes UTC without saying so
      out += time + '\t' + line.id + "\tINFO\t" + line.message + "\t\t\n";
    }
  }
  return out;
}

}  // namespace drover::forecast
