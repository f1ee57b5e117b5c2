#include "api/jobs.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "api/advice.hpp"
#include "api/job_choice.hpp"
#include "api/job_data.hpp"
#include "api/job_place.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "codec/job_json.hpp"
#include "codec/job_yaml.hpp"
#include "codec/resource_json.hpp"
#include "control/jobs/job_loop.hpp"
#include "control/tracking.hpp"
#include "jobs/assess.hpp"
#include "jobs/cost.hpp"
#include "jobs/settings.hpp"

namespace drover::api {
namespace {

using control::JobLoop;
using jobs::JobRecord;

/// Real time between two looks at a job that is followed: its log is seen well within a second.
constexpr Duration look = std::chrono::milliseconds(100);
/// For a cluster to say how its jobs are; the answer says so where it has not by then.
constexpr Duration patience = std::chrono::seconds(5);
/// The same where the answer does not hang on it: a list, which people ask for all the time, and a submission.
constexpr Duration short_patience = std::chrono::seconds(1);
/// For a job that was canceled to end, so that the answer can say so and its last words are heard.
constexpr Duration cancel_patience = std::chrono::seconds(2);

json to_json(const JobLoop& all, const JobRecord& job) {
  json out = codec::to_json(job);
  out["why"] = all.why(job);
  const auto cost = jobs::cost_of(job, all.now());
  if (cost.money) out["usd"] = cost.money->dollars();
  out["cost_note"] = cost.how;
  return out;
}

/// Records and processes brought up to date, as far as clusters answer in time.
Result<JobLoop*> current(const Exchange& exchange, Duration time = patience) {
  DROVER_TRY(all, exchange.backend.jobs());
  DROVER_CHECK(all->settle(exchange.backend.real_now() + time));
  return all;
}

/// Length of `text` without a character at its end that is still being written (UTF-8, RFC 3629).
std::size_t whole_characters(std::string_view text) {
  constexpr std::size_t length_max = 4;
  for (std::size_t back = 1; back < length_max && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xC0) continue;  // it goes on one
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    return length > back ? text.size() - back : text.size();
  }
  return text.size();
}

/// What the log has from byte `from` on, cut between characters: "text"; "next", the byte that comes then; and
/// "base64", the bytes themselves, where they are not all UTF-8, since JSON has no other way for them.
Result<json> read_piece(const JobLoop& all, const JobRecord& job, std::int64_t rank, std::int64_t from) {
  DROVER_TRY(text, all.read_log(job, from, rank));
  const std::size_t whole = whole_characters(text);
  // At the very end of a log nothing will complete a character that is cut off.
  const bool is_end = jobs::is_over(job.state) && std::ssize(text) < control::log_piece_bytes;
  if (!is_end) text.resize(whole);
  json piece = {{"next", from + static_cast<std::int64_t>(text.size())}};
  if (!is_utf8(text)) piece["base64"] = base64_encode(text);
  piece["text"] = std::move(text);
  return piece;
}

/// All that is new in the log, as events; false when the reader went away.
Result<bool> send_log(const JobLoop& all, const JobRecord& job, std::int64_t rank, BodySink& sink, std::int64_t& from) {
  while (true) {
    DROVER_TRY(piece, read_piece(all, job, rank, from));
    if (piece.at("next") == from) return true;
    from = piece.at("next");
    if (!send_event(sink, "log", piece)) return false;
  }
}

/// What each place lacks for it.
std::vector<Error> nowhere(const jobs::Advice& advice, const JobRecord& job) {
  std::vector<Error> errors;
  for (const auto& place : advice.places)
    errors.push_back({.code = Code::precondition,
                      .message = "compute: auto: not on " + place.name + ": " + join(place.lacks, "; "),
                      .where = job.spec.where});
  return errors;
}

}  // namespace

