#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "cli/scale_report.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

void print_outcome(const Context& context, const json& outcome) {
  for (const auto& line : outcome["explanation"]) {
    const std::string remark = line.value("remark", "");
    context.terminal.out(padded(line.value("label", ""), 24) + toned(context, Tone::strong, line.value("value", "")) + (remark.empty() ? "" : "   " + remark) + "\n");
  }
  const json& decision = outcome["decision"];
  if (outcome.value("performed", false))
    context.terminal.out("Done: the pool has " + std::to_string(outcome.value("nodes_after", 0)) + " nodes, " + format_human(from_seconds(outcome.value("took_s", 0.0))) + " after the call.\n");
  else if (context.typed.dry_run) context.terminal.out("Not done (dry run).\n");
  else if (decision.value("verdict", "") == "refuse") context.terminal.out("Refused: nothing was changed.\n");
  else context.terminal.out("Nothing to change.\n");
}

/// FILE.html -> FILE.svg; a name without .html gets .svg behind it.
std::string chart_file(const std::string& report_file) {
  constexpr std::string_view ending = ".html";
  return (report_file.ends_with(ending) ? report_file.substr(0, report_file.size() - ending.size()) : report_file) + ".svg";
}

Status write_report(const Context& context, const json& outcome) {
  const ScaleReport report = read_scale_report(outcome);
  const std::string& file = context.typed.out;
  const std::string chart = chart_file(file);
  DROVER_CHECK(context.files.write(file, format_scale_report(report)));
  DROVER_CHECK(context.files.write(chart, draw_load_chart(report.chart)));
  if (!context.typed.json) context.terminal.out("Report in " + file + ", its chart in " + chart + "\n");
  return {};
}

}  // namespace

int scale(const Context& context) {
  auto estate = estate_request(context);
  if (!estate) return complain(context, std::move(estate.error()));
  const auto& typed = context.typed;
  const bool watches = typed.command == Command::scale_watch;
  const auto every = typed.every.empty() ? std::chrono::hours(24) : parse_duration(typed.every);
  if (!every) return complain(context, Error{.code = Code::invalid_input, .message = "--every " + typed.every + " is not a duration", .hint = "say it with units: 10m, 1d"});
  for (int round = 1;; ++round) {
    auto answer = call(context, "POST", "/v1/scale",
                       {{"estate", *estate}, {"cloud", typed.cloud}, {"scaler", typed.scaler}, {"dry_run", typed.dry_run}, {"wait_s", watches && round > 1 ? to_seconds(*every) : 0.0}});
    if (!answer) return answer.error();
    if (typed.json) context.terminal.out(answer->dump(2) + "\n");
    else {
      if (watches) context.terminal.out(toned(context, Tone::faint, answer->value("at", "").substr(0, 19) + "Z") + "\n");
      print_outcome(context, *answer);
    }
    if (!typed.out.empty())
      if (auto written = write_report(context, *answer); !written) return complain(context, std::move(written.error()));
    const bool refused = (*answer)["decision"].value("verdict", "") == "refuse";
    if (!watches) return refused ? Exit::failed : Exit::done;
    if (answer->value("stopped", false) || (typed.times != 0 && round >= typed.times)) return Exit::done;
  }
}

}  // namespace drover::cli
