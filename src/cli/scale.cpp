#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "cli/event_stream.hpp"
#include "cli/scale_live.hpp"
#include "cli/scale_report.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

void print_outcome(const Context& context, const json& outcome) {
  for (const auto& line : outcome["explanation"]) {
    const std::string remark = line.value("remark", "");
    context.terminal.out(padded(line.value("label", ""), 24) + toned(context, Tone::strong, line.value("value", "")) +
                         (remark.empty() ? "" : "   " + remark) + "\n");
  }
  const json& decision = outcome["decision"];
  if (outcome.value("performed", false))
    context.terminal.out("Done: the pool has " + std::to_string(outcome.value("nodes_after", 0)) + " nodes, " +
                         format_human(from_seconds(outcome.value("took_s", 0.0))) + " after the call.\n");
  else if (context.typed.dry_run)
    context.terminal.out("Not done (dry run).\n");
  else if (decision.value("verdict", "") == "refuse")
    context.terminal.out("Refused: nothing was changed.\n");
  else
    context.terminal.out("Nothing to change.\n");
}

/// FILE.html -> FILE.svg; a name without .html gets .svg behind it.
std::string chart_file(const std::string& report_file) {
  constexpr std::string_view ending = ".html";
  return (report_file.ends_with(ending) ? report_file.substr(0, report_file.size() - ending.size()) : report_file) +
         ".svg";
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

namespace {

/// Shows one decision; false when it is refused. `code` is what writing it down came to.
bool show(const Context& context, const json& outcome, int& code) {
  if (outcome.value("live", false)) {
    show_turn(context, outcome);
    if (!context.typed.out.empty())
      code =
          complain(context, Error{.code = Code::precondition,
                                  .message = "a pool that follows its load has no daily report",
                                  .hint = "drover scale replay --log FILE --report FILE draws its policies on a log"});
    return true;
  }
  if (context.typed.json)
    context.terminal.out(outcome.dump(2) + "\n");
  else {
    if (context.typed.command == Command::scale_watch)
      context.terminal.out(toned(context, Tone::faint, outcome.value("at", "").substr(0, 19) + "Z") + "\n");
    print_outcome(context, outcome);
  }
  if (!context.typed.out.empty())
    if (auto written = write_report(context, outcome); !written) code = complain(context, std::move(written.error()));
  return outcome["decision"].value("verdict", "") != "refuse";
}

/// Takes the event stream of /v1/scale/watch.
class Watcher final : public EventStream {
 public:
  explicit Watcher(const Context& context) : context_(context) {}

 private:
  void on_event(const std::string& name, const json& data) override {
    int code = Exit::done;
    if (name == "decision") show(context_, data, code);
    if (name == "passed_over") context_.terminal.err("Passed over: " + data.value("why", "") + "\n");
  }
  const Context& context_;
};

}  // namespace

namespace {

/// Hands a watch to the server, or takes it back.
int keep_watch(const Context& context, json request) {
  request["keep"] = context.typed.background;
  const auto answer = call(context, "POST", "/v1/scale/watch", request);
  if (!answer) return answer.error();
  const std::string pool = answer->value("scaler", "");
  if (context.typed.json)
    context.terminal.out(answer->dump(2) + "\n");
  else if (answer->value("kept", false))
    context.terminal.out("The server scales " + pool + " from now on; what it decides: drover scale explain " + pool +
                         "\n");
  else if (!answer->value("was_kept", true))
    context.terminal.out("Nothing was stopped: the server does not scale " + pool + " by itself.\n");
  else
    context.terminal.out("The server leaves " + pool + " alone from now on.\n");
  return Exit::done;
}

}  // namespace

int scale(const Context& context) {
  auto estate = estate_request(context);
  if (!estate) return complain(context, std::move(estate.error()));
  const auto& typed = context.typed;
  json request = {{"estate", *estate}, {"cloud", typed.cloud}, {"scaler", typed.scaler}, {"dry_run", typed.dry_run}};
  if (typed.command == Command::scale_watch) {
    const auto every = typed.every.empty() ? Duration{1} : parse_duration(typed.every);
    if (!every || *every <= Duration{0})
      return complain(context, Error{.code = Code::invalid_input,
                                     .message = "--every " + typed.every + " is not a duration",
                                     .hint = "say it with units: 10m, 1d"});
    if (!typed.every.empty()) request["every_s"] = to_seconds(*every);
    request["times"] = typed.times;
    if (typed.background || typed.stop) return keep_watch(context, request);
    Watcher watcher(context);
    const auto end = call(context, "POST", "/v1/scale/watch", request, &watcher);
    return end ? Exit::done : end.error();
  }
  auto answer = call(context, "POST", "/v1/scale", request);
  if (!answer) return answer.error();
  int code = Exit::done;
  const bool stands = show(context, *answer, code);
  return code != Exit::done ? code : stands ? Exit::done : Exit::failed;
}

}  // namespace drover::cli
