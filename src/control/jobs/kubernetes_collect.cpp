// What comes back of an attempt on a cluster: its log while it runs, and its outputs once it has ended.
#include <ranges>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "control/jobs/kubernetes_runner.hpp"

namespace drover::control {
namespace {

using jobs::PodView;
using jobs::process_name;

constexpr Duration handing_over_patience = std::chrono::minutes(2);
constexpr Duration log_pause = std::chrono::seconds(1);
/// Doubled with each refusal: a container that begins a moment after its pod's first is not missed.
constexpr Duration log_retry = std::chrono::milliseconds(100);
/// A minute of them: a node that cannot be asked comes back, and what the job made is with it.
constexpr int log_failures_max = 60;
/// The store is asked for five minutes, beside the tries of each exchange.
constexpr Duration fetch_pause = std::chrono::seconds(10);
constexpr int fetch_failures_max = 30;
constexpr std::int64_t outputs_list_bytes_max = std::int64_t{64} << 20;
constexpr std::string_view note_mark = "drover: ";

Result<bool> have_same_bytes(Folders& folders, const std::string& one, const std::string& other) {
  constexpr std::int64_t piece = 1 << 20;
  for (std::int64_t at = 0;; at += piece) {
    DROVER_TRY(left, folders.read(one, at, piece));
    DROVER_TRY(right, folders.read(other, at, piece));
    if (left != right) return false;
    if (left.empty()) return true;
  }
}

/// Takes sentences of ours out of what a container printed.
std::vector<std::string> take_notes(std::string& text) {
  std::vector<std::string> notes;
  std::string rest;
  for (const auto line : split(text, '\n'))
    if (line.starts_with(note_mark))
      notes.emplace_back(line);
    else
      rest += line;
  text = std::move(rest);
  return notes;
}

}  // namespace

bool KubernetesRunner::LogSink::write(std::string_view bytes) {
  const auto skipped = std::min<std::int64_t>(skip_bytes, static_cast<std::int64_t>(bytes.size()));
  skip_bytes -= skipped;
  bytes.remove_prefix(static_cast<std::size_t>(skipped));
  if (bytes.empty()) return true;
  if (std::exchange(begins, false)) text.clear();
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
      log.trouble.clear();
      log.came_to_its_end = true;
    } else if (log.came_to_its_end && outcome.error().code == Code::not_found) {
      log.is_done = has_ended;  // its container went with it
    } else if (++log.failures >= log_failures_max || outcome.error().code == Code::not_found ||
               outcome.error().code == Code::permission_denied) {
      log.trouble = outcome.error().message;
      log.is_done = has_ended;
    } else {
      log.again = now() + std::min(log_pause, log_retry * (1 << std::min(log.failures, 4)));
    }
    if (log.is_done) return true;
  }
  if (log.flow || pod.empty() || now() < log.again) return false;
  log.sink->begins = true;
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
      log.sink->file = rank == 0 ? attempt.paths.log : rank_log(attempt.paths, static_cast<std::int64_t>(rank));
    }
    const bool has_ended = views[rank].phase == Phase::ended || views[rank].phase == Phase::lost;
    if (!log.flow) {
      // The server tells it from its beginning: what is on file of this attempt is passed over.
      const auto size_of = [&](const std::string& file) { return folders_.size(file).value_or(0); };
      const std::int64_t ours = rank == 0 ? attempt.job.log_begin + size_of(lines_file(attempt)) : 0;
      log.sink->skip_bytes = std::max<std::int64_t>(0, size_of(log.sink->file) - ours);
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
  if (!outputs.flow && came_by_log(attempt, rank)) outputs.is_done = true;  // nothing can come after it
  follow_log(outputs, attempt.pods[rank], jobs::outputs_container, has_ended);
}

/// True once its log and its outputs are here, or will not come.
bool KubernetesRunner::collect(Attempt& attempt, const std::vector<PodView>& views) {
  const bool is_late = seen_for(attempt.verdict_at) >= handing_over_patience;
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
  Status fetched;
  if (!fetch_stored(attempt, fetched)) return false;
  const auto taken = fetched ? take_outputs(attempt) : fetched;
  if (!taken && attempt.verdict->exit_code == 0 && attempt.verdict->reason.empty())
    attempt.verdict->reason = "its command ended well, but its outputs could not be fetched: " + taken.error().message;
  return true;
}

bool KubernetesRunner::fetch_stored(Attempt& attempt, Status& outcome) {
  if (store_ == nullptr || attempt.verdict->never_ran) return true;
  if (std::ranges::all_of(std::views::iota(std::int64_t{0}, attempt.job.spec.instances),
                          [&](std::int64_t rank) { return came_by_log(attempt, rank); }))
    return true;
  if (!attempt.fetching && now() >= attempt.fetch_again) {
    attempt.note = "what it made is fetched";
    attempt.fetching.emplace(fetch_ranks(attempt));
    attempt.fetching->start();
  }
  if (!attempt.fetching || !attempt.fetching->done()) return false;
  outcome = std::move(attempt.fetching->value());
  attempt.fetching.reset();
  if (outcome) return true;
  attempt.fetch_again = now() + fetch_pause;
  return ++attempt.fetch_failures >= fetch_failures_max;
}

bool KubernetesRunner::came_by_log(const Attempt& attempt, std::int64_t rank) {
  const auto outputs = attempt.outputs.find(rank);
  return outputs != attempt.outputs.end() && outputs->second.sink &&
         outputs->second.sink->text.contains(jobs::outputs_mark);
}

