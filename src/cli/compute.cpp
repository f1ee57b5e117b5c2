// drover compute advise, drover verify: where jobs can run, and whether they do.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "cli/event_stream.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

std::string span_of(double seconds) { return format_human(from_seconds(seconds)); }

std::string money(const json& row) {
  if (const double standing = row.value("usd_standing_per_hour", 0.0); standing > 0)
    return "0 (stands for " + format_fixed(standing, 2) + "/h)";
  const double usd = row.value("usd", 0.0);
  if (usd == 0) return "0";
  return usd < 0.01 ? "under 0.01" : format_fixed(usd, 2);
}

std::string start_of(const json& row) {
  return span_of(row.value("start_p50_s", 0.0)) + " (" + span_of(row.value("start_p90_s", 0.0)) + ")";
}

std::string finish_of(const json& row) {
  if (!row.contains("run_s")) return "-";
  return span_of(row.value("start_p50_s", 0.0) + row.value("run_s", 0.0));
}

std::string basis_of(const json& row) {
  std::string text = row.value("start_basis", "") == "measured"
                         ? "starts of " + std::to_string(row.value("start_runs", 0)) + " jobs here"
                         : "table";
  if (!row.contains("run_s")) return text + "; it never ran";
  return text + (row.value("run_is_from_elsewhere", false) ? "; ran elsewhere" : "; ran here");
}

/// How long a column must be for all its cells and its head.
std::size_t width_of(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
  constexpr std::size_t gap = 2;
  std::size_t width = 0;
  for (const auto& row : rows)
    if (row.size() > column) width = std::max(width, row[column].size() + gap);
  return width;
}

void print(const Context& context, const std::vector<std::vector<std::string>>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string line = "  ";
    for (std::size_t column = 0; column < rows[i].size(); ++column)
      line += column + 1 == rows[i].size() ? rows[i][column] : padded(rows[i][column], width_of(rows, column));
    context.terminal.out(toned(context, i == 0 ? Tone::faint : Tone::plain, line) + "\n");
  }
}

/// Says how each place did, as soon as it has.
class Verdicts final : public EventStream {
 public:
  explicit Verdicts(const Context& context) : context_(context) {}
  json end = json::object();

 private:
  void on_event(const std::string& name, const json& data) override {
    if (name == "end") end = data;
    if (name != "place" || context_.typed.json) return;
    const bool ok = data.value("ok", false);
    std::string line = "  " + toned(context_, ok ? Tone::good : Tone::bad, padded(ok ? "ok" : "failed", 8)) +
                       padded(data.value("name", ""), 24);
    if (data.contains("start_s")) line += padded("started after " + span_of(data.value("start_s", 0.0)), 26);
    if (!ok) line += data.value("why", "");
    context_.terminal.out(line + "\n");
  }

  const Context& context_;
};

}  // namespace

int advise_compute(const Context& context) {
  auto body = job_request(context);
  if (!body) return complain(context, std::move(body.error()));
  auto advice = call(context, "POST", "/v1/jobs/advice", *body);
  if (!advice) return advice.error();
  const bool can = !advice->value("best", "").empty();
  if (context.typed.json) {
    context.terminal.out(advice->dump(2) + "\n");
    return can ? Exit::done : Exit::failed;
  }
  std::vector<std::vector<std::string>> rows = {{"compute", "nodes", "starts (p90)", "ends", "USD", "known from"}};
  std::string cannot, notes;
  for (const auto& place : (*advice)["places"]) {
    const std::string name = place.value("name", "");
    if (place["lacks"].empty()) {
      rows.push_back(
          {name, place.value("nodes", ""), start_of(place), finish_of(place), money(place), basis_of(place)});
      for (const auto& note : place["notes"])
        notes += "  " + toned(context, Tone::faint, padded(name, 22) + note.get<std::string>()) + "\n";
      continue;
    }
    std::vector<std::string> lacks = place["lacks"];
    cannot += "  " + toned(context, Tone::bad, padded(name, 22)) + "cannot: " + join(lacks, "; ") + "\n";
  }
  if (rows.size() > 1) print(context, rows);
  context.terminal.out(cannot + notes);
  context.terminal.out((can ? "Best: " : "Nowhere: ") + advice->value("because", "") + ".\n");
  if (const json& past = (*advice)["past"]; past.value("runs", 0) > 0)
    context.terminal.out("Advice for " + std::to_string(past.value("runs", 0)) +
                         (past.value("runs", 0) == 1 ? " earlier job" : " earlier jobs") + " was off by " +
                         format_fixed(100 * past.value("start_error", 0.0), 0) + " % for the start and " +
                         format_fixed(100 * past.value("run_error", 0.0), 0) + " % for the duration (medians).\n");
  return can ? Exit::done : Exit::failed;
}

int verify(const Context& context) {
  auto estate = estate_request(context);
  if (!estate) return complain(context, std::move(estate.error()));
  const std::string environment = context.typed.job_environment.empty() ? "host" : context.typed.job_environment;
  const json body = {{"estate", std::move(*estate)},         {"cloud", context.typed.cloud},
                     {"environment", environment},           {"confined", !context.typed.unconfined},
                     {"timeout_s", context.typed.timeout_s}, {"owner", context.environment("USER").value_or("")}};
  Verdicts verdicts(context);
  auto answer = call(context, "POST", "/v1/verify", body, &verdicts);
  if (!answer) return answer.error();
  const json& end = verdicts.end.empty() ? *answer : verdicts.end;
  if (context.typed.json) context.terminal.out(end.dump(2) + "\n");
  return end.value("ok", false) ? Exit::done : Exit::failed;
}

}  // namespace drover::cli
