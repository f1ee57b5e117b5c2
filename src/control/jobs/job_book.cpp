#include "control/jobs/job_book.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "codec/job_json.hpp"

namespace drover::control {
namespace {

using jobs::JobRecord;
using jobs::State;

constexpr std::string_view shelf = "job/";

std::string key_of(const std::string& id) { return std::string(shelf) + id; }

std::pair<std::int64_t, std::int64_t> turn_of(const JobRecord& job) { return {-job.priority, job.order}; }

}  // namespace

Result<JobBook> JobBook::open(Store& store) {
  JobBook book(store);
  DROVER_TRY(records, store.scan(shelf));
  for (const auto& [key, bytes] : records) {
    auto job = codec::job_from_json(parse_json(bytes));
    if (!job) return std::unexpected(std::move(job.error()).in(key));
    const std::string id = job->id;
    book.replace(id, std::move(*job));
  }
  return book;
}

void JobBook::put(JobRecord job) {
  const std::string id = job.id;
  const auto known = jobs_.find(id);
  before_.try_emplace(id, known == jobs_.end() ? std::nullopt : std::optional(known->second));
  replace(id, std::move(job));
}

void JobBook::erase(const std::string& id) {
  const auto known = jobs_.find(id);
  if (known == jobs_.end()) return;
  before_.try_emplace(id, known->second);
  replace(id, std::nullopt);
}

Status JobBook::commit() {
  if (before_.empty()) return {};
  std::vector<StoreWrite> writes;
  for (const auto& [id, ignored] : before_) {
    const JobRecord* job = find(id);
    writes.push_back({key_of(id), job == nullptr ? std::nullopt : std::optional(codec::to_json(*job).dump())});
  }
  auto kept = store_->commit(writes);
  auto before = std::exchange(before_, {});
  if (!kept)
    for (auto& [id, job] : before) replace(id, std::move(job));
  return kept;
}

void JobBook::replace(const std::string& id, std::optional<JobRecord> job) {
  const auto known = jobs_.find(id);
  const bool was_over = known != jobs_.end() && jobs::is_over(known->second.state);
  if (known != jobs_.end()) unfile(known->second);
  if (!job) {
    jobs_.erase(id);
    return;
  }
  next_order_ = std::max(next_order_, job->order + 1);
  const auto& kept = jobs_.insert_or_assign(id, std::move(*job)).first->second;
  file(kept);
  if (jobs::is_over(kept.state) && !was_over) over_.push_back(id);
}

void JobBook::file(const JobRecord& job) {
  ++counts_[job.state];
  if (job.leaves_traces) places_[jobs::place_key(job)].traces[job.id] = &job;
  if (jobs::is_over(job.state)) return;
  Place& place = places_[jobs::place_key(job)];
  place.queue.reset();
  if (job.state != State::queued)
    place.begun[job.order] = &job;
  else if (job.cancel_asked)
    place.canceled[job.order] = &job;
  else if (job.again != Instant{})
    place.pausing[{job.again, job.order}] = &job;
  else
    place.waiting[job.owner][turn_of(job)] = &job;
}

void JobBook::unfile(const JobRecord& job) {
  --counts_[job.state];
  const auto it = places_.find(jobs::place_key(job));
  if (it == places_.end()) return;
  Place& place = it->second;
  place.queue.reset();
  place.traces.erase(job.id);
  place.begun.erase(job.order);
  place.canceled.erase(job.order);
  place.pausing.erase({job.again, job.order});
  if (const auto owner = place.waiting.find(job.owner); owner != place.waiting.end()) {
    owner->second.erase(turn_of(job));
    if (owner->second.empty()) place.waiting.erase(owner);
  }
  if (!place.has_open() && place.traces.empty()) places_.erase(it);
}

const JobRecord* JobBook::find(const std::string& id) const {
  const auto known = jobs_.find(id);
  return known == jobs_.end() ? nullptr : &known->second;
}

const JobBook::Place* JobBook::place(const std::string& target) const {
  const auto known = places_.find(target);
  return known == places_.end() ? nullptr : &known->second;
}

std::vector<std::string> JobBook::targets() const {
  std::vector<std::string> names;
  for (const auto& [name, place] : places_) names.push_back(name);
  return names;
}

bool JobBook::has_open(const std::string& target) const {
  const Place* at = place(target);
  return at != nullptr && at->has_open();
}

const JobRecord* JobBook::any_of(const std::string& target) const {
  const Place* at = place(target);
  if (at == nullptr) return nullptr;
  if (!at->begun.empty()) return at->begun.rbegin()->second;
  if (!at->waiting.empty()) return at->waiting.begin()->second.rbegin()->second;
  if (!at->pausing.empty()) return at->pausing.rbegin()->second;
  if (!at->canceled.empty()) return at->canceled.rbegin()->second;
  return at->traces.begin()->second;
}

std::vector<const JobRecord*> JobBook::begun_jobs(const std::string& target) const {
  std::vector<const JobRecord*> list;
  if (const Place* at = place(target))
    for (const auto& [order, job] : at->begun) list.push_back(job);
  return list;
}

std::vector<const JobRecord*> JobBook::next_jobs(const std::string& target, std::int64_t slots, Instant now) const {
  auto list = begun_jobs(target);
  const Place* at = place(target);
  if (at == nullptr) return list;
  for (const auto& [order, job] : at->canceled) list.push_back(job);
  for (const auto& [when, job] : at->pausing)
    if (when.first <= now) list.push_back(job);
  for (const auto& [owner, line] : at->waiting) {
    std::int64_t taken = 0;
    for (auto it = line.begin(); it != line.end() && taken < slots; ++it, ++taken) list.push_back(it->second);
  }
  return list;
}

std::vector<const JobRecord*> JobBook::open_jobs(const std::string& target, Instant now) const {
  return next_jobs(target, std::numeric_limits<std::int64_t>::max(), now);
}

const jobs::Queue& JobBook::queue(const std::string& target, Instant now) const {
  static const jobs::Queue nobody;
  const Place* at = place(target);
  if (at == nullptr) return nobody;
  if (!at->queue || now >= at->queue_until) {
    at->queue = jobs::queue_of(open_jobs(target, now), std::numeric_limits<std::size_t>::max(), now);
    const auto next = at->pausing.upper_bound({now, std::numeric_limits<std::int64_t>::max()});
    at->queue_until = next == at->pausing.end() ? instant_max : next->first.first;
  }
  return *at->queue;
}

std::vector<const JobRecord*> JobBook::with_traces(const std::string& target) const {
  std::vector<const JobRecord*> list;
  if (const Place* at = place(target))
    for (const auto& [id, job] : at->traces) list.push_back(job);
  return list;
}

bool JobBook::has_traces() const {
  return std::ranges::any_of(places_, [](const auto& entry) { return !entry.second.traces.empty(); });
}

}  // namespace drover::control
