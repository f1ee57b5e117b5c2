// drover forecast backtest: how good the forecasts of a recorded load would have been, and whether its bands would have
// held. Reads a file and computes.
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/load_words.hpp"
#include "forecast/backtest.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

/// What the figures are in: nodes of a pool, or the unit of a daily target.
struct Unit {
  double size = 1;
  std::string name;
};

json to_json(const forecast::Backtest& test, const Unit& unit) {
  json forecasts = json::array(), levels = json::array();
  for (const auto& row : test.rows) {
    json entry;
    entry["name"] = row.name;
    entry["mase"] = row.scaled;
    entry["mae"] = row.mean_absolute_error;
    entry["mae_nodes"] = row.mean_absolute_error / unit.size;
    entry["bias"] = row.bias;
    entry["bias_nodes"] = row.bias / unit.size;
    forecasts.push_back(std::move(entry));
  }
  for (const auto& level : test.levels) {
    json entry;
    entry["level"] = level.level;
    entry["below_quantile"] = level.below;
    entry["quantile_margin"] = level.margin;
    entry["inside_band"] = level.inside;
    entry["band_width"] = level.width;
    levels.push_back(std::move(entry));
  }
  json out;
  out["forecasts"] = std::move(forecasts);
  out["levels"] = std::move(levels);
  out["judged"] = test.forecasts;
  out["better_than_naive"] = test.is_better_than_naive();
  if (!test.target.empty())
    // Nothing of a pool is known of a daily target.
    for (std::size_t i = 0; i < test.rows.size(); ++i) {
      json& entry = out["forecasts"][i];
      entry.erase("mae_nodes"), entry.erase("bias_nodes");
      entry["above"] = test.rows[i].above;
      entry["below"] = test.rows[i].below;
    }
  return out;
}

std::string signed_fixed(double value, int digits) { return (value >= 0 ? "+" : "") + format_fixed(value, digits); }

/// How often each would have asked for a node more or fewer, by the rule of target scalers without limits.
std::string steps_of(const forecast::Backtest& test) {
  std::string text =
      "\n  " + padded("nodes, days", 20) + padded("one more", 11) + padded("as many", 11) + "one fewer\n";
  const auto add = [&](const std::string& name, std::size_t above, std::size_t below) {
    text += "  " + padded(name, 20) + padded(std::to_string(above), 11) +
            padded(std::to_string(test.forecasts - above - below), 11) + std::to_string(below) + "\n";
  };
  for (const auto& row : test.rows) add(row.name, row.above, row.below);
  add("what came", test.outcomes_above, test.outcomes_below);
  return text;
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

Result<forecast::WantedRange> wanted_of(const std::string& words) {
  if (words.empty()) return forecast::WantedRange{};
  const auto dots = words.find("..");
  const auto low = number_of(std::string_view(words).substr(0, dots));
  const auto high = dots == std::string::npos ? std::nullopt : number_of(std::string_view(words).substr(dots + 2));
  if (!low || !high || *low > *high)
    return fail(Code::invalid_input, "--wanted " + words + " makes no sense",
                "two numbers in the unit of the target: 30..70");
  return forecast::WantedRange{.low = *low, .high = *high};
}

std::string table_of(const Context& context, const forecast::Backtest& test, const Unit& unit) {
  std::string text =
      "  " + padded("", 20) + padded("MASE", 9) + padded("error, " + unit.name, 16) + "bias, " + unit.name + "\n";
  for (const auto& row : test.rows) {
    const std::string name = padded(row.name, 20);
    text += "  " + (&row == &test.rows.front() ? toned(context, Tone::strong, name) : name) +
            padded(format_fixed(row.scaled, 3), 9) + padded(format_fixed(row.mean_absolute_error / unit.size, 3), 16) +
            signed_fixed(row.bias / unit.size, 3) + "\n";
  }
  text += "\n  " + padded("asked for", 12) + padded("at or below", 13) + padded("distance", 11) +
          padded("within band", 13) + "its width\n";
  for (const auto& level : test.levels)
    text += "  " + padded(format_fixed(100 * level.level, 0) + " %", 12) +
            padded(format_fixed(100 * level.below, 2) + " %", 13) +
            padded(signed_fixed(level.margin / unit.size, 2), 11) +
            padded(format_fixed(100 * level.inside, 2) + " %", 13) + format_fixed(level.width / unit.size, 2) + "\n";
  return text;
}

int answer(const Context& context, const forecast::Backtest& test, const Unit& unit, const std::string& heading) {
  if (context.typed.json) {
    context.terminal.out(to_json(test, unit).dump(2) + "\n");
    return Exit::done;
  }
  context.terminal.out(heading + "\n" + table_of(context, test, unit));
  if (!context.typed.wanted.empty()) context.terminal.out(steps_of(test));
  if (!test.is_better_than_naive())
    context.terminal.out("\nA plain guess did as well: nobody should act on this forecast alone.\n");
  return Exit::done;
}

int backtest_target(const Context& context, const codec::LoadLog& log) {
  const std::string& target = context.typed.value_column.empty() ? log.target : context.typed.value_column;
  const std::size_t rows = log.daily.rows();
  std::size_t first = rows * 4 / 5;
  if (const auto& words = context.typed.replay.train; !words.empty()) {
    const auto train = duration_of("--train", words);
    if (!train) return complain(context, Error(train.error()));
    first = static_cast<std::size_t>(*train / forecast::one_day);
  }
  const auto wanted = wanted_of(context.typed.wanted);
  if (!wanted) return complain(context, Error(wanted.error()));
  auto test = forecast::backtest_days(log.daily, target, first, *wanted);
  if (!test) return complain(context, std::move(test.error()).in(context.typed.log));
  return answer(context, *test, {.name = "as it is"},
                "Days: " + target + " of " + context.typed.log + ", the last " + std::to_string(test->forecasts) +
                    " of " + std::to_string(rows) + " forecast from those before each; trained anew every week.\n");
}

}  // namespace

int backtest(const Context& context) {
  auto log = read_log(context);
  if (!log) return complain(context, std::move(log.error()));
  if (context.typed.daily || log->format == codec::LoadLogFormat::daily_table) return backtest_target(context, *log);
  const auto load = choose_load(context, *log);
  if (!load) return complain(context, Error(load.error()));
  const auto terms = terms_of(context, load->series);
  if (!terms) return complain(context, Error(terms.error()));
  const auto train = training_of(context.typed.replay, load->series);
  if (!train) return complain(context, Error(train.error()));
  const auto first = static_cast<std::size_t>(*train / terms->axis.step);
  auto test = forecast::backtest_load(terms->axis, terms->node_capacity, load->series.values, first);
  if (!test) return complain(context, std::move(test.error()).in(context.typed.log));
  std::string heading = "Load: " + load->column + " of " + context.typed.log + ", " +
                        format_count(static_cast<long long>(load->series.values.size())) + " steps of " +
                        format_duration(terms->axis.step) + "; the last " +
                        format_count(static_cast<long long>(test->forecasts)) + " are forecast " +
                        format_duration(terms->axis.lead_steps * terms->axis.step) +
                        " ahead, each from those before it; " + capacity_words(context.typed.replay, *terms) + ".\n";
  for (const auto& note : load->notes) heading += "Note: " + note + "\n";
  return answer(context, *test, {.size = terms->node_capacity, .name = "nodes"}, heading);
}

}  // namespace drover::cli