Submission read_job(const Exchange& exchange, const json& file) {
  const auto refused = [](Error error) { return std::unexpected(std::vector{std::move(error)}); };
  auto spec = codec::load_job(file.at("text").get_ref<const std::string&>(), file.value("file", "job.yml"));
  if (!spec) return std::unexpected(std::move(spec.error()));
  JobRecord job{.owner = exchange.body.value("owner", ""),
                .spec = std::move(*spec),
                .folder = file.value("folder", ""),
                .priority = exchange.body.value("priority", std::int64_t{0}),
                .confined = exchange.body.value("confined", true),
                .retries = std::clamp(exchange.body.value("retries", 0), 0, jobs::retries_max)};
  if (const std::string environment = exchange.body.value("environment", ""); !environment.empty()) {
    const SourceSpan where = job.spec.environment.where;
    job.spec.environment = environment == "host" ? jobs::JobEnvironment{.reference = "host", .where = where}
                                                 : jobs::JobEnvironment{.image = environment, .where = where};
  }
  job.kubeconfig = exchange.body.value("kubeconfig", "");
  const json caller = exchange.body.value("caller", json::object());
  for (const auto& [name, value] : caller.items()) job.caller[name] = value.get<std::string>();
  if (const std::string store = exchange.body.value("store", ""); !store.empty()) {
    auto kept = exchange.backend.keep_container(store);
    if (!kept) return refused(std::move(kept.error()));
    job.store = std::move(*kept);
  }
  const json settings = exchange.body.value("set", json::object());
  for (const auto& [key, value] : settings.items())
    if (auto set = jobs::set(job.spec, key, value.get<std::string>()); !set) return refused(std::move(set.error()));
  return job;
}

namespace {

/// With its place settled; it is known by then what that place lacks.
Submission place_job(const Exchange& exchange, JobRecord job) {
  if (job.spec.compute == "auto") {
    const auto advice = find_advice(exchange, job);
    if (!advice) return std::unexpected(advice.error());
    if (advice->best.empty()) return std::unexpected(nowhere(*advice, job));
    job.spec.compute = advice->best;
    job.foretold_wait = advice->places.front().start_p50;
    job.foretold_run = advice->places.front().run.value_or(Duration{0});
    job.chosen = advice->because;
  }
  if (auto settled = settle_place(exchange, job); !settled) return std::unexpected(std::move(settled.error()));
  auto all = exchange.backend.jobs();
  if (!all) return std::unexpected(std::vector{std::move(all.error())});
  auto missing = (*all)->missing(job);
  if (!missing.empty()) return std::unexpected(std::move(missing));
  for (const auto& undone : jobs::left_undone(job.spec, jobs::kind_of(job.target)))
    job.notes.push_back(format_error(undone));
  if (!exchange.body.value("dry_run", false)) return job;
  auto left_behind = (*all)->left_behind(job);
  if (!left_behind) return std::unexpected(std::vector{std::move(left_behind.error())});
  std::ranges::move(*left_behind, std::back_inserter(job.notes));
  return job;
}

/// What became of a submission: the ids of what was submitted; none for a dry run.
struct Submitted {
  std::vector<std::string> ids;
  std::vector<JobRecord> tried;  ///< of a dry run: what would have been submitted
};

/// All of them or none.
std::expected<Submitted, std::vector<Error>> submit(const Exchange& exchange, std::span<const json> files) {
  const auto refused = [](Error error) { return std::unexpected(std::vector{std::move(error)}); };
  auto all = current(exchange, short_patience);
  if (!all) return refused(std::move(all.error()));
  std::vector<JobRecord> jobs;
  std::vector<Error> errors;
  for (const auto& file : files) {
    auto read = read_job(exchange, file);
    auto job = read ? place_job(exchange, std::move(*read)) : std::move(read);
    if (job)
      jobs.push_back(std::move(*job));
    else
      errors.insert(errors.end(), job.error().begin(), job.error().end());
  }
  if (auto unique = (*all)->check_names(jobs); !unique) errors.push_back(std::move(unique.error()));
  if (!errors.empty()) return std::unexpected(std::move(errors));
  if (exchange.body.value("dry_run", false)) return Submitted{.ids = {}, .tried = std::move(jobs)};
  auto ids = (*all)->submit(std::move(jobs));
  if (!ids) return refused(std::move(ids.error()));
  return Submitted{.ids = std::move(*ids), .tried = {}};
}

/// Of a dry run that found nothing missing: where the jobs would run, and what would not be done.
json dry_json(const std::vector<JobRecord>& tried) {
  json places = json::array(), notes = json::array();
  for (const auto& job : tried) {
    const std::string place = jobs::place_text(job);
    if (std::ranges::find(places, json(place)) == places.end()) places.push_back(place);
    for (const auto& note : job.notes) notes.push_back(note);
  }
  return {{"runs", true}, {"places", std::move(places)}, {"notes", std::move(notes)}};
}

json to_json(const JobLoop& all, const std::vector<const JobRecord*>& jobs, Instant now) {
  json list = json::array();
  for (const auto* job : jobs) list.push_back(to_json(all, *job));
  return {{"jobs", std::move(list)}, {"now_us", now.time_since_epoch().count()}};
}

}  // namespace

