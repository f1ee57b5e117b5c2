#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "codec/load_log.hpp"
#include "forecast/sample_log.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

std::string table_of(const Context& context, const json& models) {
  std::string text = "  " + padded("model", 12) + padded("version", 9) + padded("forecasts", 22) + padded("R2", 9) +
                     padded("error", 11) + padded("naive", 11) + "held-out days\n";
  for (const auto& model : models) {
    const json& metrics = model["metrics"];
    const bool worse = model.value("worse_than_naive", false);
    std::string line =
        "  " + padded(model.value("kind", ""), 12) + padded("v" + std::to_string(model.value("version", 0)), 9) +
        padded(model.value("target", ""), 22) + padded(format_fixed(metrics.value("r2", 0.0), 3), 9) +
        toned(context, worse ? Tone::attention : Tone::plain, padded(format_fixed(metrics.value("mae", 0.0), 2), 11)) +
        padded(format_fixed(metrics.value("naive_mae", 0.0), 2), 11) +
        std::to_string(metrics.value("held_out_rows", 0));
    if (metrics.value("band_coverage", 0.0) > 0)
      line += "   band held " + format_fixed(100 * metrics.value("band_coverage", 0.0), 0) + " %";
    text += line + "\n";
  }
  return text;
}

/// Ends with one full stop, whether it came with one or not.
std::string sentence(std::string text) {
  if (!text.ends_with('.')) text += '.';
  return text;
}

}  // namespace

int train(const Context& context) {
  auto estate = estate_request(context);
  if (!estate) return complain(context, std::move(estate.error()));
  auto text = context.files.read(context.typed.log);
  if (!text) return complain(context, std::move(text.error()));
  const auto& typed = context.typed;
  // Here, since bytes that are no text do not travel in JSON, and would not be known again.
  if (auto is_text = codec::check_log_text(*text, typed.log); !is_text)
    return complain(context, std::move(is_text.error()));
  auto answer = call(context, "POST", "/v1/forecast/train",
                     {{"estate", *estate},
                      {"cloud", typed.cloud},
                      {"scaler", typed.scaler},
                      {"log",
                       {{"file", typed.log},
                        {"text", *text},
                        {"format", typed.log_format},
                        {"time_column", typed.time_column},
                        {"value_column", typed.value_column}}}});
  if (!answer) return answer.error();
  if (typed.json) {
    context.terminal.out(answer->dump(2) + "\n");
    return Exit::done;
  }
  context.terminal.out("Read " + format_count(answer->value("lines", 0LL)) + " lines (" + answer->value("format", "") +
                       "): " + std::to_string(answer->value("days", 0)) + " days.\n\n" +
                       table_of(context, (*answer)["models"]) + "\n");
  for (const auto& note : (*answer)["notes"]) context.terminal.out("Note: " + sentence(note.get<std::string>()) + "\n");
  const json& models = (*answer)["models"];
  if (!models.empty() && models.back().contains("blob"))
    context.terminal.out(
        "Kept as version " + std::to_string(answer->value("version", 0)) + ", log and models in " +
        models.back()["blob"].get<std::string>().substr(0, models.back()["blob"].get<std::string>().find("/models/")) +
        "\n");
  return Exit::done;
}

int show_models(const Context& context) {
  auto estate = estate_request(context);
  if (!estate) return complain(context, std::move(estate.error()));
  auto answer = call(context, "POST", "/v1/forecast/models",
                     {{"estate", *estate}, {"cloud", context.typed.cloud}, {"scaler", context.typed.scaler}});
  if (!answer) return answer.error();
  if (context.typed.json)
    context.terminal.out(answer->dump(2) + "\n");
  else if ((*answer)["models"].empty())
    context.terminal.out("No models yet: drover forecast train --log FILE\n");
  else
    context.terminal.out(table_of(context, (*answer)["models"]));
  return Exit::done;
}

int write_sample(const Context& context) {
  forecast::SampleLogPlan plan;
  plan.days = context.typed.days;
  // The log ends on a fixed day, so that the same seed gives the same bytes whenever it is made.
  plan.first_day = *parse_iso("2026-11-01T00:00:00Z") - std::chrono::hours(24) * plan.days;
  const std::string log = forecast::sample_log(plan, Rng(static_cast<std::uint64_t>(context.typed.seed)));
  if (auto written = context.files.write(context.typed.out, log); !written)
    return complain(context, std::move(written.error()));
  context.terminal.out("Wrote " + std::to_string(plan.days) + " days of made-up service log to " + context.typed.out +
                       "\n");
  return Exit::done;
}

}  // namespace drover::cli
