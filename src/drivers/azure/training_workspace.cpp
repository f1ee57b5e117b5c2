#include "drivers/azure/training_workspace.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "drivers/azure/wire/training.hpp"
#include "protocol/arm_error.hpp"

namespace drover::azure {
namespace {

using nlohmann::json;
using training::JobView;

constexpr const char* version_2024 = "2024-04-01";
constexpr std::int64_t log_bytes_max = 1 << 20;
constexpr Duration log_timeout = std::chrono::minutes(1);
constexpr int no_such_range = 416;

}  // namespace

std::string TrainingWorkspace::url(std::string_view below) const {
  return client_.url(id_ + std::string(below), version_2024);
}

Flow<Result<json>> TrainingWorkspace::put(std::string below, json body) {
  auto answer = co_await client_.call(account_, json_request("PUT", url(below), body.dump()));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (!answer->ok()) co_return std::unexpected(arm::error_of(*answer));
  json made = parse_json(answer->body);
  if (made.is_discarded()) co_return fail(Code::corrupt, "the answer is not JSON");
  co_return made;
}

Flow<Result<BlobDoor>> TrainingWorkspace::open_datastore(std::string name) {
  auto datastore = co_await client_.get_json(account_, url("/datastores/" + name));
  if (!datastore) co_return std::unexpected(std::move(datastore.error()).in("datastore " + name));
  auto door = co_await open(std::move(*datastore));
  if (!door) co_return std::unexpected(std::move(door.error()).in("datastore " + name));
  co_return door;
}

Flow<Result<BlobDoor>> TrainingWorkspace::open(json datastore) {
  const std::string account = json_text_at(datastore, "/properties/accountName");
  const std::string container = json_text_at(datastore, "/properties/containerName");
  if (account.empty() || container.empty())
    co_return fail(Code::precondition, "it is no container of blobs", "use a datastore of type AzureBlob");
  std::string place = json_text_at(datastore, "/properties/endpoint");
  if (place.empty()) place = "core.windows.net";
  // Where one host stands for all accounts, the account is the first part of the path.
  const std::string& pattern = client_.endpoints().blob;
  const std::string home = place == "core.windows.net"
                               ? replace_all(pattern, "{account}", account)
                               : json_text_at(datastore, "/properties/protocol") + "://" +
                                     (place.contains(':') ? place + "/" + account : account + ".blob." + place);
  BlobDoor door{.url = home + "/" + container, .account = account};
  const std::string kind = json_text_at(datastore, "/properties/credentials/credentialsType");
  if (kind == "None") {
    auto token = co_await tokens_.get(account_, client_.endpoints().storage_scope);
    if (!token) co_return std::unexpected(std::move(token.error()));
    door.pass = BearerToken{std::move(*token)};
    co_return door;
  }
  const std::string below = "/datastores/" + json_text_at(datastore, "/name") + "/listSecrets";
  auto answer = co_await client_.call(account_, json_request("POST", url(below)));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (!answer->ok()) co_return std::unexpected(arm::error_of(*answer));
  const json secrets = parse_json(answer->body);
  if (const std::string key = json_text_at(secrets, "/key"); !key.empty()) {
    door.pass = AccountKey{key};
  } else if (std::string sas = json_text_at(secrets, "/sasToken"); !sas.empty()) {
    if (sas.starts_with('?')) sas.erase(0, 1);
    door.pass = SharedAccess{std::move(sas)};
  } else {
    co_return fail(Code::precondition, "its secrets are of a kind that is not known here: " + kind);
  }
  co_return door;
}

Flow<Result<std::optional<std::string>>> TrainingWorkspace::find_code(std::string name, std::string version) {
  using Id = std::optional<std::string>;
  auto code = co_await client_.get_json(account_, url("/codes/" + name + "/versions/" + version));
  if (!code && code.error().code == Code::not_found) co_return Id{};
  if (!code) co_return std::unexpected(std::move(code.error()));
  co_return Id{json_text_at(*code, "/id")};
}

Flow<Result<std::string>> TrainingWorkspace::put_code(std::string name, std::string version, std::string uri) {
  json body = json::object();
  body["properties"]["codeUri"] = uri;
  body["properties"]["isAnonymous"] = true;
  auto made = co_await put("/codes/" + name + "/versions/" + version, std::move(body));
  if (!made) co_return std::unexpected(std::move(made.error()));
  co_return json_text_at(*made, "/id");
}

Flow<Result<std::string>> TrainingWorkspace::put_environment(std::string name, std::string version,
                                                             training::EnvironmentWish wish) {
  json body = wire::environment_body(wish);
  auto made = co_await put("/environments/" + name + "/versions/" + version, std::move(body));
  if (!made) co_return std::unexpected(std::move(made.error()));
  co_return json_text_at(*made, "/id");
}

Flow<Result<json>> TrainingWorkspace::find_version(std::string collection, std::string reference) {
  std::string name = reference, version;
  if (const auto at = reference.rfind('@'); at != std::string::npos) {
    const std::string label = reference.substr(at + 1);
    name.resize(at);
    if (label != "latest")
      co_return fail(Code::invalid_input, "the label " + printable(label) + " is not known", "say @latest or :VERSION");
    auto container = co_await client_.get_json(account_, url("/" + collection + "/" + name));
    if (!container) co_return std::unexpected(std::move(container.error()));
    version = json_text_at(*container, "/properties/latestVersion");
  } else if (const auto colon = reference.rfind(':'); colon != std::string::npos) {
    name.resize(colon);
    version = reference.substr(colon + 1);
  }
  if (version.empty())
    co_return fail(Code::invalid_input, printable(reference) + " names no version", "say NAME:VERSION or NAME@latest");
  auto found = co_await client_.get_json(account_, url("/" + collection + "/" + name + "/versions/" + version));
  co_return found;
}

Flow<Result<std::string>> TrainingWorkspace::find_environment(std::string reference) {
  if (reference.starts_with("azureml://registries/")) co_return reference;
  auto found = co_await find_version("environments", reference);
  if (!found) co_return std::unexpected(std::move(found.error()).in("environment " + reference));
  co_return json_text_at(*found, "/id");
}

Flow<Result<std::string>> TrainingWorkspace::find_data(std::string reference) {
  auto found = co_await find_version("data", reference);
  if (!found) co_return std::unexpected(std::move(found.error()).in("data " + reference));
  co_return json_text_at(*found, "/properties/dataUri");
}

Flow<Status> TrainingWorkspace::submit(training::JobWish wish) {
  json body = wire::job_body(wish, id_);
  auto made = co_await put("/jobs/" + wish.name, std::move(body));
  if (!made) co_return std::unexpected(std::move(made.error()));
  co_return Status{};
}

Flow<Result<std::string>> TrainingWorkspace::history() {
  if (!history_.empty()) co_return history_;
  auto workspace = co_await client_.get_json(account_, url(""));
  if (!workspace) co_return std::unexpected(std::move(workspace.error()));
  const std::string discovery = json_text_at(*workspace, "/properties/discoveryUrl");
  if (discovery.empty())
    co_return fail(Code::unavailable, "the workspace does not say where its region's services are");
  auto services = co_await client_.get_json(account_, discovery);
  if (!services) co_return std::unexpected(std::move(services.error()).in("the services of the workspace's region"));
  const std::string found = json_text_at(*services, "/history");
  if (found.empty()) co_return fail(Code::unavailable, "the workspace's region does not say where its run history is");
  history_ = found;
  co_return history_;
}

Flow<Result<std::optional<JobView>>> TrainingWorkspace::look(std::string job) {
  using View = std::optional<JobView>;
  auto home = co_await history();
  if (!home) co_return std::unexpected(std::move(home.error()));
  const std::string address = *home + "/history/v1.0" + id_ + "/runs/" + job + "/details";
  auto details = co_await client_.get_json(account_, address);
  if (!details && details.error().code == Code::not_found) co_return View{};
  if (!details) co_return std::unexpected(std::move(details.error()));
  co_return View{wire::job_view(*details)};
}

Flow<Status> TrainingWorkspace::cancel(std::string job) {
  auto answer = co_await client_.call(account_, json_request("POST", url("/jobs/" + job + "/cancel")));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  // 400: it is over, which the next look will see.
  const bool is_over = answer->status == 400 || answer->status == 404 || answer->status == 409;
  if (!answer->ok() && !is_over) co_return std::unexpected(arm::error_of(*answer));
  co_return Status{};
}

Flow<Result<training::ComputeView>> TrainingWorkspace::look_at_compute(std::string compute) {
  auto found = co_await client_.get_json(account_, url("/computes/" + compute));
  if (!found) co_return std::unexpected(std::move(found.error()).in("compute " + compute));
  co_return wire::compute_view(*found);
}

Flow<Result<std::string>> TrainingWorkspace::read_log(std::string address, std::int64_t offset) {
  http::Request request{.method = "GET", .url = std::move(address)};
  request.headers.add("x-ms-range",
                      "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + log_bytes_max - 1));
  auto answer = co_await flows_.exchange(std::move(request), log_timeout);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (answer->status == no_such_range || answer->status == 404) co_return std::string{};
  if (!answer->ok()) co_return fail(Code::unavailable, "the log answers with " + std::to_string(answer->status));
  co_return std::move(answer->body);
}

}  // namespace drover::azure
