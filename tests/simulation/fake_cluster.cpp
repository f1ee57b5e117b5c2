#include "tests/simulation/fake_cluster.hpp"

#include "base/digest.hpp"
#include "jobs/pod_manifest.hpp"
#include "jobs/pods.hpp"

namespace drover::simulation {
namespace {

using kubernetes::WatchEvent;

bool is_leaving(const json& object) { return object["metadata"].contains("deletionTimestamp"); }
std::string attempt_of(const json& object) { return object["metadata"]["labels"].value(jobs::label_attempt, ""); }
std::string id_of(const std::string& attempt) { return attempt.substr(0, attempt.find('.')); }

json container(const char* name, json state) {
  json made = json::object();
  made["name"] = name;
  made["state"] = std::move(state);
  return made;
}

json state(const char* name, json of) {
  json made = json::object();
  made[name] = std::move(of);
  return made;
}

std::string command_of(const json& pod) {
  return pod["spec"]["containers"][0]["command"][4];  // sh -c SCRIPT drover COMMAND
}

}  // namespace

void ClusterWorld::tell(const std::string& kind, WatchEvent::Kind what, const json& object) {
  for (auto& watcher : watchers)
    if (watcher.kind == kind && !is_away && !is_deaf) watcher.observer({what, {object}});
}

void ClusterWorld::step(Instant now) {
  now_ = now;
  for (auto& [name, job] : jobs) control(job);
  for (auto it = jobs.begin(); it != jobs.end();) {
    bool has_pods = false;
    for (const auto& [pod_name, pod] : pods) has_pods = has_pods || pod["job"] == it->first;
    if (!is_leaving(it->second) || has_pods) {
      ++it;
      continue;
    }
    const json gone = it->second;
    it = jobs.erase(it);
    tell("Job", WatchEvent::Kind::deleted, gone);
  }
  for (auto it = pods.begin(); it != pods.end();) it = live(it->second) ? std::next(it) : remove_pod(it);
  std::multiset<std::string> running;
  for (const auto& [name, pod] : pods)
    if (pod["status"].value("phase", "") == "Running") running.insert(id_of(attempt_of(pod)));
  for (const auto& id : running) ran_twice = ran_twice || running.count(id) > 1;
}

/// What a Job's controller does: one pod that is not over, or its end; none of its own when it is on its way out.
void ClusterWorld::control(json& job) {
  const std::string name = job["metadata"]["name"];
  int active = 0, over = 0;
  for (auto& [pod_name, pod] : pods) {
    if (pod["job"] != name) continue;
    const std::string phase = pod["status"].value("phase", "");
    phase == "Succeeded" || phase == "Failed" ? ++over : ++active;
    if (is_leaving(job) && !is_leaving(pod)) {
      pod["metadata"]["deletionTimestamp"] = "now";
      tell("Pod", WatchEvent::Kind::modified, pod);
    }
  }
  if (is_leaving(job) || active + over > 0) return;
  json pod = json::object();
  const std::string pod_name = name + "-" + std::to_string(++made_);
  pod["job"] = name;
  pod["metadata"]["name"] = pod_name;
  pod["metadata"]["labels"] = job["metadata"]["labels"];
  pod["metadata"]["creationTimestamp"] = std::to_string(1'000'000 + made_);  // later ones are greater
  pod["spec"] = job["spec"]["template"]["spec"];
  pod["spec"]["nodeName"] = "n1";
  pod["status"]["phase"] = "Pending";
  pods[pod_name] = pod;
  ++pods_made[attempt_of(pod)];
  tell("Pod", WatchEvent::Kind::added, pod);
}

void ClusterWorld::end_main(json& pod, int code) {
  json how = json::object();
  how["exitCode"] = code;
  how["reason"] = code == 0 ? "Completed" : "Error";
  json handed = json::object();
  handed["exitCode"] = 0;
  pod["status"]["containerStatuses"] = json::array({container(jobs::main_container, state("terminated", how)),
                                                    container(jobs::outputs_container, state("terminated", handed))});
  pod["status"]["phase"] = code == 0 ? "Succeeded" : "Failed";
}

/// False when it is gone.
bool ClusterWorld::live(json& pod) {
  const std::string phase = pod["status"].value("phase", "");
  if (is_leaving(pod)) {
    if (rng_.below(3) != 0) return true;
    if (phase != "Running") return false;
    // Its node may be slow to say so: who follows its logs knows first, and next nobody is there to ask.
    end_main(pod, 143);
    return rng_.below(2) == 0;
  }
  if (phase == "Pending" && rng_.below(3) == 0) {
    pod["status"]["phase"] = "Running";
    pod["began_us"] = now_.time_since_epoch().count();
    pod["status"]["podIP"] = "10.0.0.1";
    pod["status"]["containerStatuses"] =
        json::array({container(jobs::main_container, state("running", json::object()))});
    tell("Pod", WatchEvent::Kind::modified, pod);
  } else if (phase == "Running" && rng_.below(5) == 0) {
    const bool is_good = command_of(pod) == "exit 0";
    ended.insert(attempt_of(pod));
    took[attempt_of(pod)] = now_.time_since_epoch() - Duration(pod["began_us"].get<std::int64_t>());
    if (is_good) succeeded.insert(attempt_of(pod));
    end_main(pod, is_good ? 0 : 3);
    tell("Pod", WatchEvent::Kind::modified, pod);
  } else if (phase == "Running" && fails(0.03)) {  // evicted: its status says so
    end_main(pod, 137);
    pod["status"]["reason"] = "Evicted";
    tell("Pod", WatchEvent::Kind::modified, pod);
  } else if (phase != "Succeeded" && phase != "Failed" && fails(0.03)) {  // drained
    pod["metadata"]["deletionTimestamp"] = "now";
    tell("Pod", WatchEvent::Kind::modified, pod);
  }
  return true;
}

std::map<std::string, json>::iterator ClusterWorld::remove_pod(std::map<std::string, json>::iterator pod) {
  const json gone = pod->second;
  const auto next = pods.erase(pod);
  tell("Pod", WatchEvent::Kind::deleted, gone);
  return next;
}

Flow<Status> FakeCluster::watch(kubernetes::ObjectSelection selection, kubernetes::WatchObserver observer) {
  struct Registration {
    ClusterWorld& world;
    std::list<ClusterWorld::Watcher>::iterator place;
    ~Registration() { world.watchers.erase(place); }
  };
  if (world_.refuses(0.1)) co_return fail(Code::unavailable, "the API server is away");
  const std::string kind = selection.kind.kind;
  WatchEvent all{WatchEvent::Kind::listed, {}};
  for (const auto& [name, object] : kind == "Job" ? world_.jobs : world_.pods) all.objects.push_back(object);
  observer(std::move(all));
  world_.watchers.push_back({kind, std::move(observer)});
  const Registration registration{world_, std::prev(world_.watchers.end())};
  while (!world_.is_away) co_await flows_.pause_until(flows_.now() + std::chrono::seconds(1));
  co_return fail(Code::unauthenticated, "nobody is let in");
}

Flow<Result<json>> FakeCluster::create(json object, kubernetes::Warnings*) {
  if (world_.refuses(0.05)) co_return fail(Code::unavailable, "the call did not arrive");
  const std::string name = object["metadata"]["name"];
  if (object["kind"] == "Secret") {
    if (!world_.secrets.insert(name).second) co_return fail(Code::already_exists, name);
  } else {
    if (world_.jobs.contains(name)) co_return fail(Code::already_exists, name);
    world_.jobs[name] = object;
    world_.tell("Job", WatchEvent::Kind::added, object);
  }
  if (world_.refuses(0.05)) co_return fail(Code::unavailable, "the answer was lost");
  co_return object;
}

Flow<Result<bool>> FakeCluster::remove(kubernetes::ObjectName name, kubernetes::DeleteOptions options) {
  if (world_.refuses(0.05)) co_return fail(Code::unavailable, "the call did not arrive");
  if (name.kind.kind == "Secret") co_return world_.secrets.erase(name.name) > 0;
  auto& all = name.kind.kind == "Job" ? world_.jobs : world_.pods;
  const auto it = all.find(name.name);
  if (it == all.end()) co_return false;
  if (name.kind.kind == "Pod" && options.grace_seconds == 0) {
    const json gone = it->second;
    all.erase(it);
    world_.tell("Pod", WatchEvent::Kind::deleted, gone);
    co_return true;
  }
  it->second["metadata"]["deletionTimestamp"] = "now";
  world_.tell(name.kind.kind, WatchEvent::Kind::modified, it->second);
  co_return true;
}

Flow<Status> FakeCluster::logs(kubernetes::ObjectName pod, kubernetes::LogOptions options, BodySink& sink) {
  if (world_.refuses(0.05)) co_return fail(Code::unavailable, "the log broke off");
  auto it = world_.pods.find(pod.name);
  if (it == world_.pods.end()) co_return fail(Code::not_found, "no such pod");
  if (options.container == jobs::main_container) {
    sink.write("line\n");
    co_return Status{};
  }
  const std::string attempt = attempt_of(it->second);
  bool hands_over = true;
  while (it != world_.pods.end() && it->second["status"].value("phase", "") == "Running") {
    if (world_.is_away) co_return fail(Code::unauthenticated, "nobody is let in");
    hands_over = is_leaving(it->second);  // one that is deleted by force does not
    co_await flows_.pause_until(flows_.now() + std::chrono::milliseconds(500));
    it = world_.pods.find(pod.name);
  }
  if (it != world_.pods.end() && it->second["status"].value("phase", "") == "Pending") co_return Status{};
  if (it == world_.pods.end() && !hands_over) co_return fail(Code::unavailable, "the log broke off");
  const std::string outputs = base64_encode("archive") + "\n" + std::string(jobs::outputs_mark) + "\n";
  if (world_.refuses(0.05)) {
    sink.write(outputs.substr(0, 4));
    co_return fail(Code::unavailable, "the log broke off");
  }
  sink.write(outputs);
  world_.handed_over.insert(attempt);
  co_return Status{};
}

Flow<Result<kubernetes::ApiResource>> FakeCluster::discover(kubernetes::ObjectKind) {
  co_return fail(Code::internal, "not here");
}
Flow<Result<std::string>> FakeCluster::server_version() { co_return fail(Code::internal, "not here"); }
Flow<Result<json>> FakeCluster::get(kubernetes::ObjectName) { co_return fail(Code::internal, "not here"); }
/// Events alone are listed here. There are none.
Flow<Result<std::vector<json>>> FakeCluster::list(kubernetes::ObjectSelection) {
  if (world_.refuses(0.1)) co_return fail(Code::unavailable, "the API server is away");
  co_await flows_.pause_until(flows_.now() + std::chrono::milliseconds(50));
  co_return std::vector<json>();
}
Flow<Result<json>> FakeCluster::apply(json, kubernetes::ApplyOptions) { co_return fail(Code::internal, "not here"); }
Flow<Result<json>> FakeCluster::patch(kubernetes::ObjectName, kubernetes::PatchKind, json, std::string) {
  co_return fail(Code::internal, "not here");
}
Flow<Status> FakeCluster::evict(kubernetes::ObjectName, std::optional<std::int64_t>) {
  co_return fail(Code::internal, "not here");
}

}  // namespace drover::simulation