http::Response submit_job(const Exchange& exchange) {
  const json& file = exchange.body.at("job");
  auto done = submit(exchange, {&file, 1});
  if (!done) return refuse(done.error());
  if (done->ids.empty()) return answer(dry_json(done->tried));
  const auto all = exchange.backend.jobs();
  return answer(to_json(**all, **(*all)->find(done->ids.front())));
}

http::Response submit_jobs(const Exchange& exchange) {
  const auto& files = exchange.body.at("jobs").get_ref<const json::array_t&>();
  auto done = submit(exchange, files);
  if (!done) return refuse(done.error());
  const auto all = exchange.backend.jobs();
  std::vector<const JobRecord*> jobs;
  for (const auto& id : done->ids) jobs.push_back(*(*all)->find(id));
  json out = to_json(**all, jobs, exchange.backend.real_now());
  if (done->ids.empty()) out.update(dry_json(done->tried));
  return answer(out);
}

http::Response list_jobs(const Exchange& exchange) {
  auto all = current(exchange, short_patience);
  if (!all) return refuse(std::move(all.error()));
  const auto [jobs, open, ended] = choose_jobs((*all)->all(), exchange.body);
  json out = to_json(**all, jobs, exchange.backend.real_now());
  out["open"] = open;
  out["ended"] = ended;
  if (exchange.body.value("metrics", 0) != 0)
    for (auto& job : out["jobs"]) add_last_metrics(job, exchange.backend.store());
  return answer(out);
}

http::Response show_job(const Exchange& exchange) {
  auto all = current(exchange);
  if (!all) return refuse(std::move(all.error()));
  auto job = (*all)->find(exchange.body.value("id", ""));
  if (!job) return refuse(std::move(job.error()));
  json out = to_json(**all, **job);
  out["log"] = (*all)->log_path(**job);
  const auto log_bytes = exchange.backend.folders().size((*all)->log_path(**job));
  out["now_us"] = exchange.backend.real_now().time_since_epoch().count();
  out["log_bytes"] = log_bytes.value_or(0);
  out["outputs_folder"] = (*all)->outputs_path(**job);
  if (const auto run = control::Tracking(exchange.backend.store(), *all).run(control::run_of_job((*job)->id)))
    for (const char* what : {"metrics", "params", "tags"}) out[what] = run->at("data").at(what);
  auto files = (*all)->outputs(**job);
  if (!files) return refuse(std::move(files.error()));
  out["outputs"] = json::array();
  for (const auto& entry : *files) out["outputs"].push_back({{"path", entry.path}, {"bytes", entry.bytes}});
  return answer(out);
}

