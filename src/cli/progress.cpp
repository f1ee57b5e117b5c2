#include "cli/progress.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/plan_text.hpp"
#include "codec/resource_json.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

}  // namespace

std::string bar(double share) {
  constexpr std::array cells = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  constexpr int width = 20;
  const int eighths = static_cast<int>(std::clamp(share, 0.0, 1.0) * width * 8);
  std::string text;
  for (int i = 0; i < eighths / 8; ++i) text += "█";
  text += cells[static_cast<std::size_t>(eighths % 8)];
  return padded(text, width);
}

std::string Progress::label_of(const std::string& key) const {
  const auto it = labels_.find(key);
  return it == labels_.end() ? key : it->second;
}

void Progress::on_content(const json& data) {
  const std::string label = padded("in " + data.value("cluster", ""), 18) + padded(data.value("object", ""), 40) + "  ";
  if (data.contains("error")) {
    const json& error = data["error"];
    print_line("  " + label + toned(context_, Tone::bad, padded("failed", 10)) + "  " + error.value("message", "") +
               (error.contains("hint") ? "; " + error["hint"].get<std::string>() : ""));
    return;
  }
  if (const std::string warning = data.value("warning", ""); !warning.empty()) {
    print_line("  " + label + toned(context_, Tone::attention, "the cluster warns: ") + printable(warning));
    return;
  }
  const std::string what = data.value("action", "");
  print_line("  " + label +
             toned(context_, Tone::good,
                   what == "add"      ? "added"
                   : what == "change" ? "changed"
                   : what == "prune"  ? "pruned"
                   : what == "adopt"  ? "found existing, use it"
                                      : "left as it is"));
}

void Progress::on_event(const std::string& name, const json& data) {
  if (data.contains("at_us")) now_ = Instant(Duration(data["at_us"].get<std::int64_t>()));
  const std::string key = data.value("key", "");
  const auto took = format_human(from_seconds(data.value("took_s", 0.0)));
  if (data.contains("object")) {
    on_content(data);
  } else if (name == "plan") {
    if (auto plan = codec::plan_from_json(data)) plan_ = std::move(*plan);
    std::size_t widest = 0;
    for (const auto& action : plan_.actions) widest = std::max(widest, action.resource.name.size());
    for (const auto& action : plan_.actions)
      labels_[action.resource.key] = padded(kind_title(action.resource.kind()), 18) +
                                     padded(action.resource.name, std::min<std::size_t>(widest, 48) + 2);
    waiting_ = plan_.actions.size();
    if (!context_.typed.json && context_.typed.yes && !plan_.is_empty())
      context_.terminal.out(format_plan(context_, plan_) + "\n");
  } else if (name == "started") {
    if (!running_.contains(key)) waiting_ -= std::min<std::size_t>(waiting_, 1);
    running_[key] = {label_of(key), data.value("action", ""), now_, from_seconds(data.value("expected_s", 0.0))};
  } else if (name == "done") {
    const bool instant = !running_.contains(key);
    if (instant) waiting_ -= std::min<std::size_t>(waiting_, 1);
    running_.erase(key);
    ++done_;
    const std::string what = data.value("action", "");
    print_line("  " + label_of(key) +
               toned(context_, Tone::good,
                     padded(what == "create"   ? "created"
                            : what == "remove" ? "deleted"
                            : what == "update" ? "changed"
                            : what == "adopt"  ? "found existing, use it"
                            : what == "forget" ? "left as it is"
                                               : "done",
                            10)) +
               (instant ? "" : "  " + took));
  } else if (name == "failed" || name == "skipped") {
    running_.erase(key);
    const json error = data.value("error", json::object());
    const bool failed = name == "failed";
    print_line("  " + label_of(key) + toned(context_, failed ? Tone::bad : Tone::attention, padded(name, 10)) +
               (failed ? "  " + took : "") + "  " + error.value("message", "") +
               (error.contains("hint") ? "; " + error["hint"].get<std::string>() : ""));
  }
  draw();
}

void Progress::print_line(const std::string& line) {
  if (context_.typed.json) return;
  erase();
  context_.terminal.out(line + "\n");
}

void Progress::erase() {
  if (drawn_lines_ == 0) return;
  context_.terminal.out("\x1b[" + std::to_string(drawn_lines_) + "A\x1b[J");
  drawn_lines_ = 0;
}

void Progress::draw() {
  if (!context_.terminal.is_live() || context_.typed.json) return;
  erase();
  constexpr std::size_t rows_max = 12;  // the rest is counted: a block that scrolls cannot redraw itself
  std::string block;
  std::size_t rows = 0;
  for (const auto& [key, row] : running_) {
    if (++rows > rows_max) break;
    const Duration gone = now_ - row.began;
    std::string line = "  " + row.label + padded(row.action, 12);
    if (row.expected > Duration{0})
      line += bar(to_seconds(gone) / to_seconds(row.expected)) + " " + format_human(gone) + " of about " +
              format_human(row.expected);
    block += line + "\n";
    ++drawn_lines_;
  }
  if (running_.size() > rows_max) {
    block += "  ... and " + std::to_string(running_.size() - rows_max) + " more under way\n";
    ++drawn_lines_;
  }
  if (waiting_ != 0 && !running_.empty()) {
    block +=
        toned(context_, Tone::faint,
              "  " + std::to_string(done_) + " done, " + std::to_string(waiting_) + " waiting for what they need") +
        "\n";
    ++drawn_lines_;
  }
  context_.terminal.out(block);
}

}  // namespace drover::cli
