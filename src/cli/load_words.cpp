#include "cli/load_words.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "codec/load_log.hpp"
#include "scaling/replay.hpp"

namespace drover::cli {
namespace {

/// Metrics have holes: rows without a number are left out up to this share, and the step repeats the one before.
constexpr double rows_without_value_max = 0.2;

}  // namespace

Error bad_option(const std::string& option, const std::string& value, const std::string& hint) {
  return {.code = Code::invalid_input, .message = option + " " + value + " makes no sense", .hint = hint};
}

Result<Duration> duration_of(const std::string& option, const std::string& value) {
  const auto duration = parse_duration(value);
  if (!duration || *duration < Duration{0})
    return std::unexpected(bad_option(option, value, "say it with units: 5m, 90s, 14d"));
  return *duration;
}

Result<std::optional<Instant>> instant_of(const std::string& option, const std::string& value) {
  if (value.empty()) return std::optional<Instant>{};
  auto instant = parse_iso(value);
  if (!instant) instant = parse_iso(value + "T00:00:00Z");
  if (!instant)
    return std::unexpected(bad_option(option, value, "a day or a time: 1995-08-04 or 1995-08-04T12:00:00Z"));
  return instant;
}

Result<codec::LoadLog> read_log(const Context& context) {
  const Invocation& typed = context.typed;
  DROVER_TRY(text, context.files.read(typed.log));
  const auto format = codec::parse_load_log_format(typed.log_format.empty() ? "auto" : typed.log_format);
  if (!format)
    return std::unexpected(
        bad_option("--format", typed.log_format, "auto, daily-table, service-log, csv or common-log"));
  codec::LoadLogOptions options{
      .format = *format, .time_column = typed.time_column, .malformed_share_max = rows_without_value_max};
  if (!typed.log_step.empty()) {
    DROVER_TRY(step, duration_of("--step", typed.log_step));
    options.step = step;
  }
  DROVER_TRY(calendar, calendar_of(context));
  options.zone = std::move(calendar.zone);
  return codec::read_load_log(text, typed.log, options);
}

Result<forecast::ChosenLoad> choose_load(const Context& context, codec::LoadLog& log) {
  const Invocation& typed = context.typed;
  const ReplayWords& words = typed.replay;
  forecast::LoadChoice choice{.column = typed.value_column};
  DROVER_TRY(from, instant_of("--from", words.from));
  DROVER_TRY(to, instant_of("--to", words.to));
  DROVER_TRY(smoothing, duration_of("--smooth", words.smooth));
  choice.from = from;
  choice.to = to;
  choice.smoothing = smoothing;
  choice.zero_is_missing = words.zeros_missing;
  auto chosen = forecast::choose_load(log.load, choice);
  if (!chosen) return std::unexpected(std::move(chosen.error()).in(typed.log));
  // Days that are not whole matter to models of days only.
  std::erase_if(log.notes, [](const std::string& note) {
    return note.starts_with("The first day,") || note.starts_with("The last day,");
  });
  chosen->notes.insert(chosen->notes.begin(), log.notes.begin(), log.notes.end());
  return chosen;
}

Status check_slo(const ReplayWords& words) {
  if (words.slo_percent > 0 && words.slo_percent <= 1)
    return std::unexpected(bad_option("--slo", format_fixed(words.slo_percent, 3),
                                      "it is in per cent: " + format_fixed(words.slo_percent * 100, 1)));
  if (words.slo_percent > 1 && words.slo_percent < 100) return {};
  return std::unexpected(
      bad_option("--slo", format_fixed(words.slo_percent, words.slo_percent < 0 ? 1 : 0),
                 "it is the share of steps with enough nodes in per cent, above 0 and below 100: 99.5"));
}

Result<Calendar> calendar_of(const Context& context) {
  const ReplayWords& words = context.typed.replay;
  Calendar calendar;
  if (!words.timezone.empty() && words.timezone != calendar.zone.name()) {
    if (!context.time_zone)
      return std::unexpected(bad_option("--timezone", words.timezone, "no time zone but UTC is known here"));
    DROVER_TRY(zone, context.time_zone(words.timezone));
    calendar.zone = std::move(zone);
  }
  for (const auto& word : words.holidays) {
    const auto day = parse_day(word);
    if (!day) return std::unexpected(bad_option("--holidays", word, "days joined by commas: 2026-12-25,2026-12-26"));
    calendar.holidays.push_back(*day);
  }
  return calendar;
}

Result<scaling::PoolTerms> terms_of(const Context& context, const forecast::Series& series) {
  const ReplayWords& words = context.typed.replay;
  DROVER_TRY(calendar, calendar_of(context));
  scaling::PoolTerms terms;
  DROVER_TRY(lead, duration_of("--lead", words.lead));
  terms.axis = {.step = series.step, .start = series.start};
  terms.axis.calendar = std::move(calendar);
  // Whole steps, and none too few: a node that is asked for is not ready before.
  terms.axis.lead_steps = std::max(1, static_cast<int>((lead + series.step - Duration{1}) / series.step));
  DROVER_CHECK(check_slo(words));
  terms.violation_share_max = (100 - words.slo_percent) / 100;
  terms.node_capacity = words.node_capacity > 0 ? words.node_capacity
                                                : scaling::capacity_for_percentile(series.values, words.nodes_at_p999);
  return terms;
}

std::string capacity_words(const ReplayWords& words, const scaling::PoolTerms& terms) {
  const double each = terms.node_capacity;
  const std::string number =
      each >= 1000 ? format_count(std::llround(std::min(each, 1e18))) : format_fixed(each, each < 1 ? 4 : 2);
  if (words.node_capacity > 0) return "a node carries " + number;
  return "a node is assumed to carry " + number + " (" +
         format_fixed(words.nodes_at_p999, words.nodes_at_p999 == std::floor(words.nodes_at_p999) ? 0 : 1) +
         " nodes at the 99.9th percentile of the load; say --node-capacity)";
}

/// Policies choose by a fortnight, if there is one.
Result<Duration> training_of(const ReplayWords& words, const forecast::Series& series) {
  if (!words.train.empty()) return duration_of("--train", words.train);
  const Duration whole = static_cast<std::int64_t>(series.values.size()) * series.step;
  return std::min<Duration>(14 * forecast::one_day, whole * 2 / 3);
}

}  // namespace drover::cli
