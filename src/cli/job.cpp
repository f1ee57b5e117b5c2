// drover job: submit, list, show, logs, cancel, wait, why, delete.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/money.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "cli/commands.hpp"
#include "cli/event_stream.hpp"
#include "cli/progress.hpp"
#include "cli/submission.hpp"
#include "codec/tree.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

Tone tone_of(const std::string& state) {
  if (state == "completed") return Tone::good;
  if (state == "failed") return Tone::bad;
  if (state == "running" || state == "starting" || state == "stopping") return Tone::attention;
  return Tone::faint;
}

std::string path_of(const std::string& id) { return "/v1/jobs/" + segment(id); }

Instant instant(const json& job, const char* key) { return Instant(Duration(job.value(key, std::int64_t{0}))); }

int exit_of(const json& job) { return job.value("state", "") == "completed" ? Exit::done : Exit::failed; }

std::string title(const json& job) {
  const json spec = job.value("spec", json::object());
  for (const char* key : {"display_name", "name"})
    if (const std::string text = spec.value(key, ""); !text.empty()) return text;
  const std::string command = spec.value("command", "");
  return command.substr(0, command.find('\n'));
}

/// Text of others for one cell of a table: nothing in it moves a cursor, and it is at most so many columns wide.
std::string cell(std::string_view text, std::size_t columns_max) {
  const std::string safe = printable(text);
  std::size_t columns = 0, at = 0, cut = 0;
  while (at < safe.size()) {
    if (++columns == columns_max) cut = at;
    at += std::max<std::size_t>(utf8_length(std::string_view(safe).substr(at)), 1);
  }
  return columns <= columns_max ? safe : safe.substr(0, cut) + "…";
}

/// "2026-11-30 21:05", in UTC; "" before it happened.
std::string minute_text(const json& job, const char* key) {
  const Instant at(Duration(job.value(key, std::int64_t{0})));
  constexpr std::size_t to_the_minute = 16;
  return at == Instant{} ? "" : replace_all(format_iso(at).substr(0, to_the_minute), "T", " ");
}

/// What its author asked for and is not done.
void tell_notes(const Context& context, const json& notes) {
  for (const auto& note : notes) context.terminal.err("Note: " + printable(note.get<std::string>()) + "\n");
}

/// A piece of a log as it was written.
std::string log_bytes(const json& piece) {
  const std::string encoded = piece.value("base64", "");
  return encoded.empty() ? piece.value("text", "") : base64_decode(encoded).value_or(piece.value("text", ""));
}

/// Where it costs something.
std::string cost_text(const json& job) {
  const double usd = job.value("usd", 0.0);
  return usd > 0 ? " " + format_money(Money::usd(usd)) + " (estimate)" : "";
}

/// Follows a job: its log to standard output, what becomes of it to standard error; or says nothing.
class Follower final : public EventStream {
 public:
  Follower(const Context& context, bool is_quiet) : context_(context), is_quiet_(is_quiet) {}
  json end = json::object();
  std::int64_t next = -1;  ///< byte of the log that comes next; below 0: it has told none

 private:
  void on_event(const std::string& name, const json& data) override {
    if (name == "end") end = data;
    if (std::exchange(has_bar_, false)) context_.terminal.err("\r\x1b[2K");
    if (name == "transfer" && !is_quiet_ && context_.terminal.is_live()) draw_bar(data);
    if (name == "log") next = data.value("next", next);
    if (is_quiet_) return;
    if (name == "log") context_.terminal.out(log_bytes(data));
    const std::string state = data.value("state", "");
    if (name == "state" && (state == "queued" || state == "stopping"))
      context_.terminal.err(toned(context_, Tone::faint, printable(data.value("why", ""))) + "\n");
  }

  /// In the last line, which whatever comes next takes away.
  void draw_bar(const json& data) {
    const double share = data.value("done_bytes", 0.0) / std::max(data.value("total_bytes", 1.0), 1.0);
    context_.terminal.err("  " + bar(share) + " " + data.value("note", ""));
    has_bar_ = true;
  }

  const Context& context_;
  bool is_quiet_;
  bool has_bar_ = false;
};

/// Of whose log is asked, as part of a query.
std::string rank_of(const Context& context) {
  return context.typed.rank > 0 ? "&rank=" + std::to_string(context.typed.rank) : "";
}

