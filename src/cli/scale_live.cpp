#include "cli/scale_live.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

constexpr std::size_t label_width = 12;

std::string line(const std::string& label, const std::string& text) { return padded(label, label_width) + text + "\n"; }

std::string nodes(int count) { return std::to_string(count) + (count == 1 ? " node" : " nodes"); }

std::string number(double value) { return format_fixed(value, value < 100 && value != std::round(value) ? 1 : 0); }

/// "2026-11-22T16:20:00Z" as people read it.
std::string time_text(const std::string& iso) { return iso.substr(0, 10) + " " + iso.substr(11, 8) + " UTC"; }

std::string pool_line(const json& turn) {
  std::string text = nodes(turn.value("asked", 0));
  if (turn.contains("ready")) text += ", " + std::to_string(turn.value("ready", 0)) + " ready";
  if (turn.value("leaving", 0) > 0) text += ", " + std::to_string(turn.value("leaving", 0)) + " leaving";
  return text + "; " + turn.value("lead_words", "");
}

std::string load_line(const json& turn) {
  if (!turn.contains("load")) return "not known";
  std::string text = number(turn.value("load", 0.0));
  if (const double each = turn.value("per_node", 0.0); each > 0) text += ", and a node carries " + number(each);
  return turn.contains("load_of") ? text + "   (" + turn.value("load_of", "") + ")" : text;
}

/// " = 1,234 USD against 1,300 USD", by the price table; "" without a price.
std::string cost_words(const json& turn) {
  const double price = turn.value("usd_per_node_hour", 0.0);
  if (price <= 0) return "";
  const auto usd = [&](const char* side) {
    return format_count(std::llround(turn["trial"][side].value("node_hours", 0.0) * price)) + " USD";
  };
  return "; " + usd("portfolio") + " against " + usd("reactive");
}

std::string decision_line(const Context& context, const json& decision) {
  const int from = decision.value("from", 0), to = decision.value("to", 0);
  const std::string count = from == to ? nodes(from) : std::to_string(from) + " -> " + nodes(to);
  return toned(context, Tone::strong, count);
}

/// Nothing that anybody would want to read.
bool is_quiet(const json& turn) {
  const json& decision = turn["decision"];
  return decision.value("from", 0) == decision.value("to", 0) && turn["done"].empty() && turn["notes"].empty() &&
         turn["alerts"].empty();
}

/// What was begun, or why nothing was.
std::string doing(const Context& context, const json& turn) {
  std::string text;
  for (const auto& done : turn["done"]) text += line("Done", done.get<std::string>());
  const auto& decision = turn["decision"];
  const bool changes = decision.value("from", 0) != decision.value("to", 0);
  if (turn.contains("nodes_after"))
    text += line("", "the pool has " + nodes(turn.value("nodes_after", 0)) + ", " +
                         format_human(from_seconds(turn.value("took_s", 0.0))) + " after the call");
  if (turn.value("dry_run", false))
    text += line("", "Not done (dry run).");
  else if (!turn.value("acts", false))
    text += line("Observing", turn.value("observes_because", "") + (changes ? "; nothing was changed" : ""));
  else if (!changes && turn["done"].empty())
    text += line("", toned(context, Tone::faint, "Nothing to change."));
  return text;
}

}  // namespace

std::string format_turn(const Context& context, const json& turn) {
  const json& decision = turn["decision"];
  std::string text = line("Pool", pool_line(turn));
  if (turn.contains("load_of") || turn.contains("load")) text += line("Load", load_line(turn));
  text += line("Decision", decision_line(context, decision) + "   " + decision.value("sentence", ""));
  if (turn.contains("trial")) {
    const json& trial = turn["trial"];
    const bool won = trial.value("won", false);
    text += line("Trial", toned(context, won ? Tone::good : Tone::bad, won ? "won" : "lost") + ": " +
                              trial.value("words", "") + cost_words(turn));
  }
  for (const auto& note : turn["notes"]) text += line("Note", note.get<std::string>());
  for (const auto& alert : turn["alerts"])
    text += line(toned(context, Tone::attention, padded("Alert", label_width)), alert.get<std::string>());
  return text + doing(context, turn);
}

