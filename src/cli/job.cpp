// drover job: submit, list, show, logs, cancel, wait, why, delete.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/event_stream.hpp"
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
  std::string command = spec.value("command", "");
  constexpr std::size_t shown = 40;
  command = command.substr(0, command.find('\n'));
  return command.size() <= shown ? command : command.substr(0, shown - 1) + "…";
}

/// Follows a job: its log to standard output, what becomes of it to standard error.
class Follower final : public EventStream {
 public:
  explicit Follower(const Context& context) : context_(context) {}
  json end = json::object();

 private:
  void on_event(const std::string& name, const json& data) override {
    if (name == "log") context_.terminal.out(data.value("text", ""));
    if (name == "end") end = data;
    const std::string state = data.value("state", "");
    if (name == "state" && (state == "queued" || state == "stopping"))
      context_.terminal.err(toned(context_, Tone::faint, data.value("why", "")) + "\n");
  }

  const Context& context_;
};

/// Until it is over, or the person at the terminal leaves it.
int follow(const Context& context, const std::string& id) {
  Follower follower(context);
  auto answer = call(context, "GET", path_of(id) + "/log", {}, &follower);
  if (!answer) return answer.error();
  const json& end = follower.end.empty() ? *answer : follower.end;
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
  context.terminal.err("Job " + id + ": " + toned(context, tone_of(state), end.value("why", "")) + "\n");
  return exit_of(end);
}

std::expected<json, int> fetch(const Context& context) { return call(context, "GET", path_of(context.typed.name), {}); }

}  // namespace

Result<json> job_request(const Context& context) {
  const auto& typed = context.typed;
  DROVER_TRY(text, context.files.read(typed.job_file));
  DROVER_CHECK(codec::check_text(text, std::make_shared<const std::string>(typed.job_file)));
  const auto path = std::filesystem::absolute(typed.job_file).lexically_normal();
  json body = {{"job", {{"file", typed.job_file}, {"text", text}, {"folder", path.parent_path().string()}}},
               {"environment", typed.job_environment},
               {"priority", typed.priority},
               {"confined", !typed.unconfined},
               {"dry_run", typed.dry_run},
               {"kubeconfig", context.environment("KUBECONFIG").value_or("")},
               {"owner", context.environment("USER").value_or("")}};
  // Its estate, if there is one: compute: may name what is in it.
  if (!context.typed.estate.empty() || context.files.exists("estate.yaml")) {
    DROVER_TRY(estate, estate_request(context));
    body["estate"] = std::move(estate);
    body["cloud"] = context.typed.cloud;
  }
  body["set"] = json::object();
  for (const auto& setting : typed.settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos)
      return fail(Code::invalid_input, "--set " + printable(setting) + ": no value", "--set inputs.data.path=FILE");
    const std::string key = setting.substr(0, equals);
    std::string value = setting.substr(equals + 1);
    // A file is named from where the person stands, not from where the job file lies.
    if (key.ends_with(".path") && value.find(':') == std::string::npos)
      value = std::filesystem::absolute(value).lexically_normal().string();
    body["set"][key] = std::move(value);
  }
  return body;
}

int submit_job(const Context& context) {
  auto body = job_request(context);
  if (!body) return complain(context, std::move(body.error()));
  auto job = call(context, "POST", "/v1/jobs", *body);
  if (!job) return job.error();
  if (context.typed.dry_run) {
    context.terminal.out("It can run here.\n");
    return Exit::done;
  }
  const std::string id = job->value("id", "");
  if (const std::string chosen = job->value("chosen", ""); !chosen.empty())
    context.terminal.err("Chosen: " + chosen + ".\n");
  if (context.typed.wait) {
    context.terminal.err("Job " + id + " submitted.\n");
    return follow(context, id);
  }
  if (context.typed.json)
    context.terminal.out(job->dump(2) + "\n");
  else
    context.terminal.out("Job " + id + ": " + job->value("why", "") + "\n");
  return Exit::done;
}

int list_jobs(const Context& context) {
  auto answer = call(context, "GET", "/v1/jobs", {});
  if (!answer) return answer.error();
  if (context.typed.json) {
    context.terminal.out(answer->dump(2) + "\n");
    return Exit::done;
  }
  const json& list = (*answer)["jobs"];
  if (list.empty()) {
    context.terminal.out("No jobs yet: drover job submit FILE\n");
    return Exit::done;
  }
  std::string text;
  for (const auto& job : list) {
    const std::string state = job.value("state", "");
    text += "  " + toned(context, Tone::strong, padded(job.value("id", ""), 10)) +
            toned(context, tone_of(state), padded(state, 11)) + padded(title(job), 42) +
            toned(context, Tone::faint, job.value("why", "")) + "\n";
  }
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
    if (!value.empty()) text += "  " + padded(label, 16) + value + "\n";
  };
  const json& spec = (*job)["spec"];
  add("name", title(*job));
  add("state", job->value("state", ""));
  add("why", job->value("why", ""));
  add("experiment", spec.value("experiment_name", ""));
  add("owner", job->value("owner", ""));
  add("submitted", format_iso(instant(*job, "submitted_us")));
  if (job->contains("exit_code")) add("exit code", std::to_string(job->value("exit_code", 0)));
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
  for (std::int64_t from = 0;;) {
    auto answer = call(context, "GET", path_of(context.typed.name) + "/log?from=" + std::to_string(from), {});
    if (!answer) return answer.error();
    const std::string text = answer->value("text", "");
    if (text.empty()) return Exit::done;
    from = answer->value("next", std::int64_t{0});
    context.terminal.out(text);
  }
}

int cancel_job(const Context& context) {
  auto job = call(context, "POST", path_of(context.typed.name) + "/cancel", {});
  if (!job) return job.error();
  context.terminal.out("Job " + job->value("id", "") + ": " + job->value("why", "") + "\n");
  return Exit::done;
}

int wait_for_job(const Context& context) {
  class Quiet final : public EventStream {
    void on_event(const std::string&, const json&) override {}
  } quiet;
  auto job = call(context, "GET", path_of(context.typed.name) + "/log", {}, &quiet);
  if (!job) return job.error();
  context.terminal.out("Job " + job->value("id", "") + ": " + job->value("why", "") + "\n");
  return exit_of(*job);
}

int explain_job(const Context& context) {
  auto job = fetch(context);
  if (!job) return job.error();
  context.terminal.out(job->value("why", "") + "\n");
  return Exit::done;
}

int delete_job(const Context& context) {
  auto answer = call(context, "DELETE", path_of(context.typed.name), {});
  if (!answer) return answer.error();
  context.terminal.out("Forgotten, with its log and outputs.\n");
  return Exit::done;
}

int download_job(const Context& context) {
  auto job = call(context, "POST", path_of(context.typed.name) + "/download",
                  {{"to", std::filesystem::absolute(context.typed.out).string()}});
  if (!job) return job.error();
  context.terminal.out("Copied " + std::to_string(job->value("files", 0)) + " files to " + context.typed.out + "\n");
  return Exit::done;
}

}  // namespace drover::cli
