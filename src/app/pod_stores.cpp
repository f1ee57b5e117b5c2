#include "app/pod_stores.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/cloud_endpoints.hpp"
#include "app/network.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "drivers/system/files.hpp"
#include "jobs/workspace_job.hpp"
#include "protocol/blob_auth.hpp"

namespace drover::app {
namespace {

constexpr std::string_view workspace_mark = "workspace:", container_mark = "container:";
constexpr std::size_t name_length = 16;  // of hexadecimal digits
/// Pods read, make and write; Drover lists besides.
constexpr std::string_view pods_may = "rcw", drover_needs = "rcwl";
/// A door is asked for again after this: keys are rotated.
constexpr Duration door_age_max = std::chrono::minutes(5);
constexpr int events_max = 1000;
constexpr std::int64_t certificate_bytes_max = 1 << 20;

std::string read_or_nothing(const std::string& path) {
  return path.empty() ? "" : system::read_file(path, certificate_bytes_max).value_or("");
}

std::string secret_of(std::string_view digest) { return "store-" + std::string(digest); }

/// "URL?SIGNATURE"
BlobDoor door_of(const std::string& address) {
  const auto mark = address.find('?');
  std::string url = address.substr(0, mark);
  while (url.ends_with('/')) url.pop_back();
  return {.url = std::move(url), .account = "", .pass = SharedAccess{address.substr(mark + 1)}};
}

class ContainerStore final : public control::PodStore {
 public:
  ContainerStore(BlobDoor door, const Environment& environment)
      : door_(std::move(door)),
        ca_pem_(read_or_nothing(environment("DROVER_CA_FILE").value_or(""))),
        wire_(clock_, network_from(environment)),
        retrying_(wire_, RetryPolicy{}, 1),
        flows_(retrying_),
        blobs_(flows_) {}

  BlobStore& blobs() override { return blobs_; }
  Flow<Result<BlobDoor>> open() override { co_return door_; }
  Result<jobs::PodDoor> pass_on(const BlobDoor& door, Instant) override {
    return jobs::PodDoor{.url = door.url, .query = std::get<SharedAccess>(door.pass).query, .ca_pem = ca_pem_};
  }
  void step() override {
    for (int i = 0; i < events_max && flows_.step(flows_.now()); ++i) continue;
  }

 private:
  BlobDoor door_;
  std::string ca_pem_;
  system::SystemClock clock_;
  curl::CurlTransport wire_;
  RetryingTransport retrying_;
  Flows flows_;
  blob::BlobClient blobs_;
};

class WorkspaceStore final : public control::PodStore {
 public:
  WorkspaceStore(const WorkspaceAccess& access, std::shared_ptr<LocalWorld> world, const PodStoreParts& parts)
      : way_(access, std::move(world), parts.environment), folder_(parts.folder), environment_(parts.environment) {}

  BlobStore& blobs() override { return way_.blobs; }
  Flow<Result<BlobDoor>> open() override {
    if (door_ && way_.real_clock.now() - opened_ < door_age_max) co_return *door_;
    auto door = co_await way_.workspace.open_datastore(std::string(jobs::blob_datastore));
    if (!door) co_return std::unexpected(std::move(door.error()));
    door_ = *door;
    opened_ = way_.real_clock.now();
    co_return *door_;
  }
  Result<jobs::PodDoor> pass_on(const BlobDoor& door, Instant until) override;
  void step() override {
    for (int i = 0; i < events_max && way_.flows.step(way_.flows.now()); ++i) continue;
  }

 private:
  WorkspaceWay way_;
  std::string folder_;
  Environment environment_;
  std::optional<BlobDoor> door_;
  Instant opened_{};
};

Result<jobs::PodDoor> WorkspaceStore::pass_on(const BlobDoor& door, Instant until) {
  const std::string container = door.url.substr(door.url.rfind('/') + 1);
  jobs::PodDoor way{
      .url = door.url, .query = "", .ca_pem = read_or_nothing(environment_("DROVER_CA_FILE").value_or(""))};
  if (const auto* key = std::get_if<AccountKey>(&door.pass)) {
    DROVER_TRY(query, blob::make_container_sas(door.account, container, key->key, pods_may, until));
    way.query = std::move(query);
  } else if (const auto* signature = std::get_if<SharedAccess>(&door.pass)) {
    way.query = signature->query;
  } else {
    return fail(Code::precondition, "the workspace's datastore is opened by identities alone, which pods have not",
                "submit with --store URL, a container's address with a shared access signature");
  }
  if (way_.world == nullptr) return way;
  // In this process there is no network; pods come by the local cloud's port.
  const auto record = parse_json(read_or_nothing(CloudPlace{.folder = folder_}.record()));
  if (!record.is_object() || !record.contains("url"))
    return fail(Code::unavailable, "the local cloud is not being served, and pods reach it by its port",
                "drover serve --background");
  way.url = record.value("url", "") + "/" + door.account + "/" + container;
  way.ca_pem = read_or_nothing(record.value("ca", ""));
  return way;
}

}  // namespace

Result<std::string> keep_container(const std::string& url, Secrets& secrets) {
  const auto parts = http::parse_url(url);
  const std::string hint =
      "https://ACCOUNT.blob.core.windows.net/CONTAINER?sv=...&sp=rcwl&sig=..., as az storage "
      "container generate-sas makes signatures";
  if (!parts || parts->path.size() < 2)
    return fail(Code::invalid_input, "--store is no address of a container of blobs", hint);
  const auto query = http::parse_query(parts->query);
  const auto value = [&](std::string_view name) {
    const auto it = std::ranges::find(query, name, [](const auto& entry) { return entry.first; });
    return it == query.end() ? std::string() : it->second;
  };
  if (value("sig").empty()) return fail(Code::invalid_input, "--store has no shared access signature in it", hint);
  const std::string may = value("sp");
  for (const char right : drover_needs)
    if (!may.contains(right))
      return fail(Code::invalid_input,
                  "the signature of --store lets too little be done: sp=" + printable(may) +
                      ", and sp=" + std::string(drover_needs) + " is needed",
                  hint);
  const std::string digest = sha256_hex(url).substr(0, name_length);
  DROVER_CHECK(secrets.put(secret_of(digest), url));
  return std::string(container_mark) + digest;
}

std::string workspace_store(const std::string& workspace) { return std::string(workspace_mark) + workspace; }

Result<std::unique_ptr<control::PodStore>> open_pod_store(const std::string& name, const PodStoreParts& parts) {
  if (name.starts_with(container_mark)) {
    DROVER_TRY(address, parts.secrets.get(secret_of(name.substr(container_mark.size()))));
    return std::make_unique<ContainerStore>(door_of(address), parts.environment);
  }
  if (!name.starts_with(workspace_mark)) return fail(Code::corrupt, "there is no store " + printable(name));
  DROVER_TRY(access, load_access(name.substr(workspace_mark.size()), parts.store, parts.secrets));
  std::shared_ptr<LocalWorld> world;
  if (access.cloud == "local") {
    DROVER_TRY(opened, parts.world());
    world = std::move(opened);
  }
  return std::make_unique<WorkspaceStore>(access, std::move(world), parts);
}

}  // namespace drover::app
