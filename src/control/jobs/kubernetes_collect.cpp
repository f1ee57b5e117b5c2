// What comes back of an attempt on a cluster: its log while it runs, and its outputs once it has ended.
#include "base/digest.hpp"
#include "control/jobs/kubernetes_runner.hpp"

namespace drover::control {
namespace {

using jobs::PodView;
using jobs::process_name;

constexpr Duration handing_over_patience = std::chrono::minutes(2);
constexpr Duration log_pause = std::chrono::seconds(1);
constexpr int log_failures_max = 5;

Result<bool> have_same_bytes(Folders& folders, const std::string& one, const std::string& other) {
  constexpr std::int64_t piece = 1 << 20;
  for (std::int64_t at = 0;; at += piece) {
    DROVER_TRY(left, folders.read(one, at, piece));
    DROVER_TRY(right, folders.read(other, at, piece));
    if (left != right) return false;
    if (left.empty()) return true;
  }
}

}  // namespace

bool KubernetesRunner::LogSink::write(std::string_view bytes) {
  const auto skipped = std::min<std::int64_t>(skip_bytes, static_cast<std::int64_t>(bytes.size()));
  skip_bytes -= skipped;
  bytes.remove_prefix(static_cast<std::size_t>(skipped));
  if (bytes.empty()) return true;
  if (file.empty())
    text += bytes;
  else
    written = folders->append(file, bytes);
  return written.has_value();
}

/// Keeps a log coming; true when there is nothing more to come.
bool KubernetesRunner::follow_log(LogFlow& log, const std::string& pod, const char* container, bool has_ended) {
  if (log.is_done) return true;
  if (log.flow && log.flow->done()) {
    Status outcome = std::move(log.flow->value());
    log.flow.reset();
    if (!log.sink->written) outcome = log.sink->written;
    log.again = now() + log_pause;
    if (outcome) {
      log.is_done = has_ended;
      log.failures = 0;
    } else if (++log.failures >= log_failures_max || outcome.error().code == Code::not_found) {
      log.trouble = outcome.error().message;
      log.is_done = has_ended;
    }
    if (log.is_done) return true;
  }
  if (log.flow || pod.empty() || now() < log.again) return false;
  log.sink->text.clear();
  const kubernetes::LogOptions options{.container = container, .follow = true};
  log.flow.emplace(cluster_.logs({kubernetes::kinds::pods, place_.space, pod}, options, *log.sink));
  log.flow->start();
  return false;
}

void KubernetesRunner::follow(Attempt& attempt, const std::vector<PodView>& views) {
  using Phase = PodView::Phase;
  for (std::size_t rank = 0; rank < views.size(); ++rank) {
    if (!views[rank].has_log && views[rank].phase != Phase::lost) continue;
    LogFlow& log = attempt.logs[static_cast<std::int64_t>(rank)];
    if (!log.sink) {
      log.sink = std::make_unique<LogSink>();
      log.sink->folders = &folders_;
      log.sink->file = rank == 0 ? attempt.paths.log : attempt.paths.work + "/log." + std::to_string(rank);
    }
    const bool has_ended = views[rank].phase == Phase::ended || views[rank].phase == Phase::lost;
    if (!log.flow) {
      // The server tells it from its beginning: what is on file of this attempt is passed over.
      const auto size = folders_.size(log.sink->file);
      log.sink->skip_bytes = (size ? *size : 0) - (rank == 0 ? attempt.job.log_begin : 0);
    }
    follow_log(log, attempt.pods[static_cast<std::int64_t>(rank)], jobs::main_container, has_ended);
  }
  for (std::size_t rank = 0; rank < views.size(); ++rank)
    follow_outputs(attempt, static_cast<std::int64_t>(rank), views[rank]);
}

/// From the beginning, though they come last: a pod that is taken away hands over what it saved and is gone in the same
/// moment, and nobody who asks then is answered.
void KubernetesRunner::follow_outputs(Attempt& attempt, std::int64_t rank, const PodView& view) {
  using Phase = PodView::Phase;
  const bool has_ended = view.phase == Phase::ended || view.phase == Phase::lost;
  if (!has_ended && view.phase != Phase::running) return;
  LogFlow& outputs = attempt.outputs[rank];
  if (!outputs.sink) outputs.sink = std::make_unique<LogSink>();
  follow_log(outputs, attempt.pods[rank], jobs::outputs_container, has_ended);
}

/// True once its log and its outputs are here, or will not come.
bool KubernetesRunner::collect(Attempt& attempt, const std::vector<PodView>& views) {
  const bool is_late = now() - attempt.verdict_at >= handing_over_patience;
  if (attempt.verdict->lost && has_objects(process_name(attempt.job))) {
    if (is_late) kill(process_name(attempt.job));
    return false;
  }
  for (const auto& [rank, log] : attempt.logs)
    if (log.sink && !log.is_done && !is_late) return false;
  for (const auto& [rank, outputs] : attempt.outputs)
    if (!outputs.is_done && (outputs.flow || views[static_cast<std::size_t>(rank)].has_log) && !is_late) return false;
  if (const auto rest = attempt.logs.find(0); rest != attempt.logs.end() && !rest->second.trouble.empty())
    (void)folders_.append(attempt.paths.log,
                          "drover: the rest of the log could not be read: " + rest->second.trouble + "\n");
  const auto taken = take_outputs(attempt);
  if (!taken && attempt.verdict->exit_code == 0 && attempt.verdict->reason.empty())
    attempt.verdict->reason = "its command ended well, but its outputs could not be fetched: " + taken.error().message;
  return true;
}

/// Those of all ranks in one folder; the lower rank has its way where two have a file of the same name.
Status KubernetesRunner::take_outputs(Attempt& attempt) {
  DROVER_CHECK(unpack_outputs(attempt.outputs[0], attempt.paths.outputs()));
  for (std::int64_t rank = 1; rank < attempt.job.spec.instances; ++rank) {
    const std::string place = attempt.paths.work + "/outputs." + std::to_string(rank);
    if (auto taken = unpack_outputs(attempt.outputs[rank], place); !taken)
      return std::unexpected(std::move(taken.error()).in("rank " + std::to_string(rank)));
    DROVER_CHECK(merge_outputs(attempt, rank, place));
    DROVER_CHECK(folders_.remove(place));
  }
  return {};
}

Status KubernetesRunner::merge_outputs(const Attempt& attempt, std::int64_t rank, const std::string& from) {
  DROVER_TRY(files, folders_.list(from));
  for (const auto& file : files) {
    const std::string to = attempt.paths.outputs() + "/" + file.path;
    if (folders_.exists(to)) {
      // What the last attempt saved goes to all ranks, and comes back of all.
      DROVER_TRY(is_same, have_same_bytes(folders_, from + "/" + file.path, to));
      if (is_same) continue;
      DROVER_CHECK(folders_.append(attempt.paths.log, "drover: outputs/" + file.path + " of rank " +
                                                          std::to_string(rank) +
                                                          " is left out: a lower rank has a file of that name\n"));
      continue;
    }
    DROVER_CHECK(folders_.make(to.substr(0, to.rfind('/'))));
    DROVER_CHECK(folders_.copy(from + "/" + file.path, to));
  }
  return {};
}

Status KubernetesRunner::unpack_outputs(LogFlow& outputs, const std::string& to) {
  if (!outputs.sink) return fail(Code::unavailable, "its pod is gone");
  std::string& text = outputs.sink->text;
  const auto mark = text.rfind(jobs::outputs_mark);
  if (mark == std::string::npos)
    return fail(Code::unavailable, outputs.trouble.empty() ? "they did not come to their end" : outputs.trouble);
  text.resize(mark);
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  const auto archive = base64_decode(text);
  if (!archive) return fail(Code::corrupt, "they are larger than the cluster keeps of a log");
  DROVER_CHECK(folders_.unpack(*archive, to));
  text.clear();
  return {};
}

}  // namespace drover::control
