#include "app/workbench.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <thread>

#include "app/cluster_link.hpp"
#include "app/credentials.hpp"
#include "app/job_targets.hpp"
#include "app/local_world.hpp"
#include "app/network.hpp"
#include "app/pod_stores.hpp"
#include "app/signals.hpp"
#include "app/workspace_link.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "control/record_names.hpp"
#include "control/tracking.hpp"
#include "drivers/azure/azure_cloud.hpp"
#include "drivers/blob/azure_blobs.hpp"
#include "drivers/curl/curl_transport.hpp"
#include "drivers/prometheus/prometheus_meter.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/gpus.hpp"
#include "drivers/system/processes.hpp"
#include "drivers/system/programs.hpp"
#include "drivers/system/sealed_secrets.hpp"
#include "estate/lower.hpp"
#include "ports/transport/rate_limited.hpp"
#include "ports/transport/retrying.hpp"
#include "ports/transport/traced.hpp"

namespace drover::app {
namespace {

/// Real time between two redraws of an apply's progress.
constexpr Duration redraw = std::chrono::milliseconds(200);

}  // namespace

std::string state_folder(const cli::Invocation& typed, const Environment& environment) {
  if (const auto folder = environment("DROVER_STATE"); folder && !folder->empty()) return *folder;
  const std::string& estate = typed.estate.empty() ? typed.saved_plan : typed.estate;
  const auto slash = estate.rfind('/');
  return slash == std::string::npos ? ".drover" : estate.substr(0, slash) + "/.drover";
}

Result<std::string> absolute_folder(const std::string& folder) {
  DROVER_CHECK(system::make_private_folder(folder));
  std::error_code error;
  const auto absolute = std::filesystem::absolute(folder, error).lexically_normal();
  if (error) return fail(Code::unavailable, folder + ": " + error.message());
  return absolute.string();
}

/// One connection: the chain of transports from the cloud port down to the wire, and what hangs on it. Members are made
/// in this order and go in the reverse.
struct Workbench::Link {
  std::shared_ptr<LocalWorld> world;                           ///< local only
  std::unique_ptr<Clock> own_clock;                            ///< Azure only
  std::vector<std::unique_ptr<curl::CurlTransport>> networks;  ///< behind wires that give way
  std::unique_ptr<HttpTransport> wire;
  std::unique_ptr<HttpTransport> traced, limited, retrying;
  std::unique_ptr<HttpTransport> blob_wire, blob_traced;
  std::map<std::string, azure::Credential> credentials;
  std::unique_ptr<azure::AzureCloud> cloud;
  std::unique_ptr<Blobs> blobs;
  std::map<std::string, Resource> storage;  ///< accounts of the estate, whose keys open the blobs
  std::map<std::string, std::string> keys;
};

Workbench::Workbench(const cli::Invocation& typed, Environment environment, server::Errands* errands)
    : typed_(typed),
      environment_(std::move(environment)),
      folder_(state_folder(typed, environment_)),
      errands_(errands) {}

Workbench::~Workbench() = default;

Status Workbench::open() {
  DROVER_CHECK(system::make_private_folder(folder_));
  DROVER_TRY(lock, system::FolderLock::take(folder_));
  lock_.emplace(std::move(lock));
  DROVER_TRY(database, sqlite::Database::open(folder_ + "/state.db"));
  database_ = std::move(database);
  store_.emplace(database_->store());
  DROVER_CHECK(control::adopt_record_names(*store_));
  std::string configuration = environment_("XDG_CONFIG_HOME").value_or("");
  if (configuration.empty()) configuration = environment_("HOME").value_or(".") + "/.config";
  secrets_ = std::make_unique<system::SealedSecrets>(folder_ + "/secrets", configuration + "/drover/seal.key");
  return {};
}

Result<control::JobLoop*> Workbench::jobs() {
  if (jobs_) return &*jobs_;
  const std::string folder = std::filesystem::absolute(folder_).lexically_normal().string();
  if (!targets_) {
    JobTargets::Parts places{.folder = folder, .environment = environment_, .store = store(), .secrets = *secrets_};
    places.variables = [this](const jobs::JobRecord& job) { return tracking_variables(job); };
    places.world = [this] { return local_world(); };
    places.errands = errands_;
    DROVER_TRY(targets, JobTargets::open(std::move(places)));
    targets_ = std::move(targets);
  }
  control::JobLoopParts parts{.store = store(),
                              .folders = targets_->folders(),
                              .clock = targets_->clock(),
                              .folder = folder,
                              .runner = [this](const jobs::JobRecord& job) { return targets_->runner(job); }};
  if (errands_ != nullptr) parts.pause = [this](Instant until) { errands_->wait_until(until); };
  DROVER_TRY(opened, control::JobLoop::open(std::move(parts)));
  jobs_.emplace(std::move(opened));
  return &*jobs_;
}

int Workbench::process_descriptor() const { return targets_ ? targets_->process_descriptor() : -1; }

int Workbench::gpus() {
  if (!gpus_) {
    system::SystemPrograms programs;
    gpus_ = system::count_gpus(programs);
  }
  return *gpus_;
}

Result<std::string> Workbench::keep_kubeconfig(const std::string& cluster, const std::string& text) {
  DROVER_TRY(folder, absolute_folder(folder_ + "/kubeconfigs"));
  DROVER_CHECK(system::write_file(folder + "/" + cluster, text, 0600));
  return folder + "/" + cluster;
}

Status Workbench::keep_workspace(const estate::Estate& estate, const std::string& cloud, const Resource& workspace) {
  const auto account = estate.accounts.find(workspace.account);
  if (account == estate.accounts.end())
    return fail(Code::invalid_input, "workspace " + workspace.name + " has no account");
  DROVER_TRY(proof, find_proof(account->first, account->second, cloud, *secrets_, environment_));
  return keep_access({.id = workspace.arm_id, .cloud = cloud, .proof = std::move(proof)}, store(), *secrets_);
}

Result<std::string> Workbench::keep_container(const std::string& url) { return app::keep_container(url, *secrets_); }

void Workbench::track_jobs(std::string url, std::string key) {
  tracking_url_ = std::move(url);
  tracking_key_ = std::move(key);
}

std::string Workbench::job_token(const std::string& id) const {
  return "job-" + id + "-" + sha256_hex(hmac_sha256(tracking_key_, "job " + id));
}

bool Workbench::is_job_token(std::string_view token) const {
  const auto parts = split(token, '-');
  if (tracking_key_.empty() || parts.size() != 3) return false;
  // Digests are compared, so that the time that it takes tells nothing.
  return sha256_hex(token) == sha256_hex(job_token(std::string(parts[1])));
}

/// Empty where there is no server to log to, or nothing can be kept: a job then logs where MLflow does by itself.
std::map<std::string, std::string> Workbench::tracking_variables(const jobs::JobRecord& job) {
  if (tracking_url_.empty()) return {};
  control::Tracking tracking(*store_, &*jobs_);
  std::string experiment = "0";
  if (const std::string& name = job.spec.experiment; !name.empty()) {
    const auto known = tracking.experiment_by_name(name);
    auto id = known ? known->value("experiment_id", "") : tracking.create_experiment(name, {}, real_now());
    if (!id) return {};
    experiment = std::move(*id);
  }
  if (job.attempt > 1 && !tracking.reopen_run(job)) return {};
  return {{"MLFLOW_TRACKING_URI", tracking_url_},
          {"MLFLOW_TRACKING_TOKEN", job_token(job.id)},
          {"MLFLOW_RUN_ID", control::run_of_job(job.id)},
          {"MLFLOW_EXPERIMENT_ID", experiment}};
}

void Workbench::end_tracking(const jobs::JobRecord& job) {
  (void)control::Tracking(store_->later()).close_run(job);  // a full disk: the job's own end stands
}

bool Workbench::stop_asked() { return stop_requested.load(); }

Result<std::shared_ptr<void>> Workbench::claim(const std::string& what) {
  if (const auto held = claim_.lock())
    return fail(Code::conflict,
                held->what + " is under way, since " + format_human(real_now() - held->since) + " (" +
                    format_iso(held->since).substr(0, 19) + "Z)",
                "wait until it has ended; reading goes on beside it");
  auto claim = std::make_shared<Claim>(what, real_now());
  claim_ = claim;
  return std::shared_ptr<void>(std::move(claim));
}

std::unique_ptr<Clock> Workbench::make_real_clock() const {
  auto clock = std::make_unique<system::SystemClock>();
  if (errands_ == nullptr) return clock;
  return std::make_unique<server::YieldingClock>(
      std::move(clock), *errands_, [](Instant instant) { return instant; }, [] { return stop_requested.load(); });
}

Result<std::shared_ptr<LocalWorld>> Workbench::local_world() {
  if (world_) return world_;
  auto world = std::make_shared<LocalWorld>();
  world->set_physics({.retry_after_ms = typed_.retry_after_ms});
  const std::string speed = typed_.speed.empty() ? environment_("DROVER_SPEED").value_or("") : typed_.speed;
  DROVER_CHECK(world->open(folder_, speed, errands_));
  world_ = std::move(world);
  return world_;
}

namespace {

/// A meter with the wire that it stands on.
struct MeterLink final : LoadMeter {
  std::unique_ptr<Clock> clock;
  std::unique_ptr<curl::CurlTransport> network;
  std::unique_ptr<HttpTransport> wire;
  std::unique_ptr<prometheus::PrometheusMeter> meter;