/// The job as it is at the end, of which its log has been told from beginning to end; on again where it was when the
/// server ends and another comes.
std::expected<json, int> hear_out(const Context& context, const std::string& id, bool is_quiet) {
  const std::string rank = rank_of(context);
  constexpr Duration longest = std::chrono::hours(24 * 90);
  std::int64_t from = 0;
  while (true) {
    Follower follower(context, is_quiet);
    http::Request request{.method = "GET",
                          .url = "http://drover" + path_of(id) + "/log?from=" + std::to_string(from) + rank,
                          .headers = {{"Accept", "text/event-stream"}},
                          .body = ""};
    auto response = send(context.api, std::move(request), longest, &follower);
    if (response && response->ok()) return follower.end.empty() ? parse_json(response->body) : follower.end;
    if (response) return std::unexpected(complain_of(context, *response));
    from = std::max(from, follower.next);
    if (response.error().code != Code::unavailable || !context.reconnect || !context.reconnect())
      return std::unexpected(complain(context, std::move(response.error())));
  }
}

/// Until it is over, or the person at the terminal leaves it.
int follow(const Context& context, const std::string& id) {
  auto answer = hear_out(context, id, false);
  if (!answer) return answer.error();
  const json& end = *answer;
  const std::string state = end.value("state", "");
  const bool over = state == "completed" || state == "failed" || state == "canceled";
  if (!over) {
    const auto word = context.terminal.ask("Detach from job " + id + ", or cancel it? [detach/cancel] ");
    if (!word || !word->starts_with("c")) {
      context.terminal.err("It goes on: drover job logs -f " + id + "\n");
      return Exit::failed;
    }
    auto canceled = call(context, "POST", path_of(id) + "/cancel", {});
    if (!canceled) return canceled.error();
    context.terminal.err(canceled->value("why", "") + "\n");
    return Exit::failed;
  }
  context.terminal.err("Job " + id + ": " + toned(context, tone_of(state), printable(end.value("why", ""))) + "\n");
  return exit_of(end);
}

Result<json> job_file(const Context& context, const std::string& file) {
  DROVER_TRY(text, context.files.read(file));
  DROVER_CHECK(codec::check_text(text, std::make_shared<const std::string>(file)));
  const auto path = std::filesystem::absolute(file).lexically_normal();
  if (!is_utf8(path.string()))
    return fail(Code::invalid_input,
                printable(path.string()) + ": the name of the file or a folder above it is not UTF-8", "rename it");
  return json{{"file", file}, {"text", text}, {"folder", path.parent_path().string()}};
}

std::expected<json, int> fetch(const Context& context) { return call(context, "GET", path_of(context.typed.name), {}); }

/// As JSON where that was asked for, else in words.
int tell(const Context& context, const json& answer, const std::string& words) {
  context.terminal.out(context.typed.json ? answer.dump(2) + "\n" : words);
  return Exit::done;
}

std::string why_line(const json& job) {
  return "Job " + job.value("id", "") + ": " + printable(job.value("why", "")) + "\n";
}

int wait_for(const Context& context, const std::string& id) {
  auto job = hear_out(context, id, true);
  if (!job) return job.error();
  tell(context, *job, why_line(*job));
  return exit_of(*job);
}

/// Several files, in as few requests as a request may be long.
int submit_jobs(const Context& context) {
  constexpr std::size_t together_max = 500;  // of some kilobytes each, and a server may have 1,000
  auto body = submission(context);
  if (!body) return complain(context, std::move(body.error()));
  const auto& files = context.typed.job_files;
  json all = json::array();
  std::set<std::string> places;
  for (std::size_t from = 0; from < files.size(); from += together_max) {
    (*body)["jobs"] = json::array();
    for (std::size_t i = from; i < std::min(files.size(), from + together_max); ++i) {
      auto file = job_file(context, files[i]);
      if (!file) return complain(context, std::move(file.error()));
      (*body)["jobs"].push_back(std::move(*file));
    }
    auto answer = call(context, "POST", "/v1/jobs/batch", *body);
    if (!answer) return answer.error();
    tell_notes(context, answer->value("notes", json::array()));
    for (const auto& place : answer->value("places", json::array())) places.insert(place.get<std::string>());
    for (auto& job : (*answer)["jobs"]) {
      tell_notes(context, job.value("notes", json::array()));
      if (!context.typed.wait && !context.typed.json) context.terminal.out(why_line(job));
      all.push_back(std::move(job));
    }
  }
  if (context.typed.dry_run)
    return tell(context, {{"runs", true}, {"places", places}},
                "They can run " + printable(join({places.begin(), places.end()}, ", ")) + ".\n");
  int code = Exit::done;
  if (context.typed.wait)
    for (auto& job : all) {
      auto end = hear_out(context, job.value("id", ""), true);
      if (!end) return end.error();
      if (!context.typed.json) context.terminal.out(why_line(*end));
      code = std::max(code, exit_of(*end));
      job = std::move(*end);
    }
  if (context.typed.json) context.terminal.out(json{{"jobs", std::move(all)}}.dump(2) + "\n");
  return code;
}

}  // namespace