void show_turn(const Context& context, const json& turn) {
  if (context.typed.json) return context.terminal.out(turn.dump(2) + "\n");
  if (context.typed.command != Command::scale_watch) return context.terminal.out(format_turn(context, turn));
  const std::string at = toned(context, Tone::faint, time_text(turn.value("at", "")));
  if (is_quiet(turn))
    context.terminal.out(at + "   " + nodes(turn.value("asked", 0)) +
                         (turn.contains("load") ? ", load " + number(turn.value("load", 0.0)) : "") + "\n");
  else
    context.terminal.out(at + "\n" + format_turn(context, turn));
}

int set_hand(const Context& context) {
  auto estate = estate_request(context);
  if (!estate) return complain(context, std::move(estate.error()));
  const auto& typed = context.typed;
  const auto& words = typed.hand;
  json request = {{"estate", *estate}, {"cloud", typed.cloud}, {"scaler", typed.scaler}};
  if (typed.command == Command::scale_resume) {
    request["release"] = true;
  } else {
    request["reason"] = words.reason;
    request["by"] = context.environment("USER").value_or("somebody");
    if (typed.command == Command::scale_pause)
      request["pause"] = true;
    else
      request["nodes"] = words.nodes;
    if (!words.until.empty()) request["until"] = words.until;
    if (!words.length.empty()) {
      const auto length = parse_duration(words.length);
      if (!length || *length <= Duration{0})
        return complain(context, Error{.code = Code::invalid_input,
                                       .message = "--for " + words.length + " is not a duration",
                                       .hint = "say it with units: 90m, 8h, 2d"});
      request["for_s"] = to_seconds(*length);
    }
  }
  const auto answer = call(context, "POST", "/v1/scale/hand", request);
  if (!answer) return answer.error();
  if (typed.json) {
    context.terminal.out(answer->dump(2) + "\n");
    return Exit::done;
  }
  const std::string pool = answer->value("scaler", "");
  if (typed.command == Command::scale_resume)
    context.terminal.out(answer->value("released", false)
                             ? pool + " follows its load again.\n"
                             : "Nothing was taken back: " + pool + " is neither pinned nor paused.\n");
  else
    context.terminal.out(
        pool +
        (answer->value("paused", false) ? " stays as it is" : " is pinned to " + nodes(answer->value("nodes", 0))) +
        " until " + time_text(answer->value("until", "")) + ". Take it back: drover scale resume " + pool + "\n");
  for (const auto& note : answer->value("notes", json::array()))
    context.terminal.out("But " + note.get<std::string>() + ".\n");
  return Exit::done;
}

int explain_scaling(const Context& context) {
  auto estate = estate_request(context);
  if (!estate) return complain(context, std::move(estate.error()));
  const auto& typed = context.typed;
  json request = {{"estate", *estate}, {"cloud", typed.cloud}, {"scaler", typed.scaler}, {"count", typed.hand.last}};
  if (!typed.hand.at.empty()) request["at"] = typed.hand.at;
  const auto answer = call(context, "POST", "/v1/scale/explain", request);
  if (!answer) return answer.error();
  if (typed.json) {
    context.terminal.out(answer->dump(2) + "\n");
    return Exit::done;
  }
  const json& decisions = (*answer)["decisions"];
  if (decisions.empty()) context.terminal.out("Nothing was decided about " + answer->value("scaler", "") + " yet.\n");
  for (const auto& turn : decisions) {
    context.terminal.out(toned(context, Tone::faint, time_text(turn.value("at", ""))) + "\n" +
                         format_turn(context, turn));
    for (const auto& wish : turn["decision"]["wishes"]) {
      std::string wanted = wish.contains("at_least") ? "at least " + std::to_string(wish.value("at_least", 0)) : "";
      if (wish.contains("at_most"))
        wanted += (wanted.empty() ? "" : ", ") + ("at most " + std::to_string(wish.value("at_most", 0)));
      if (wish.contains("keep"))
        wanted += (wanted.empty() ? "" : ", ") + ("may keep " + std::to_string(wish.value("keep", 0)));
      context.terminal.out(
          line("Wish", padded(wish.value("source", ""), 12) + padded(wanted, 30) + wish.value("reason", "")));
    }
  }
  return Exit::done;
}

}  // namespace drover::cli
