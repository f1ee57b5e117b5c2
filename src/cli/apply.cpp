#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/plan_text.hpp"
#include "cli/progress.hpp"
#include "codec/resource_json.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

bool agrees(const Context& context, const std::string& question) {
  const auto answer = context.terminal.ask(question);
  return answer && (*answer == "yes" || *answer == "y");
}

/// Says how much is deleted, if anything is: the last line before it happens.
std::string question_of(const planning::Plan& plan) {
  const std::size_t gone = plan.count(planning::ActionKind::remove) + plan.count(planning::ActionKind::replace);
  if (gone == 0) return "Do this? [yes/no] ";
  std::string what = plan.destroys ? "Delete " : "Do this, and delete ";
  what += gone == 1 ? "1 resource" : std::to_string(gone) + " resources";
  if (const auto along = plan.along_count(); along != 0)
    what += " and " + std::to_string(along) + " more that go with them";
  return what + "? [yes/no] ";
}

/// The saved plan in the file that was named, if it is one.
Result<json> read_saved(const Context& context) {
  DROVER_TRY(text, context.files.read(context.typed.saved_plan));
  if (!text.starts_with("{")) return json();
  json saved = parse_json(text);
  if (!saved.is_object() || !saved.contains("plan") || !saved.contains("estate"))
    return fail(Code::invalid_input,
                context.typed.saved_plan + " is neither an estate nor a plan kept with plan --out");
  if (auto plan = codec::plan_from_json(saved["plan"]); !plan)
    return fail(Code::invalid_input, context.typed.saved_plan + ": " + plan.error().message, plan.error().hint);
  return saved;
}

int report(const Context& context, const json& ended, const planning::Plan& plan) {
  if (context.typed.json) {
    context.terminal.out(ended.dump(2) + "\n");
    return ended.value("ok", false) ? Exit::done : Exit::failed;
  }
  const auto took = format_human(from_seconds(ended.value("took_s", 0.0)));
  const std::size_t done = ended.value("done", std::size_t{0});
  const std::size_t failed = ended.value("failed", json::array()).size();
  const std::size_t skipped = ended.value("skipped", json::array()).size();
  if (done + failed + skipped == 0) {
    context.terminal.out("Nothing to do: " + std::to_string(plan.unchanged) + " as wanted.\n");
    return Exit::done;
  }
  std::string text = "\n" + std::to_string(done) + " done in " + took;
  if (plan.critical_path_length > Duration{0})
    text += " (critical path about " + format_human(plan.critical_path_length) + ")";
  if (failed != 0) text += ", " + toned(context, Tone::bad, std::to_string(failed) + " failed");
  if (skipped != 0) text += ", " + std::to_string(skipped) + " not begun";
  text += ".\n";
  if (ended.value("stopped", false))
    text += "Stopped on request. Run the same command again: it goes on from here.\n";
  else if (failed != 0)
    text += "Nothing is lost: mend what failed and run the same command again; what is done stays done.\n";
  context.terminal.out(text);
  return ended.value("ok", false) ? Exit::done : Exit::failed;
}

}  // namespace

int apply(const Context& given) {
  Invocation typed = given.typed;
  const bool destroys = typed.command == Command::destroy;
  json request = {{"cloud", typed.cloud}, {"only", typed.only},  {"except", typed.except},
                  {"also", typed.also},   {"destroy", destroys}, {"force_conflicts", typed.force_conflicts}};
  if (!typed.saved_plan.empty()) {
    auto saved = read_saved(given);
    if (!saved) return complain(given, std::move(saved.error()));
    if (saved->is_object()) {
      request["plan"] = (*saved)["plan"];
      request["estate"] = (*saved)["estate"];
      request["cloud"] = request["plan"].value("cloud", "");
      typed.yes = true;  // it was read when it was made
    } else {
      typed.estate = typed.saved_plan;
    }
  }
  const Context context{typed, given.api, given.terminal, given.files, given.environment};
  if (!request.contains("estate")) {
    auto estate = estate_request(context);
    if (!estate) return complain(context, std::move(estate.error()));
    request["estate"] = std::move(*estate);
  }
  if (!typed.yes) {
    auto answer = call(context, "POST", "/v1/plan", request);
    if (!answer) return answer.error();
    auto plan = codec::plan_from_json(*answer);
    if (!plan) return complain(context, std::move(plan.error()));
    context.terminal.out(format_plan(context, *plan));
    if (plan->is_empty()) return Exit::done;
    if (plan->is_refused()) return Exit::failed;
    if (!agrees(context, question_of(*plan))) {
      context.terminal.out("Nothing was done. (--yes does not ask.)\n");
      return Exit::failed;
    }
    request["plan"] = std::move(*answer);  // exactly what was shown, or nothing
  }
  Progress progress(context);
  auto ended = call(context, "POST", "/v1/apply", request, &progress);
  if (!ended) return ended.error();
  return report(context, *ended, progress.plan());
}

}  // namespace drover::cli