Result<json> job_request(const Context& context) {
  DROVER_TRY(body, submission(context));
  DROVER_TRY(file, job_file(context, context.typed.job_files.front()));
  body["job"] = std::move(file);
  return body;
}

int submit_job(const Context& context) {
  if (context.typed.job_files.size() > 1) return submit_jobs(context);
  auto body = job_request(context);
  if (!body) return complain(context, std::move(body.error()));
  auto job = call(context, "POST", "/v1/jobs", *body);
  if (!job) return job.error();
  tell_notes(context, job->value("notes", json::array()));
  if (context.typed.dry_run)
    return tell(context, *job,
                "It can run " + printable(job->value("/places/0"_json_pointer, std::string("here"))) + ".\n");
  const std::string id = job->value("id", "");
  if (const std::string chosen = job->value("chosen", ""); !chosen.empty())
    context.terminal.err("Chosen: " + chosen + ".\n");
  if (context.typed.wait) {
    context.terminal.err("Job " + id + " submitted.\n");
    return context.typed.json ? wait_for(context, id) : follow(context, id);  // a log is no JSON
  }
  return tell(context, *job, why_line(*job));
}

namespace {

std::string job_row(const Context& context, const json& job) {
  const std::string state = job.value("state", "");
  return "  " + toned(context, Tone::strong, padded(job.value("id", ""), 10)) +
         toned(context, tone_of(state), padded(state, 11)) + padded(cell(title(job), 30), 32) +
         padded(cell(job.value("target", ""), 22), 24) + padded(minute_text(job, "started_us"), 18) +
         toned(context, Tone::faint, printable(job.value("why", "")) + cost_text(job)) + "\n";
}

/// Those of one state, and of them the last ones.
void choose(json& jobs, const std::string& state, std::int64_t limit) {
  json chosen = json::array();
  for (auto& job : jobs)
    if (state.empty() || job.value("state", "") == state) chosen.push_back(std::move(job));
  if (limit > 0 && std::ssize(chosen) > limit) chosen.erase(chosen.begin(), chosen.end() - limit);
  jobs = std::move(chosen);
}

}  // namespace

int list_jobs(const Context& context) {
  auto answer = call(context, "GET", "/v1/jobs", {});
  if (!answer) return answer.error();
  const bool has_any = !(*answer)["jobs"].empty();
  choose((*answer)["jobs"], context.typed.state, context.typed.limit);
  if (context.typed.json) {
    context.terminal.out(answer->dump(2) + "\n");
    return Exit::done;
  }
  const json& list = (*answer)["jobs"];
  if (list.empty()) {
    context.terminal.out(has_any ? "No jobs are " + context.typed.state + ".\n"
                                 : "No jobs yet: drover job submit FILE\n");
    return Exit::done;
  }
  std::string text;
  // For a person; a program that reads lines has one a job.
  if (context.terminal.is_live())
    text = toned(context, Tone::faint,
                 "  " + padded("ID", 10) + padded("STATE", 11) + padded("NAME", 32) + padded("PLACE", 24) +
                     padded("STARTED (UTC)", 18) + "WHY") +
           "\n";
  for (const auto& job : list) text += job_row(context, job);
  context.terminal.out(text);
  return Exit::done;
}

