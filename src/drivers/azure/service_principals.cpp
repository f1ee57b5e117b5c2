// Service principals as AzureCloud makes them: an application, its principal, and a password that goes straight into
// the secret store. Microsoft Graph v1.0; found again by display name, as `az ad sp create-for-rbac` does.
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "drivers/azure/azure_cloud.hpp"
#include "protocol/arm_error.hpp"

namespace drover::azure {
namespace {

using nlohmann::json;

std::string odata_literal(std::string_view text) { return "'" + replace_all(std::string(text), "'", "''") + "'"; }

// Bodies are made here, outside the coroutines: g++ 12 cannot compile initializer lists of json inside them.
json application_body(const std::string& name) { return {{"displayName", name}}; }
json principal_body(const std::string& app_id) { return {{"appId", app_id}}; }
json password_body() { return {{"passwordCredential", {{"displayName", "drover"}}}}; }

Observed decode_principal(const Resource& desired, const json& principal) {
  Observed seen{
      .presence = Presence::settled, .state = "Succeeded", .spec = desired.spec, .fingerprint = "", .outputs = {}};
  seen.outputs["principal_id"] = principal.value("id", "");
  seen.outputs["app_id"] = principal.value("appId", "");
  seen.fingerprint = seen.outputs["principal_id"];
  return seen;
}

}  // namespace

Flow<Result<json>> AzureCloud::find_in_graph(std::string account, std::string collection, std::string filter) {
  auto found =
      co_await client_.list(account, endpoints_.graph + "/v1.0/" + collection + "?$filter=" + percent_encode(filter));
  if (!found) co_return std::unexpected(std::move(found.error()));
  if (found->empty()) co_return json();
  co_return std::move(found->front());
}

Flow<Result<json>> AzureCloud::post_to_graph(std::string account, std::string path, json body) {
  auto answer = co_await client_.call(account, json_request("POST", endpoints_.graph + "/v1.0/" + path, body.dump()));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (!answer->ok()) co_return std::unexpected(arm::error_of(*answer));
  json made = parse_json(answer->body);
  if (!made.is_object()) co_return fail(Code::corrupt, "Graph answered something that is not a JSON object");
  co_return made;
}

AzureCloud::Reading AzureCloud::read_service_principal(const Resource& resource) {
  auto found =
      co_await find_in_graph(resource.account, "servicePrincipals", "displayName eq " + odata_literal(resource.name));
  if (!found) co_return std::unexpected(std::move(found.error()));
  if (found->is_null()) co_return Observed{};
  co_return decode_principal(resource, *found);
}

AzureCloud::Reading AzureCloud::make_service_principal(const Resource& resource) {
  auto application =
      co_await find_in_graph(resource.account, "applications", "displayName eq " + odata_literal(resource.name));
  if (!application) co_return std::unexpected(std::move(application.error()));
  const bool is_new = application->is_null();
  if (is_new) {
    application = co_await post_to_graph(resource.account, "applications", application_body(resource.name));
    if (!application) co_return std::unexpected(std::move(application.error()));
  }
  const std::string app_id = application->value("appId", "");
  // Graph shows a password only once, so it is kept before the principal is made: a principal that is there has a
  // password that we have. Crash before the store has it: the next run adds another, and the lost one dies with its
  // application.
  const std::string& name = resource.key;
  if (is_new || !secrets_.get(name)) {  // an old secret of that name belongs to an application that is gone
    const std::string path = "applications/" + application->value("id", "") + "/addPassword";
    auto password = co_await post_to_graph(resource.account, path, password_body());
    if (!password) co_return std::unexpected(std::move(password.error()));
    if (auto kept = secrets_.put(name, password->value("secretText", "")); !kept)
      co_return std::unexpected(std::move(kept.error()));
  }
  auto principal = co_await find_in_graph(resource.account, "servicePrincipals", "appId eq " + odata_literal(app_id));
  if (!principal) co_return std::unexpected(std::move(principal.error()));
  if (principal->is_null()) {
    principal = co_await post_to_graph(resource.account, "servicePrincipals", principal_body(app_id));
    if (!principal) co_return std::unexpected(std::move(principal.error()));
  }
  co_return decode_principal(resource, *principal);
}

AzureCloud::Reading AzureCloud::destroy_service_principal(const Resource& resource) {
  auto application =
      co_await find_in_graph(resource.account, "applications", "displayName eq " + odata_literal(resource.name));
  if (!application) co_return std::unexpected(std::move(application.error()));
  if (!application->is_null()) {
    const std::string url = endpoints_.graph + "/v1.0/applications/" + application->value("id", "");
    auto answer = co_await client_.call(resource.account, json_request("DELETE", url));
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    if (!answer->ok() && answer->status != 404) co_return std::unexpected(arm::error_of(*answer));
  }
  co_return Observed{};
}

}  // namespace drover::azure