Flow<Status> KubernetesRunner::fetch_ranks(Attempt& attempt) {
  auto door = co_await store_->open();
  if (!door) co_return std::unexpected(std::move(door.error()));
  for (std::int64_t rank = 0; rank < attempt.job.spec.instances; ++rank) {
    if (came_by_log(attempt, rank)) continue;
    auto fetched = co_await fetch_rank(attempt, *door, rank);
    if (!fetched) co_return fetched;
  }
  co_return Status{};
}

/// What its list names, and nothing else: files that were there for a while only lie in the store too. Without a list,
/// nothing was handed over by this way.
Flow<Status> KubernetesRunner::fetch_rank(Attempt& attempt, BlobDoor door, std::int64_t rank) {
  const std::string prefix = stored_outputs(attempt) + "/" + std::to_string(rank);
  auto list = co_await store_->blobs().read(door, prefix + ".json", 0, outputs_list_bytes_max);
  if (!list && list.error().code == Code::not_found) co_return Status{};
  if (!list) co_return std::unexpected(std::move(list.error()));
  const auto outputs = jobs::parse_pod_outputs(*list);
  if (!outputs) co_return fail(Code::corrupt, "the list of what rank " + std::to_string(rank) + " made does not read");
  const std::string to = outputs_folder(attempt, rank);
  auto taken = co_await download(store_->blobs(), folders_, std::move(door), prefix, to, attempt.progress);
  if (!taken) co_return std::unexpected(std::move(taken.error()));
  auto files = folders_.list(to);
  if (!files) co_return std::unexpected(std::move(files.error()));
  for (const auto& file : *files)
    if (!outputs->paths.contains(file.path))
      if (auto removed = folders_.remove(to + "/" + file.path); !removed) co_return removed;
  std::vector<LeftOut> left_out = std::exchange(attempt.progress.left_out, {});
  for (const auto& [path, why] : outputs->left_out) left_out.push_back({path, why});
  if (outputs->is_whole) attempt.stored_ranks.insert(rank);
  co_return name_left_out(attempt, rank, left_out);
}

/// In the log, where whoever misses them looks.
Status KubernetesRunner::name_left_out(const Attempt& attempt, std::int64_t rank,
                                       const std::vector<LeftOut>& left_out) {
  if (left_out.empty()) return {};
  return folders_.append(attempt.paths.log, "drover: outputs" + (rank == 0 ? "" : " of rank " + std::to_string(rank)) +
                                                " that are left out, since they cannot be copied: " +
                                                describe(left_out, named_in_log_max) + "\n");
}

std::string KubernetesRunner::outputs_folder(const Attempt& attempt, std::int64_t rank) const {
  return rank == 0 ? attempt.paths.outputs() : attempt.paths.work + "/outputs." + std::to_string(rank);
}

/// Those of all ranks in one folder; the lower rank has its way where two have a file of the same name.
Status KubernetesRunner::take_outputs(Attempt& attempt) {
  for (std::int64_t rank = 0; rank < attempt.job.spec.instances; ++rank) {
    const std::string place = outputs_folder(attempt, rank);
    auto taken = unpack_outputs(attempt, rank, attempt.outputs[rank], place);
    if (attempt.stored_ranks.contains(rank)) taken = folders_.make(place);
    // Of one that was lost, what it had saved by the way is all that there is.
    if (!taken && !(attempt.verdict->lost && folders_.exists(place))) {
      Error error = taken.error();
      return std::unexpected(rank == 0 ? std::move(error) : std::move(error).in("rank " + std::to_string(rank)));
    }
    if (rank == 0) continue;
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
    if (!folders_.make(to.substr(0, to.rfind('/')))) {
      DROVER_CHECK(name_left_out(attempt, rank, {{file.path, "a lower rank has a file where it would have a folder"}}));
      continue;
    }
    DROVER_CHECK(folders_.copy(from + "/" + file.path, to));
  }
  return {};
}

/// Links lead to the same things here as they did in the pod, or stay behind.
Status KubernetesRunner::unpack_outputs(const Attempt& attempt, std::int64_t rank, LogFlow& outputs,
                                        const std::string& to) {
  if (!outputs.sink) return fail(Code::unavailable, "its pod is gone");
  std::string& text = outputs.sink->text;
  if (text.contains(jobs::stored_mark)) return folders_.make(to);
  const auto mark = text.rfind(jobs::outputs_mark);
  if (mark == std::string::npos)
    return fail(Code::unavailable, outputs.trouble.empty() ? "they did not come to their end" : outputs.trouble);
  text.resize(mark);
  for (const auto& note : take_notes(text)) DROVER_CHECK(folders_.append(attempt.paths.log, note + "\n"));
  std::erase(text, '\r');
  const auto archive = base64_decode(text);
  if (!archive) return fail(Code::corrupt, "they are larger than the cluster keeps of a log");
  const std::string unpacked = to + ".unpacked";
  DROVER_CHECK(folders_.unpack(*archive, unpacked));
  DROVER_CHECK(folders_.remove(to));
  const WalkRules rules = {.keeps_links = true, .seen_as = std::string(jobs::folder_in_pod) + "/outputs"};
  DROVER_TRY(left_out, folders_.copy_by(unpacked, to, rules));
  DROVER_CHECK(folders_.remove(unpacked));
  text.clear();
  return name_left_out(attempt, rank, left_out);
}

}  // namespace drover::control
