#include "tests/simulation/fake_workspace.hpp"

#include <algorithm>

namespace drover::simulation {
namespace {

using training::Phase;

bool is_over(Phase phase) { return phase == Phase::completed || phase == Phase::failed || phase == Phase::canceled; }

std::string key_of(const BlobDoor& door, const std::string& name) { return door.url + "/" + name; }

/// "id.attempt" of one Drover job's name "drover-ID-ATTEMPT-HOME": the part before the attempt.
std::string job_of(const std::string& name) { return name.substr(0, name.find('-', std::string("drover-").size())); }

}  // namespace

void WorkspaceWorld::step(Instant now) {
  now_ = now;
  for (auto it = jobs.begin(); it != jobs.end();) {
    advance(it->first, it->second);
    // Somebody tidies up, and does not ask.
    const bool is_removed = !is_calm && rng_.uniform() < 0.001;
    if (is_removed) removed.insert(it->first);
    it = is_removed ? jobs.erase(it) : std::next(it);
  }
  std::map<std::string, int> running;
  for (const auto& [name, job] : jobs)
    if (job.phase == Phase::running && ++running[job_of(name)] > 1 && mischief.empty())
      mischief = "two attempts of " + job_of(name) + " ran at the same time";
}

void WorkspaceWorld::advance(const std::string& name, WorkspaceJob& job) {
  if (is_over(job.phase)) return;
  if (job.cancel_asked && rng_.below(3) == 0) {
    job.phase = Phase::canceled;
    return;
  }
  if (job.phase == Phase::waiting && rng_.below(8) == 0) {
    job.phase = Phase::running;
    job.began = now_;
  }
  if (job.phase == Phase::finalizing && rng_.below(3) == 0) job.phase = Phase::completed;
  if (job.phase != Phase::running) return;
  if (rng_.below(2) == 0) job.log += "line " + std::to_string(job.lines++) + "\n";
  if (!is_calm && rng_.uniform() < 0.01) {
    job.phase = Phase::failed;
    job.error_code = "ServiceError";
    job.error = "The node went away.";
  } else if (rng_.below(12) == 0) {
    finish(name, job, job.wish.command == "exit 3" ? 3 : 0);
  }
}

void WorkspaceWorld::finish(const std::string& name, WorkspaceJob& job, int code) {
  ended.insert(name);
  job.log += "the end\n";
  logs[name] = job.log;
  if (code != 0) {
    job.phase = Phase::failed;
    job.error_code = "UserError";
    job.error = "exited with status code " + std::to_string(code) + ".";
    return;
  }
  took_well[name] = now_ - job.began;
  blobs["workspaceblobstore/azureml/" + name + "/model/weights"] = "weights of " + name;
  blobs["workspaceartifactstore/ExperimentRun/dcid." + name + "/user_logs/std_log.txt"] = job.log;
  job.phase = Phase::finalizing;
}

template <class Effect>
Flow<Status> FakeWorkspace::call(Effect effect) {
  co_await flows_.pause_until(flows_.now() + std::chrono::seconds(world_.rng().below(2)));
  if (world_.fails()) co_return fail(Code::unavailable, "no connection");
  effect();
  if (world_.fails()) co_return fail(Code::unavailable, "the answer was lost");
  co_return Status{};
}

Flow<Result<BlobDoor>> FakeWorkspace::open_datastore(std::string name) {
  auto done = co_await call([] {});
  if (!done) co_return std::unexpected(std::move(done.error()));
  BlobDoor door;
  door.url = name;
  co_return door;
}

Flow<Result<std::optional<std::string>>> FakeWorkspace::find_code(std::string name, std::string) {
  using Id = std::optional<std::string>;
  auto done = co_await call([] {});
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return world_.codes.contains(name) ? Id{name} : Id{};
}

Flow<Result<std::string>> FakeWorkspace::put_code(std::string name, std::string, std::string uri) {
  auto done = co_await call([&] {
    // Whole, or nobody may hear of it.
    const auto large = world_.blobs.find(uri + "/large.bin");
    if (large == world_.blobs.end() || large->second.size() != world_.code_bytes)
      world_.mischief = "code was registered half";
    world_.codes.insert(name);
  });
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return name;
}

Flow<Result<std::string>> FakeWorkspace::put_environment(std::string name, std::string, training::EnvironmentWish) {
  auto done = co_await call([] {});
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return name;
}

Flow<Result<std::string>> FakeWorkspace::find_environment(std::string reference) { co_return reference; }
Flow<Result<std::string>> FakeWorkspace::find_data(std::string reference) { co_return reference; }

Flow<Status> FakeWorkspace::submit(training::JobWish wish) {
  auto done = co_await call([&] {
    const auto [job, is_new] = world_.jobs.try_emplace(wish.name);
    if (!is_new && job->second.wish.command != wish.command) world_.mischief = "one name for two jobs";
    if (!world_.codes.contains(wish.code_id)) world_.mischief = "a job without its code";
    if (is_new) job->second.wish = wish;
  });
  co_return done;
}

Flow<Result<std::optional<training::JobView>>> FakeWorkspace::look(std::string job) {
  using View = std::optional<training::JobView>;
  auto done = co_await call([] {});
  if (!done) co_return std::unexpected(std::move(done.error()));
  const auto it = world_.jobs.find(job);
  if (it == world_.jobs.end()) co_return View{};
  training::JobView view;
  view.phase = it->second.phase;
  view.error_code = it->second.error_code;
  view.error = it->second.error;
  if (!it->second.log.empty()) view.logs["user_logs/std_log.txt"] = job;
  co_return View{std::move(view)};
}

Flow<Status> FakeWorkspace::cancel(std::string job) {
  auto done = co_await call([&] {
    if (const auto it = world_.jobs.find(job); it != world_.jobs.end()) it->second.cancel_asked = true;
  });
  co_return done;
}

Flow<Result<training::ComputeView>> FakeWorkspace::look_at_compute(std::string) { co_return training::ComputeView{}; }

Flow<Result<std::string>> FakeWorkspace::read_log(std::string address, std::int64_t offset) {
  auto done = co_await call([] {});
  if (!done) co_return std::unexpected(std::move(done.error()));
  const auto it = world_.jobs.find(address);
  const std::string log = it == world_.jobs.end() ? world_.logs[address] : it->second.log;
  if (offset >= std::ssize(log)) co_return std::string{};
  co_return log.substr(static_cast<std::size_t>(offset));
}

Flow<Result<std::optional<std::uint64_t>>> FakeWorkspace::size(BlobDoor door, std::string name) {
  using Size = std::optional<std::uint64_t>;
  auto done = co_await call([] {});
  if (!done) co_return std::unexpected(std::move(done.error()));
  const auto it = world_.blobs.find(key_of(door, name));
  co_return it == world_.blobs.end() ? Size{} : Size{it->second.size()};
}

Flow<Result<BlobPage>> FakeWorkspace::list(BlobDoor door, std::string prefix, std::string) {
  auto done = co_await call([] {});
  if (!done) co_return std::unexpected(std::move(done.error()));
  BlobPage page;
  const std::string begin = key_of(door, prefix);
  for (auto it = world_.blobs.lower_bound(begin); it != world_.blobs.end() && it->first.starts_with(begin); ++it) {
    BlobInfo blob;
    blob.name = it->first.substr(door.url.size() + 1);
    blob.size_bytes = it->second.size();
    page.blobs.push_back(std::move(blob));
  }
  co_return page;
}

Flow<Status> FakeWorkspace::put(BlobDoor door, std::string name, std::string bytes) {
  auto done = co_await call([&] { world_.blobs[key_of(door, name)] = bytes; });
  co_return done;
}

Flow<Status> FakeWorkspace::put_block(BlobDoor door, std::string name, std::int64_t index, std::string bytes) {
  auto done = co_await call([&] { world_.blocks[key_of(door, name)][index] = bytes; });
  co_return done;
}

Flow<Result<std::vector<std::int64_t>>> FakeWorkspace::blocks(BlobDoor door, std::string name) {
  auto done = co_await call([] {});
  if (!done) co_return std::unexpected(std::move(done.error()));
  std::vector<std::int64_t> sizes;
  for (const auto& [index, bytes] : world_.blocks[key_of(door, name)]) {
    sizes.resize(static_cast<std::size_t>(index) + 1, -1);
    sizes.back() = std::ssize(bytes);
  }
  co_return sizes;
}

Flow<Status> FakeWorkspace::commit(BlobDoor door, std::string name, std::int64_t count) {
  bool is_whole = true;
  auto done = co_await call([&] {
    auto& parts = world_.blocks[key_of(door, name)];
    is_whole = std::ssize(parts) == count;
    if (!is_whole) return;
    std::string whole;
    for (const auto& [index, bytes] : parts) whole += bytes;
    world_.blobs[key_of(door, name)] = std::move(whole);
    parts.clear();
  });
  if (done && !is_whole) co_return fail(Code::invalid_input, "InvalidBlockList");
  co_return done;
}

Flow<Result<std::string>> FakeWorkspace::read(BlobDoor door, std::string name, std::int64_t offset,
                                              std::int64_t bytes_max) {
  auto done = co_await call([] {});
  if (!done) co_return std::unexpected(std::move(done.error()));
  const auto it = world_.blobs.find(key_of(door, name));
  if (it == world_.blobs.end()) co_return fail(Code::not_found, "no such blob");
  if (offset >= std::ssize(it->second)) co_return std::string{};
  co_return it->second.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes_max));
}

}  // namespace drover::simulation
