#include "scaling/lead_time.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>
#include <vector>

#include "model/catalog.hpp"
#include "scaling/words.hpp"

namespace drover::scaling {
namespace {

constexpr std::size_t boots_max = 200;               // a p95 of them rests on ten; older ones tell of other days
constexpr Duration age_max = std::chrono::days{60};  // images and regions change
constexpr std::size_t boots_enough = 60;             // three lie above the p95: it is no longer the largest one
constexpr Duration stock_out_fades = std::chrono::minutes{30};  // then asking again is worth it
constexpr double log_deviation_min = 0.5;                       // the 95th percentile 2.3 times the median
/// Of 100 requests before any is seen, one fails: a fifth of a failure in twenty requests.
constexpr double failures_before = 0.2, requests_before = 20;
constexpr double normal_p95 = 1.6448536269514722;

std::vector<Boot> recent(std::span<const Boot> boots, Instant now) {
  std::vector<Boot> kept;
  for (const Boot& boot : boots)
    if (boot.requested <= now && now - boot.requested <= age_max) kept.push_back(boot);
  std::ranges::sort(kept, std::greater{}, [](const Boot& boot) {
    return std::tuple(boot.requested, boot.ready, boot.failed, boot.out_of_stock);
  });
  if (kept.size() > boots_max) kept.resize(boots_max);
  return kept;
}

/// The 95th percentile of Student's t, to 1 % from 3 degrees on (Cornish-Fisher, Abramowitz and Stegun 26.7.5).
double student_p95(double degrees) {
  const double z = normal_p95, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  return z + (z3 + z) / (4 * degrees) + (5 * z5 + 16 * z3 + 3 * z) / (96 * degrees * degrees) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * degrees * degrees * degrees);
}

struct Percentiles {
  double typical_s = 0, p95_s = 0;
};

/// Log-normal with unknown mean and deviation: what the next boot may take, given the prior and `seconds`.
Percentiles predict(const std::vector<double>& seconds, const LeadTimePrior& prior) {
  const auto n = static_cast<double>(seconds.size());
  const double prior_mean = std::log(std::max(to_seconds(prior.typical), 1.0));
  double sum = 0;
  for (const double s : seconds) sum += std::log(s);
  const double mean = (prior.weight * prior_mean + sum) / (prior.weight + n);
  double squares = prior.weight * prior.log_deviation * prior.log_deviation;
  for (const double s : seconds) squares += (std::log(s) - mean) * (std::log(s) - mean);
  squares += prior.weight * (prior_mean - mean) * (prior_mean - mean);
  const double weight = prior.weight + n;
  const double deviation = std::sqrt(squares / weight * (1 + 1 / weight));
  return {std::exp(mean), std::exp(mean + student_p95(std::max(weight, 3.0)) * deviation)};
}

/// The smallest of `sorted` that a share of them does not exceed.
double percentile(const std::vector<double>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size()) - 1e-9));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

Percentiles percentiles_of(std::vector<double> seconds, const LeadTimePrior& prior) {
  if (seconds.size() < boots_enough) return predict(seconds, prior);
  std::ranges::sort(seconds);
  return {percentile(seconds, 0.5), percentile(seconds, 0.95)};
}

/// A boot in no time is a clock that was set: a second.
double seconds_between(Instant from, Instant to) { return std::max(to_seconds(to - from), 1.0); }

std::vector<double> boot_seconds(const std::vector<Boot>& boots, Instant now) {
  std::vector<double> seconds;
  for (const Boot& boot : boots)
    if (boot.ready && *boot.ready <= now) seconds.push_back(seconds_between(boot.requested, *boot.ready));
  return seconds;
}

bool has_failed(const Boot& boot, Instant now) { return boot.failed && *boot.failed <= now; }
bool is_in_boot(const Boot& boot, Instant now) { return !has_failed(boot, now) && !(boot.ready && *boot.ready <= now); }

void count_failures(LeadTime& lead, const std::vector<Boot>& boots, Instant now) {
  double ended = 0, failed = 0, refused = 0;
  for (const Boot& boot : boots) {
    if (is_in_boot(boot, now)) continue;
    ++ended;
    if (has_failed(boot, now)) ++(boot.out_of_stock ? refused : failed);
  }
  lead.failure_share = (failed + failures_before) / (ended - refused + requests_before);
  lead.stock_out_share = ended > 0 ? refused / ended : 0;
}

/// `boots` newest first.
void find_stock_out(LeadTime& lead, const std::vector<Boot>& boots, Instant now) {
  std::optional<Instant> refused_last;
  for (const Boot& boot : boots) {
    if (is_in_boot(boot, now)) continue;
    if (!has_failed(boot, now) || !boot.out_of_stock) break;
    if (!refused_last) refused_last = boot.failed;
    lead.out_of_stock_since = boot.requested;
  }
  if (refused_last && now - *refused_last >= stock_out_fades) lead.out_of_stock_since = std::nullopt;
}

std::string words_of(const LeadTime& lead) {
  const std::string p95 = format_span_of_time(lead.p95);
  if (lead.samples == 0) return "95 % of boots are taken to be ready within " + p95 + ", none was seen yet";
  const std::string boots = std::to_string(lead.samples) + (lead.samples == 1 ? " boot" : " boots");
  if (!lead.is_measured) return "95 % of boots should be ready within " + p95 + ", judging by " + boots;
  return "95 % of " + boots + " were ready within " + p95;
}

}  // namespace

LeadTimePrior lead_time_prior(Kind kind) {
  const catalog::Timing& timing = catalog::timing(kind, catalog::Verb::scale);
  return {.typical = from_seconds(timing.typical_s), .log_deviation = std::max(timing.spread, log_deviation_min)};
}

LeadTime learn_lead_time(std::span<const Boot> boots, const LeadTimePrior& prior, Instant now) {
  const std::vector<Boot> known = recent(boots, now);
  std::vector<double> seconds = boot_seconds(known, now);
  const double p95_of_ended = percentiles_of(seconds, prior).p95_s;
  for (const Boot& boot : known) {
    const double age = seconds_between(boot.requested, now);
    if (is_in_boot(boot, now) && age > p95_of_ended) seconds.push_back(age);
  }
  const Percentiles result = percentiles_of(seconds, prior);
  LeadTime lead{.typical = from_seconds(result.typical_s),
                .p95 = from_seconds(result.p95_s),
                .samples = static_cast<int>(seconds.size()),
                .is_measured = seconds.size() >= boots_enough};
  count_failures(lead, known, now);
  find_stock_out(lead, known, now);
  lead.words = words_of(lead);
  return lead;
}

int nodes_to_ask_for(int wanted, double failure_share, double confidence) {
  if (wanted <= 0) return 0;
  const double fails = std::clamp(failure_share, 0.0, 1.0), comes = 1 - fails;
  const int most = 2 * wanted + 2;
  if (fails <= 0) return wanted;
  // Of `asked` requests exactly `failed` fail; the sum over 0 .. asked - wanted is the chance that enough come.
  for (int asked = wanted; asked < most; ++asked) {
    double enough = 0;
    for (int failed = 0; failed <= asked - wanted; ++failed)
      enough += std::exp(std::lgamma(asked + 1) - std::lgamma(failed + 1) - std::lgamma(asked - failed + 1) +
                         failed * std::log(fails) + (asked - failed) * std::log(comes));
    if (enough >= confidence) return asked;
  }
  return most;
}

}  // namespace drover::scaling