  Result<LoadSamples> read(Instant from, Instant to, Duration step) override { return meter->read(from, to, step); }
  std::string words() const override { return meter->words(); }
};

}  // namespace

std::unique_ptr<LoadMeter> Workbench::prometheus(PrometheusQuery query) {
  auto link = std::make_unique<MeterLink>();
  link->clock = make_real_clock();
  link->network = std::make_unique<curl::CurlTransport>(*link->clock, network_from(environment_));
  if (const auto url = http::parse_url(query.address); url && !query.authority_pem.empty())
    link->network->set_host(url->authority(), {.authority_pem = query.authority_pem});
  HttpTransport* wire = link->network.get();
  if (errands_ != nullptr) {
    link->wire = make_yielding(*link->network, *errands_);
    wire = link->wire.get();
  }
  link->meter = std::make_unique<prometheus::PrometheusMeter>(*wire, std::move(query));
  return link;
}

Result<api::Connection> Workbench::connect(const estate::Estate& estate, const std::string& cloud) {
  auto link = std::make_shared<Link>();
  for (const auto& [name, account] : estate.accounts) {
    DROVER_TRY(proof, find_proof(name, account, cloud, *secrets_, environment_));
    link->credentials[name] = credential_of(proof);
  }
  azure::Endpoints endpoints;
  Clock* clock = nullptr;
  Duration tick{};
  if (cloud == "local") {
    DROVER_TRY(world, local_world());
    link->world = world;
    clock = &world->clock();
    link->wire = world->connect();
    link->blob_wire = world->connect();
    tick = world->is_instant()
               ? Duration{0}
               : Duration(static_cast<std::int64_t>(static_cast<double>(redraw.count()) * world->speed()));
  } else {
    link->own_clock = make_real_clock();
    clock = link->own_clock.get();
    const curl::CurlOptions options = network_from(environment_);
    for (auto* wire : {&link->wire, &link->blob_wire}) {
      auto curl = std::make_unique<curl::CurlTransport>(*clock, options);
      if (errands_ != nullptr) {
        *wire = make_yielding(*curl, *errands_);
        link->networks.push_back(std::move(curl));
      } else {
        *wire = std::move(curl);
      }
    }
    endpoints = endpoints_from(environment_);
    tick = redraw;
  }
  HttpTransport* chain = link->wire.get();
  HttpTransport* blob_chain = link->blob_wire.get();
  if (typed_.trace) {
    const auto print = [](const http::Request& request, const Result<http::Response>& outcome, Instant now) {
      std::fprintf(stderr, "%s\n", format_exchange(request, outcome, now).c_str());
    };
    link->traced = std::make_unique<TracedTransport>(*chain, print);
    chain = link->traced.get();
    link->blob_traced = std::make_unique<TracedTransport>(*blob_chain, print);
    blob_chain = link->blob_traced.get();
  }
  if (!world_ || !world_->is_timeless()) {
    link->limited = std::make_unique<RateLimitedTransport>(*chain, ArmBudget{});
    chain = link->limited.get();
  }
  link->retrying = std::make_unique<RetryingTransport>(*chain, RetryPolicy{}, 1);
  link->cloud = std::make_unique<azure::AzureCloud>(*link->retrying, endpoints, link->credentials, *secrets_);
  if (auto lowered = estate::lower(estate))
    for (const auto& resource : lowered->graph.resources())
      if (resource.kind() == StorageAccount::kind) link->storage.emplace(resource.name, resource);
  blob::AzureBlobsOptions blob_options{.endpoint = endpoints.blob};
  // Keys of the estate's own accounts, as the workshop uses them; they stay in memory.
  blob_options.credential =
      blob::SharedKeyCredential{[raw = link.get()](const std::string& account) -> Result<std::string> {
        if (const auto known = raw->keys.find(account); known != raw->keys.end()) return known->second;
        const auto it = raw->storage.find(account);
        if (it == raw->storage.end())
          return fail(Code::invalid_input, "storage account " + account + " is not in the estate",
                      "name it under storage:");
        DROVER_TRY(key, raw->cloud->storage_key(it->second));
        return raw->keys.emplace(account, std::move(key)).first->second;
      }};
  link->blobs = std::make_unique<blob::AzureBlobs>(*blob_chain, std::move(blob_options));
  api::Connection connection{link->cloud.get(), link->blobs.get(), clock, nullptr, tick};
  if (cloud == "local" && !world_->is_instant()) connection.pace = world_->speed();
  if (cloud == "local") connection.speed = world_->is_instant() ? 0 : world_->speed();
  connection.owner = std::move(link);
  return connection;
}

Result<api::ClusterConnection> Workbench::connect_cluster(const api::Connection& connection, const std::string& cloud,
                                                          const Resource& cluster) {
  DROVER_TRY(kubeconfig, connection.cloud->kubeconfig(cluster, false));
  ClusterWay way{.trace = typed_.trace, .errands = errands_};
  if (cloud == "local") {
    DROVER_TRY(world, local_world());
    way.world = std::move(world);
  } else {
    way.clock = make_real_clock();
  }
  return link_cluster(kubeconfig, cluster, std::move(way));
}

}  // namespace drover::app
