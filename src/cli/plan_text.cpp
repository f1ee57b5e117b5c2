#include "cli/plan_text.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/catalog.hpp"

namespace drover::cli {
namespace {

using planning::Action;
using planning::ActionKind;
using planning::Plan;

constexpr double hours_a_month = 730;  // as Azure's price calculator has it

char sign_of(ActionKind kind) {
  switch (kind) {
    case ActionKind::create:
      return '+';
    case ActionKind::adopt:
      return '=';
    case ActionKind::update:
      return '~';
    case ActionKind::replace:
      return '!';
    case ActionKind::settle:
      return '.';
    case ActionKind::remove:
      return '-';
    case ActionKind::forget:
      return ' ';
  }
  return ' ';
}

Tone tone_of(ActionKind kind) {
  switch (kind) {
    case ActionKind::create:
      return Tone::good;
    case ActionKind::remove:
    case ActionKind::replace:
      return Tone::bad;
    case ActionKind::update:
      return Tone::attention;
    default:
      return Tone::faint;
  }
}

std::string summary(const Resource& resource) {
  return std::visit([](const auto& spec) { return spec.summary(); }, resource.spec);
}

std::string about(Duration duration) {
  if (duration < std::chrono::seconds(60)) return "about " + format_fixed(to_seconds(duration), 0) + " s";
  return "about " + format_fixed(to_seconds(duration) / 60, 0) + " min";
}

/// Widths of the columns that depend on what is shown.
struct Widths {
  std::size_t name = 0, summary = 0;
};

Widths widths_of(const Plan& plan) {
  constexpr std::size_t name_max = 50;  // longer ones push their own line to the right, and no other
  Widths widths;
  for (const auto& action : plan.actions) {
    widths.name = std::max(widths.name, action.resource.name.size() + 2);
    widths.summary = std::max(widths.summary, summary(action.resource).size() + 2);
  }
  widths.name = std::min(widths.name, name_max);
  return widths;
}

std::string line_of(const Context& context, const Action& action, const Widths& widths) {
  std::string line = "  " + toned(context, tone_of(action.kind), std::string(1, sign_of(action.kind))) + " ";
  line += padded(kind_title(action.resource.kind()), 18) + padded(action.resource.name, widths.name) +
          padded(summary(action.resource), widths.summary);
  std::string tail;
  const Money change = action.per_hour - action.per_hour_before;
  if (change.micro_usd != 0)
    tail = padded((action.kind == ActionKind::create ? ""
                   : change.micro_usd > 0            ? "+"
                                                     : "") +
                      format_money(change) + "/h",
                  16);
  else
    tail = padded("", 16);
  if (action.expected >= std::chrono::seconds(30)) tail += about(action.expected);
  line += tail;
  std::vector<std::string> clauses;
  if (action.kind != ActionKind::create || action.reason != planning::not_there_yet) clauses.push_back(action.reason);
  if (!action.comes_with.empty() && action.kind == ActionKind::create) clauses.emplace_back("comes with its cluster");
  if (!clauses.empty()) line += (tail.ends_with(' ') ? "" : "  ") + join(clauses, ", ");
  while (line.ends_with(' ')) line.pop_back();
  line += "\n";
  constexpr std::size_t along_max = 20;  // -o json has them all
  for (std::size_t i = 0; i < std::min(action.along.size(), along_max); ++i)
    line += "        with it goes " + action.along[i].name + "\n";
  if (action.along.size() > along_max)
    line += "        and " + std::to_string(action.along.size() - along_max) + " more (-o json shows all)\n";
  for (const auto& change_of : action.changes)
    line += "        " + change_of.field + ": " + change_of.before + " -> " + change_of.after +
            (change_of.how == Change::replace ? "   (only by replacing it)" : "") + "\n";
  return line;
}

char sign_of(planning::ContentKind kind) {
  switch (kind) {
    case planning::ContentKind::add:
      return '+';
    case planning::ContentKind::adopt:
      return '=';
    case planning::ContentKind::change:
      return '~';
    case planning::ContentKind::prune:
      return '-';
    case planning::ContentKind::forget:
      return ' ';
  }
  return ' ';
}

Tone tone_of(planning::ContentKind kind) {
  switch (kind) {
    case planning::ContentKind::add:
      return Tone::good;
    case planning::ContentKind::change:
      return Tone::attention;
    case planning::ContentKind::prune:
      return Tone::bad;
    default:
      return Tone::faint;
  }
}

std::string contents_summary(const planning::ContentsPlan& plan) {
  using planning::ContentKind;
  std::vector<std::string> counts;
  for (const auto& [kind, words] : {std::pair(ContentKind::add, " to add"),
                                    {ContentKind::change, " to change"},
                                    {ContentKind::prune, " to prune"},
                                    {ContentKind::adopt, " found existing"},
                                    {ContentKind::forget, " left as they are"}})
    if (const auto count = plan.count(kind); count != 0) counts.push_back(std::to_string(count) + words);
  if (!plan.refusals.empty()) counts.push_back(std::to_string(plan.refusals.size()) + " refused");
  if (plan.unchanged != 0) counts.push_back(std::to_string(plan.unchanged) + " as wanted");
  return join(counts, ", ");
}

/// What would become of one cluster's contents.
std::string contents_text(const Context& context, const planning::ContentsPlan& plan) {
  std::string text = "  contents of " + plan.name + ": " + contents_summary(plan) +
                     (plan.later.empty() ? "" : ", " + plan.later) + "\n";
  constexpr std::size_t lines_max = 100;  // as with resources: -o json has them all
  std::size_t shown = 0;
  for (const auto& action : plan.actions) {
    if (++shown > lines_max)
      return text + "    ... and " + std::to_string(plan.actions.size() - lines_max) + " more (-o json shows all)\n";
    std::string line = "    " + toned(context, tone_of(action.kind), std::string(1, sign_of(action.kind))) + " " +
                       padded(planning::format_manifest(action.name), 40);
    if (!action.reason.empty()) line += "  " + action.reason;
    if (!action.fields.empty()) line += (action.reason.empty() ? "  " : ", ") + join(action.fields, ", ");
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  for (const auto& refusal : plan.refusals) {
    const std::string place = format_span(refusal.where);
    text += "    " + toned(context, Tone::bad, "x") + " " + (place.empty() ? "" : place + ": ") +
            planning::format_manifest(refusal.name) + ": refused: " + refusal.reason +
            (refusal.hint.empty() ? "" : "; " + refusal.hint) + "\n";
  }
  for (const auto& warning : plan.warnings)
    text += "    " + toned(context, Tone::attention, "!") + " " + planning::format_manifest(warning.name) +
            ": the cluster warns: " + printable(warning.text) + "\n";
  return text;
}

std::string summary(const Plan& plan) {
  const auto made = plan.count(ActionKind::create);
  const auto changed = plan.count(ActionKind::update) + plan.count(ActionKind::settle);
  const auto replaced = plan.count(ActionKind::replace);
  const auto gone = plan.count(ActionKind::remove);
  std::string text = std::to_string(made) + " to create, " + std::to_string(changed) + " to change, " +
                     std::to_string(gone) + " to delete";
  if (const auto along = plan.along_count()) text += " (" + std::to_string(along) + " more go with them)";
  if (replaced != 0) text += ", " + std::to_string(replaced) + " to replace";
  if (const auto adopted = plan.count(ActionKind::adopt)) text += ", " + std::to_string(adopted) + " found existing";
  if (const auto left = plan.count(ActionKind::forget)) text += ", " + std::to_string(left) + " left as they are";
  return text;
}

/// What Drover did not make and that lies in what it manages: it costs too.
std::string unmanaged_text(const Plan& plan) {
  if (plan.unmanaged.empty()) return "";
  std::vector<std::string> names;
  for (const auto& one : plan.unmanaged) names.push_back(one.name);
  constexpr std::size_t names_max = 10;
  if (names.size() > names_max) {
    const std::size_t more = names.size() - names_max;
    names.resize(names_max);
    names.push_back(std::to_string(more) + " more");
  }
  const Money cost = plan.unmanaged_per_hour();
  return "Not made by Drover, and left alone: " + join(names, ", ") +
         (cost.micro_usd != 0 ? " (" + format_money(cost) + "/h)" : "") + ".\n";
}

std::string path_text(const Plan& plan) {
  std::vector<std::string> kinds;
  for (const auto& key : plan.critical_path) {
    const auto it = std::ranges::find_if(plan.actions, [&](const Action& a) { return a.resource.key == key; });
    if (it != plan.actions.end()) kinds.emplace_back(kind_title(it->resource.kind()));
  }
  return join(kinds, ", ");
}

}  // namespace

std::string format_plan(const Context& context, const Plan& plan) {
  const std::string where = plan.cloud == "local" ? "the local cloud" : "Azure";
  std::string text = "Estate " + toned(context, Tone::strong, plan.estate) + " on " + where + ": ";
  if (plan.is_empty())
    return text + "nothing to do, " + std::to_string(plan.unchanged) + " as wanted.\n" + unmanaged_text(plan);
  text += summary(plan) + "\n\n";
  constexpr std::size_t lines_max = 200;  // a screen or five; -o json has them all
  std::size_t shown = 0;
  const Widths widths = widths_of(plan);
  for (const auto& action : plan.actions) {
    if (++shown > lines_max) {
      text += "  ... and " + std::to_string(plan.actions.size() - lines_max) + " more (-o json shows all)\n";
      break;
    }
    text += line_of(context, action, widths);
  }
  for (const auto& refusal : plan.refusals)
    text += "  " + toned(context, Tone::bad, "x") + " " + refusal.key + ": refused: " + refusal.reason +
            (refusal.hint.empty() ? "" : "; " + refusal.hint) + "\n";
  for (const auto& contents : plan.contents) text += contents_text(context, contents);
  text += "\n" + unmanaged_text(plan);
  if (!plan.destroys)  // how names were derived is no news to what goes
    for (const auto& note : plan.notes) text += "Note: " + note + ".\n";
  Money change;
  for (const auto& action : plan.actions) change += action.per_hour - action.per_hour_before;
  if (!plan.destroys) {
    text += "Cost " + format_money(plan.per_hour) + "/h (" + format_money(plan.per_hour * hours_a_month) + "/month)";
    if (change.micro_usd != 0 && change != plan.per_hour)
      text += ", " + std::string(change.micro_usd > 0 ? "+" : "") + format_money(change) + "/h by this plan";
    text += ". ";
  } else if (change.micro_usd < 0) {
    text += "Saves " + format_money(Money{-change.micro_usd}) + "/h. ";
  }
  if (plan.critical_path_length > Duration{0})
    text += "Critical path: " + path_text(plan) + " (" + about(plan.critical_path_length) + ").";
  while (text.ends_with(' ')) text.pop_back();
  return text + "\n";
}

}  // namespace drover::cli
