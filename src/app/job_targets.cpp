#include "app/job_targets.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "app/console.hpp"
#include "app/local_world.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "control/jobs/kubernetes_runner.hpp"
#include "drivers/curl/curl_transport.hpp"
#include "drivers/kubernetes/kubernetes_cluster.hpp"
#include "drivers/kubernetes/kubernetes_transport.hpp"
#include "drivers/system/gpus.hpp"
#include "drivers/system/processes.hpp"
#include "drivers/system/programs.hpp"

namespace drover::app {
namespace {

constexpr std::size_t home_length = 16;  // of hexadecimal digits: no two folders share it

/// Jobs that run on this machine at the same time: DROVER_SLOTS, or one a processor.
std::int64_t slots_of(const Environment& environment) {
  constexpr std::int64_t slots_max = 4096;
  const std::string said = environment("DROVER_SLOTS").value_or("");
  std::int64_t slots = 0;
  std::from_chars(said.data(), said.data() + said.size(), slots);
  if (slots <= 0) slots = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  return std::clamp<std::int64_t>(slots, 1, slots_max);
}

bool is_in_path(const std::string& program, const std::string& path) {
  if (program.contains('/')) return ::access(program.c_str(), X_OK) == 0;
  for (const auto folder : split(path, ':'))
    if (!folder.empty() && ::access((std::string(folder) + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

/// The program that gives credentials runs with the variables of the person who submitted the job. Errors: precondition
/// when it is not there, with what its author says about how to get it.
Status prepare_exec(codec::KubeAccess& access, const jobs::JobRecord& job, const Environment& environment) {
  if (!access.user.has_exec) return {};
  codec::KubeExec& exec = access.user.exec;
  const auto said = job.caller.find("PATH");
  const std::string path = said == job.caller.end() ? environment("PATH").value_or("") : said->second;
  if (!is_in_path(exec.command, path))
    return std::unexpected(Error{
        .code = Code::precondition,
        .message = "the user \"" + printable(access.user.name) + "\" gets credentials from " + printable(exec.command) +
                   ", which is not installed",
        .hint = exec.install_hint.empty() ? "install it, or put it into your PATH" : printable(trim(exec.install_hint)),
        .where = access.user.where});
  // What the kubeconfig sets comes later, and counts.
  exec.environment.insert(exec.environment.begin(), job.caller.begin(), job.caller.end());
  return {};
}

/// The processors that this process may use, and the memory of the machine.
jobs::MachineFacts facts_of_machine() {
  jobs::MachineFacts facts{.cpus = static_cast<double>(std::thread::hardware_concurrency())};
  facts.memory_bytes = std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGE_SIZE);
  facts.gpus = [] {
    system::SystemPrograms programs;
    return system::count_gpus(programs);
  };
  return facts;
}

}  // namespace

/// All that lies between a runner and its cluster, lowest first.
struct JobTargets::ClusterLink {
  ClusterLink(codec::KubeAccess access, Folders& folders, control::KubernetesPlace place,
              std::unique_ptr<control::PodStore> files_store)
      : store(std::move(files_store)),
        space(access.space.empty() ? "default" : access.space),
        wire(clock, {.user_agent = "drover/" DROVER_VERSION}),
        polite(wire, {}, kubernetes::kubernetes_retries, 1),
        flows(polite),
        credentials(std::move(access), files, programs, wire),
        cluster(flows, credentials, 1),
        runner(cluster, flows, folders, in_space(std::move(place), space), store.get()) {}

  static control::KubernetesPlace in_space(control::KubernetesPlace place, std::string space) {
    place.space = std::move(space);
    return place;
  }

  std::unique_ptr<control::PodStore> store;
  std::string space;
  system::SystemClock clock;
  DiskFiles files;
  system::SystemPrograms programs;
  curl::CurlTransport wire;
  kubernetes::KubernetesTransport polite;
  Flows flows;
  kubernetes::Credentials credentials;
  kubernetes::KubernetesCluster cluster;
  control::KubernetesRunner runner;
};

JobTargets::JobTargets(Parts parts)
    : parts_(std::move(parts)), home_(sha256_hex(parts_.folder).substr(0, home_length)) {}
JobTargets::~JobTargets() = default;

Result<std::unique_ptr<JobTargets>> JobTargets::open(Parts parts) {
  auto made = std::unique_ptr<JobTargets>(new JobTargets(std::move(parts)));
  const Parts& given = made->parts_;
  DROVER_TRY(processes, system::open_processes(given.folder + "/processes"));
  made->processes_ = std::move(processes);
  if (given.errands != nullptr) {
    made->own_processes_ = std::move(made->processes_);
    made->processes_ = std::make_unique<server::YieldingProcesses>(*made->own_processes_, *given.errands);
  }
  Variables common;
  for (const char* name : {"PATH", "HOME", "LANG", "TZ"})
    if (const auto value = given.environment(name)) common[name] = *value;
  made->here_ = std::make_unique<control::ProcessRunner>(*made->processes_, made->folders_, slots_of(given.environment),
                                                         std::move(common), given.variables, facts_of_machine());
  return made;
}

Result<control::Runner*> JobTargets::runner(const jobs::JobRecord& job) {
  if (const auto* place = std::get_if<jobs::WorkspaceCompute>(&job.target)) {
    const std::string key = jobs::target_text(job.target);
    if (const auto known = workspaces_.find(key); known != workspaces_.end()) return &known->second->runner();
    DROVER_TRY(link, connect_workspace(*place));
    return &workspaces_.emplace(key, std::move(link)).first->second->runner();
  }
  if (const auto* place = std::get_if<jobs::KubernetesContext>(&job.target)) {
    const std::string key = jobs::place_key(job) + " " + job.kubeconfig + " " + job.store;
    if (const auto known = clusters_.find(key); known != clusters_.end()) return &known->second->runner;
    DROVER_TRY(link, connect(place->context, job));
    return &clusters_.emplace(key, std::move(link)).first->second->runner;
  }
  return here_.get();
}

/// Its pods share this machine's network, as all of the local cloud do.
bool JobTargets::is_of_local_cloud(const std::string& server) {
  const auto url = http::parse_url(server);
  const auto world = url && parts_.world ? parts_.world() : fail(Code::not_found, "");
  if (!world) return false;
  const auto endpoints = localcloud::cluster_endpoints((*world)->world(), clock_.now());
  return endpoints && std::ranges::any_of(*endpoints, [&](const auto& endpoint) {
           return endpoint.port != 0 && url->authority() == "127.0.0.1:" + std::to_string(endpoint.port);
         });
}

/// MLflow's, where pods of that cluster reach this server: by its own address, or the one that leads to it.
std::function<JobTargets::Variables(const jobs::JobRecord&)> JobTargets::variables_for(const std::string& server) {
  if (!parts_.variables || is_of_local_cloud(server)) return parts_.variables;
  const auto address = parts_.environment("DROVER_TRACKING_URL");
  if (!address || address->empty()) return nullptr;
  return [variables = parts_.variables, url = *address](const jobs::JobRecord& job) {
    Variables all = variables(job);
    if (all.contains("MLFLOW_TRACKING_URI")) all["MLFLOW_TRACKING_URI"] = url;
    return all;
  };
}

Result<std::unique_ptr<JobTargets::ClusterLink>> JobTargets::connect(const std::string& context,
                                                                     const jobs::JobRecord& job) {
  DiskFiles files;
  DROVER_TRY(config, kubernetes::load_kubeconfig(files, job.kubeconfig, parts_.environment("HOME").value_or("")));
  DROVER_TRY(access, codec::resolve_context(config, context));
  DROVER_CHECK(prepare_exec(access, job, parts_.environment));
  std::unique_ptr<control::PodStore> store;
  if (!job.store.empty()) {
    DROVER_TRY(opened, open_pod_store(job.store, {.folder = parts_.folder,
                                                  .environment = parts_.environment,
                                                  .store = parts_.store,
                                                  .secrets = parts_.secrets,
                                                  .world = parts_.world}));
    store = std::move(opened);
  }
  // Two runners never look after the same objects: each clears away what is not its own.
  const std::string home =
      jobs::is_on_callers_cluster(job) ? sha256_hex(home_ + jobs::place_key(job)).substr(0, home_length) : home_;
  control::KubernetesPlace place{.home = home, .space = "", .context = context, .kubeconfig = job.kubeconfig};
  place.variables = variables_for(access.cluster.server);
  return std::make_unique<ClusterLink>(std::move(access), folders_, std::move(place), std::move(store));
}

Result<std::unique_ptr<WorkspaceLink>> JobTargets::connect_workspace(const jobs::WorkspaceCompute& place) {
  DROVER_TRY(access, load_access(place.workspace, parts_.store, parts_.secrets));
  control::AzuremlPlace made{.workspace = "", .compute = "", .home = home_};
  std::shared_ptr<LocalWorld> world;
  if (access.cloud == "local") {
    DROVER_TRY(opened, parts_.world());
    world = std::move(opened);
    if (parts_.errands == nullptr)
      made.asleep = "computes of the local cloud run jobs while drover serve does (drover serve --background)";
    else if (world->is_instant())
      made.asleep = "time does not go by in this local cloud by itself (drover serve --speed 60)";
    if (const auto& trouble = processes_->isolation().unconfined_only; trouble)
      made.no_isolation = Error{.code = trouble->code,
                                .message = "computes of the local cloud shut in what they run, and " + trouble->message,
                                .hint = "--set compute=local --unconfined runs it on this machine as it is"};
    made.variables = parts_.variables;  // they share this machine's network; Azure sets MLflow's own for its computes
  }
  return std::make_unique<WorkspaceLink>(access, place.compute, std::move(made), std::move(world), parts_.environment,
                                         folders_);
}

}  // namespace drover::app
