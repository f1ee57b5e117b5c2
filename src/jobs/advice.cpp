#include "jobs/advice.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "jobs/limits.hpp"

namespace drover::jobs {
namespace {

/// Measured starts count from so many on; fewer say little of their spread.
constexpr std::size_t enough = 3;
/// The last ones: a place changes.
constexpr std::size_t looked_at = 50;
/// A start that took this part of a cold one at least was one.
constexpr double cold_part = 0.5;
constexpr double p90_sigmas = 1.2816;  // of the standard normal distribution
/// One that ends later than this much after the first to end is not the best, however cheap.
constexpr double worth_waiting = 1.25;
constexpr Duration worth_waiting_anyway = std::chrono::seconds(30);
constexpr double gib = 1 << 30;

/// Of what is not empty, by the nearest rank.
Duration quantile(std::vector<Duration> values, double q) {
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[(values.size() - 1) / 2];
}

template <class Keep, class Take>
std::vector<Duration> gather(const std::vector<PastRun>& past, Keep keep, Take take) {
  std::vector<Duration> values;
  for (auto it = past.rbegin(); it != past.rend() && values.size() < looked_at; ++it)
    if (keep(*it)) values.push_back(take(*it));
  return values;
}

std::vector<Duration> runs_of(const std::vector<PastRun>& past, const std::string& command, const JobTarget* target) {
  return gather(
      past,
      [&](const PastRun& run) {
        return run.ended_well && run.command == command && (target == nullptr || run.target == *target);
      },
      [](const PastRun& run) { return run.ran; });
}

bool contains_word(const std::string& text, std::string_view word) {
  return to_lower(text).find(word) != std::string::npos;
}

void foresee_start(const PlaceFacts& place, const JobSpec& spec, const std::vector<PastRun>& past, PlaceAdvice& out) {
  const bool is_cold = place.nodes_ready < spec.instances && place.cold_start > Duration{0};
  const auto cold_from = Duration(static_cast<std::int64_t>(cold_part * static_cast<double>(place.cold_start.count())));
  const auto measured = gather(
      past,
      [&](const PastRun& run) {
        if (run.target != place.target) return false;
        return place.cold_start == Duration{0} || (run.waited >= cold_from) == is_cold;
      },
      [](const PastRun& run) { return run.waited; });
  out.start_runs = std::ssize(measured);
  if (measured.size() >= enough) {
    out.start_basis = Basis::measured;
    out.start_p50 = quantile(measured, 0.5);
    out.start_p90 = quantile(measured, 0.9);
  } else {
    out.start_p50 = is_cold ? place.cold_start : place.warm_start;
    const double factor = std::exp(p90_sigmas * place.start_spread);
    out.start_p90 = Duration(static_cast<std::int64_t>(static_cast<double>(out.start_p50.count()) * factor));
  }
}

/// Nodes that have to be made count against the quotas; those that stand are among the cores in use.
void weigh_quotas(const PlaceFacts& place, const JobSpec& spec, PlaceAdvice& out) {
  const std::int64_t more = std::max<std::int64_t>(spec.instances - place.nodes_ready, 0);
  const auto cores = more * static_cast<std::int64_t>(place.cpus);
  for (const auto& quota : place.quotas) {
    const std::string words = "quota: " + std::to_string(quota.used) + " of " + std::to_string(quota.limit) +
                              " cores of " + quota.of + " in use, this job needs " +
                              (cores == 0 ? "no more" : std::to_string(cores) + (quota.used > 0 ? " more" : ""));
    if (cores > 0 && quota.used + cores > quota.limit)
      out.lacks.push_back(words);
    else if (quota.is_worth_a_note)
      out.notes.push_back(words);
  }
}

PlaceAdvice assess(const PlaceFacts& place, const JobSpec& spec, const std::vector<PastRun>& past) {
  PlaceAdvice out{.name = place.name, .nodes = place.nodes, .lacks = place.lacks, .notes = place.notes};
  const bool is_refused = !out.lacks.empty();  // in words of its own, which may be the same
  if (needs_gpu(spec) && place.gpus == 0) out.lacks.emplace_back("it asks for a GPU, and there is none");
  if (spec.instances > place.nodes_max && !is_refused)
    out.lacks.push_back("it asks for " + std::to_string(spec.instances) + " nodes, and there are at most " +
                        std::to_string(place.nodes_max));
  if (const auto limits = limits_of(spec)) {
    if (place.memory_gib > 0 && static_cast<double>(limits->memory_bytes) > place.memory_gib * gib)
      out.lacks.push_back("it asks for more memory than the " + format_fixed(place.memory_gib, 0) + " GiB of a node");
    if (place.cpus > 0 && limits->cpus > place.cpus)
      out.lacks.push_back("it asks for more than the " + format_fixed(place.cpus, 0) + " processors of a node");
  }
  weigh_quotas(place, spec, out);
  foresee_start(place, spec, past, out);
  // A place whose target is not known has no runs of its own.
  std::vector<Duration> runs;
  if (place.target) runs = runs_of(past, spec.command, &*place.target);
  if (runs.empty()) {
    runs = runs_of(past, spec.command, nullptr);
    out.run_is_from_elsewhere = !runs.empty();
  }
  if (!runs.empty()) out.run = quantile(runs, 0.5);
  const double run_s = to_seconds(out.run.value_or(Duration{0}));
  // Those before it go one after the other, as long as this one: nothing better is known of them.
  if (place.ahead > 0 && place.nodes_max > 0) {
    const double waits = std::floor(static_cast<double>(place.ahead) / static_cast<double>(place.nodes_max));
    out.start_p50 += from_seconds(waits * run_s);
    out.start_p90 += from_seconds(waits * run_s);
  }
  constexpr double hour_s = 3600;
  const double nodes = static_cast<double>(spec.instances);
  if (place.is_paid_anyway)
    out.usd_standing = place.usd_per_hour * static_cast<double>(place.nodes_ready);
  else
    out.usd = place.usd_per_hour * nodes * (run_s + to_seconds(place.idle)) / hour_s;
  return out;
}

Duration finish_of(const PlaceAdvice& place) { return place.start_p50 + place.run.value_or(Duration{0}); }

std::string reason_of(const Advice& advice, const PlaceAdvice& best, const PlaceAdvice& first) {
  const auto able = std::ranges::count_if(advice.places, [](const auto& place) { return place.lacks.empty(); });
  if (able == 1) return best.name + " is the only place where it can run";
  const std::string when =
      best.run ? "ends in about " + format_human(finish_of(best)) : "starts in about " + format_human(best.start_p50);
  if (best.name == first.name) return best.name + " " + when + ", sooner than elsewhere";
  return best.name + " " + when + ", and costs less than " + first.name + ", which is hardly sooner";
}

void look_back(const std::vector<PastRun>& past, Advice& advice) {
  std::vector<double> starts, runs;
  const auto error = [](Duration foretold, Duration seen) {
    return std::abs(to_seconds(foretold) - to_seconds(seen)) / std::max(to_seconds(seen), 1e-3);
  };
  for (const auto& run : past) {
    if (run.foretold_wait) starts.push_back(error(*run.foretold_wait, run.waited));
    if (run.foretold_run && run.ended_well) runs.push_back(error(*run.foretold_run, run.ran));
  }
  advice.past = std::ssize(starts);
  advice.start_error = median(starts);
  advice.run_error = median(runs);
}

}  // namespace

bool needs_gpu(const JobSpec& spec) {
  if (contains_word(spec.docker_arguments, "--gpus")) return true;
  for (const char* series : {"standard_nc", "standard_nd", "standard_nv"})
    if (to_lower(spec.instance_type).starts_with(series)) return true;
  for (const auto& text : {spec.environment.image, spec.environment.reference})
    if (contains_word(text, "cuda") || contains_word(text, "-gpu")) return true;
  return false;
}

Advice advise(const JobSpec& spec, const std::vector<PlaceFacts>& places, const std::vector<PastRun>& past) {
  Advice advice;
  for (const auto& place : places) advice.places.push_back(assess(place, spec, past));
  std::ranges::stable_sort(advice.places, {},
                           [](const PlaceAdvice& place) { return std::pair(!place.lacks.empty(), finish_of(place)); });
  look_back(past, advice);
  if (advice.places.empty() || !advice.places.front().lacks.empty()) {
    advice.because = "it can run nowhere as it is";
    return advice;
  }
  const PlaceAdvice first = advice.places.front();
  const double bound_s =
      std::max(to_seconds(finish_of(first)) * worth_waiting, to_seconds(finish_of(first) + worth_waiting_anyway));
  auto best = advice.places.begin();
  for (auto it = best; it != advice.places.end() && it->lacks.empty(); ++it)
    if (to_seconds(finish_of(*it)) <= bound_s && it->usd < best->usd) best = it;
  std::rotate(advice.places.begin(), best, best + 1);
  advice.best = advice.places.front().name;
  advice.because = reason_of(advice, advice.places.front(), first);
  return advice;
}

}  // namespace drover::jobs