http::Response follow_job(const Exchange& exchange) {
  auto all = current(exchange);
  if (!all) return refuse(std::move(all.error()));
  auto found = (*all)->find(exchange.body.value("id", ""));
  if (!found) return refuse(std::move(found.error()));
  const std::string id = (*found)->id;
  auto from = exchange.body.value("from", std::int64_t{0});
  const auto rank = exchange.body.value("rank", std::int64_t{0});
  if (!exchange.sink) {
    auto piece = read_piece(**all, **found, rank, from);
    return piece ? answer(*piece) : refuse(std::move(piece.error()));
  }
  std::string told;
  std::int64_t moved = -1;  // bytes of files on their way, as told
  JobRecord job = **found;
  while (true) {
    // Others have their turn while this waits or writes: what was found is found again, or has been deleted.
    const auto still = (*all)->find(id);
    if (!still) break;
    job = **still;
    const bool over = jobs::is_over(job.state);  // before the log is read: then nothing can come after it
    if (const std::string state = jobs::state_name(job.state); state != told) {
      if (!send_event(*exchange.sink, "state", {{"state", state}, {"why", (*all)->why(job)}})) break;
      told = state;
    }
    if (const auto begun = (*all)->begun(job); begun && begun->total_bytes > 0 && begun->done_bytes != moved) {
      moved = begun->done_bytes;
      if (!send_event(*exchange.sink, "transfer",
                      {{"note", begun->note}, {"done_bytes", moved}, {"total_bytes", begun->total_bytes}}))
        break;
    }
    auto sent = send_log(**all, job, rank, *exchange.sink, from);
    if (!sent) return refuse(std::move(sent.error()));
    if (!*sent || over || exchange.backend.stop_asked()) break;
    (*all)->wait(exchange.backend.real_now() + look);
    if (auto ticked = (*all)->tick(); !ticked) return refuse(std::move(ticked.error()));
  }
  if (auto settled = (*all)->settle(exchange.backend.real_now() + patience); !settled)
    return refuse(std::move(settled.error()));
  const json end = to_json(**all, job);
  send_event(*exchange.sink, "end", end);
  return answer(end);
}

http::Response download_job(const Exchange& exchange) {
  auto all = current(exchange);
  if (!all) return refuse(std::move(all.error()));
  auto job = (*all)->find(exchange.body.value("id", ""));
  if (!job) return refuse(std::move(job.error()));
  auto copied = (*all)->copy_outputs(**job, exchange.body.value("to", ""));
  if (!copied) return refuse(std::move(copied.error()));
  json left_out = json::array();
  for (const auto& each : *copied) left_out.push_back(printable(each.path) + ": " + each.why);
  auto files = (*all)->outputs(**job);
  if (!files) return refuse(std::move(files.error()));
  return answer({{"files", files->size()}, {"left_out", std::move(left_out)}});
}

http::Response access_job(const Exchange& exchange) {
  auto all = current(exchange);
  if (!all) return refuse(std::move(all.error()));
  auto job = (*all)->find(exchange.body.value("id", ""));
  if (!job) return refuse(std::move(job.error()));
  auto door =
      (*all)->door(**job, exchange.body.value("rank", std::int64_t{0}), exchange.body.value("terminal", 0) != 0);
  if (!door) return refuse(std::move(door.error()));
  json out = {{"target", jobs::target_text((*job)->target)}, {"exec", door->exec}, {"forward", door->forward}};
  out["no_forward"] = door->no_forward;
  out["environment"] = door->environment;
  return answer(out);
}

http::Response cancel_job(const Exchange& exchange) {
  auto all = current(exchange);
  if (!all) return refuse(std::move(all.error()));
  auto found = (*all)->find(exchange.body.value("id", ""));
  if (!found) return refuse(std::move(found.error()));
  const std::string id = (*found)->id;
  if (auto canceled = (*all)->cancel(id); !canceled) return refuse(std::move(canceled.error()));
  const Instant until = exchange.backend.real_now() + cancel_patience;
  while (exchange.backend.real_now() < until) {
    const auto still = (*all)->find(id);
    if (!still) return refuse(still.error());
    if (jobs::is_over((*still)->state)) break;
    (*all)->wait(std::min(until, exchange.backend.real_now() + look));
    if (auto ticked = (*all)->tick(); !ticked) return refuse(std::move(ticked.error()));
  }
  const auto job = (*all)->find(id);
  return job ? answer(to_json(**all, **job)) : refuse(job.error());
}

http::Response prune_jobs(const Exchange& exchange) {
  auto all = current(exchange);
  if (!all) return refuse(std::move(all.error()));
  const auto ids = (*all)->outdated(from_seconds(exchange.body.at("older_s").get<double>()));
  if (!exchange.body.value("dry_run", false))
    for (const auto& id : ids)
      if (auto removed = (*all)->remove(id); !removed) return refuse(std::move(removed.error()));
  return answer({{"jobs", ids}});
}

http::Response delete_job(const Exchange& exchange) {
  auto all = current(exchange);
  if (!all) return refuse(std::move(all.error()));
  const std::string id = exchange.body.value("id", "");
  if (auto removed = (*all)->remove(id); !removed) return refuse(std::move(removed.error()));
  return answer({{"id", id}});
}

}  // namespace drover::api