int show_job(const Context& context) {
  auto job = fetch(context);
  if (!job) return job.error();
  if (context.typed.json) {
    context.terminal.out(job->dump(2) + "\n");
    return Exit::done;
  }
  std::string text = "job " + toned(context, Tone::strong, job->value("id", "")) + "\n";
  const auto add = [&](const std::string& label, const std::string& value) {
    if (!value.empty()) text += "  " + padded(label, 16) + printable(value) + "\n";
  };
  const json& spec = (*job)["spec"];
  add("name", title(*job));
  add("state", job->value("state", ""));
  add("why", job->value("why", ""));
  add("experiment", spec.value("experiment_name", ""));
  add("owner", job->value("owner", ""));
  add("compute", job->value("target", ""));
  add("submitted", format_iso(instant(*job, "submitted_us")));
  if (const Instant at = instant(*job, "started_us"); at != Instant{}) add("started", format_iso(at));
  if (const Instant at = instant(*job, "ended_us"); at != Instant{}) add("ended", format_iso(at));
  for (const auto& note : job->value("notes", json::array())) add("note", note.get<std::string>());
  if (job->contains("exit_code")) add("exit code", std::to_string(job->value("exit_code", 0)));
  if (const double usd = job->value("usd", 0.0); usd > 0)
    add("cost", format_money(Money::usd(usd)) + " (" + job->value("cost_note", "") + ")");
  else
    add("cost", (job->contains("usd") ? "nothing: " : "") + job->value("cost_note", ""));
  if (job->value("attempt", 0) > 1) add("attempts", std::to_string(job->value("attempt", 0)));
  for (const char* what : {"params", "metrics"})
    for (const auto& pair : job->value(what, json::array())) {
      const json value = pair.value("value", json());
      add(std::string(what).substr(0, std::string_view(what).size() - 1),
          pair.value("key", "") + " = " + (value.is_string() ? value.get<std::string>() : value.dump()));
    }
  add("log", job->value("log", ""));
  for (const auto& output : (*job)["outputs"])
    add("output", output.value("path", "") + "  " + std::to_string(output.value("bytes", std::int64_t{0})) + " bytes");
  context.terminal.out(text);
  return Exit::done;
}

int show_log(const Context& context) {
  if (context.typed.follow) {
    const int code = follow(context, context.typed.name);
    return code;
  }
  const std::string rank = rank_of(context);
  for (std::int64_t from = 0;;) {
    auto answer = call(context, "GET", path_of(context.typed.name) + "/log?from=" + std::to_string(from) + rank, {});
    if (!answer) return answer.error();
    const std::string bytes = log_bytes(*answer);
    if (bytes.empty()) return Exit::done;
    from = answer->value("next", std::int64_t{0});
    context.terminal.out(bytes);
  }
}

int cancel_job(const Context& context) {
  auto job = call(context, "POST", path_of(context.typed.name) + "/cancel", {});
  if (!job) return job.error();
  return tell(context, *job, why_line(*job));
}

int wait_for_job(const Context& context) { return wait_for(context, context.typed.name); }

int explain_job(const Context& context) {
  auto job = fetch(context);
  if (!job) return job.error();
  return tell(context, *job, printable(job->value("why", "")) + "\n");
}

int delete_job(const Context& context) {
  auto answer = call(context, "DELETE", path_of(context.typed.name), {});
  if (!answer) return answer.error();
  return tell(context, *answer, "Forgotten, with its log and outputs.\n");
}

int prune_jobs(const Context& context) {
  const auto older = parse_duration(context.typed.older);
  if (!older)
    return complain(context, Error{.code = Code::invalid_input,
                                   .message = "--older " + printable(context.typed.older) + " is no duration",
                                   .hint = "such as 30d, 12h, 1h30m"});
  auto answer =
      call(context, "POST", "/v1/jobs/prune", {{"older_s", to_seconds(*older)}, {"dry_run", context.typed.dry_run}});
  if (!answer) return answer.error();
  const json& ids = (*answer)["jobs"];
  std::string words;
  for (const auto& id : ids) words += "  " + id.get<std::string>() + "\n";
  words += (context.typed.dry_run ? "Would forget " : "Forgot ") + std::to_string(ids.size()) +
           (ids.size() == 1 ? " job" : " jobs") + ", with logs and outputs.\n";
  return tell(context, *answer, words);
}

int download_job(const Context& context) {
  std::string to = context.typed.out;
  if (to.empty()) {
    auto job = fetch(context);
    if (!job) return job.error();
    const std::string name = (*job)["spec"].value("name", "");
    to = (name.empty() ? job->value("id", "") : name) + "-outputs";
  }
  auto job = call(context, "POST", path_of(context.typed.name) + "/download",
                  {{"to", std::filesystem::absolute(to).lexically_normal().string()}});
  if (!job) return job.error();
  for (const auto& left : job->value("left_out", json::array()))
    context.terminal.err("Left out, since it cannot be copied: " + printable(left.get<std::string>()) + "\n");
  return tell(context, *job, "Copied " + std::to_string(job->value("files", 0)) + " files to " + printable(to) + "\n");
}

}  // namespace drover::cli
