// How operations under way are asked about. Each provider has its own words for it, kept as recorded.
#include "localcloud/operations.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/router.hpp"
#include "localcloud/services.hpp"
#include "localcloud/storage.hpp"
#include "localcloud/workspaces.hpp"

namespace drover::localcloud {
namespace {

const char* status_text(OperationStatus status) {
  switch (status) {
    case OperationStatus::in_progress:
      return "InProgress";
    case OperationStatus::succeeded:
      return "Succeeded";
    case OperationStatus::failed:
      return "Failed";
    case OperationStatus::canceled:
      return "Canceled";
  }
  return "";
}

http::Response operation_not_found(const std::string& id) {
  return refuse(404, "OperationNotFound", "The operation '" + id + "' could not be found.");
}

/// AKS names an operation in its status by the GUID of its address with the bytes of the first three groups swapped.
std::string swapped_guid(const std::string& guid) {
  const auto at = [&](std::size_t i) { return guid.substr(i, 2); };
  return at(6) + at(4) + at(2) + at(0) + "-" + at(11) + at(9) + "-" + at(16) + at(14) + guid.substr(18);
}

void add_error(Json& status, const Operation& operation) {
  if (operation.status == OperationStatus::failed) status["error"] = *parse_body(operation.error);
  if (operation.status == OperationStatus::canceled)
    status["error"] = {{"code", "Canceled"}, {"message", "The operation was canceled."}};
}

/// 200 with `status`, and Retry-After while it runs.
http::Response status_answer(const Call& call, const Operation& operation, Json status) {
  add_error(status, operation);
  http::Response response = answer(200, status);
  if (operation.status == OperationStatus::in_progress) add_retry_after(call, response);
  return response;
}

http::Response aks_status(Call& call) {
  const Operation* operation = call.world.find_operation(to_lower(call.names[2]));
  if (operation == nullptr) return operation_not_found(call.names[2]);
  Json status = {{"name", swapped_guid(operation->id)},
                 {"status", status_text(operation->status)},
                 {"startTime", azure_time(operation->start)}};
  if (operation->status != OperationStatus::in_progress) status["endTime"] = azure_time(operation->due);
  return status_answer(call, *operation, std::move(status));
}

http::Response aml_status(Call& call) {
  const Operation* operation = call.world.find_operation(to_lower(call.names[2]));
  if (operation == nullptr) return operation_not_found(call.names[2]);
  Json status = {{"status", status_text(operation->status)}};
  if (operation->status == OperationStatus::succeeded) status["percentComplete"] = 100.0;
  return status_answer(call, *operation, std::move(status));
}

/// 202 with the same Location while it runs; what the call would have answered at once (`done`) when it has ended well;
/// 409 with its error when it has not.
http::Response result_answer(Call& call, const Operation& operation, http::Response done) {
  if (operation.status == OperationStatus::in_progress) {
    http::Response response = answer(202);
    response.headers.add("Location", call.base_url + std::string(call.url.path) + "?" + std::string(call.url.query));
    add_retry_after(call, response);
    return response;
  }
  if (operation.status == OperationStatus::succeeded) return done;
  Json body = Json::object();
  add_error(body, operation);
  return answer(409, body);
}

http::Response aks_result(Call& call) {
  const Operation* operation = call.world.find_operation(to_lower(call.names[2]));
  return operation == nullptr ? operation_not_found(call.names[2]) : result_answer(call, *operation, answer(204));
}

/// The result of a call that ends with its resource, or with nothing once that is deleted.
http::Response resource_result(Call& call, Renderer renderer) {
  const Operation* operation = call.world.find_operation(to_lower(call.names[2]));
  if (operation == nullptr) return operation_not_found(call.names[2]);
  const Resource* target = call.world.find(operation->target);
  return result_answer(call, *operation, target == nullptr ? answer(200) : answer(200, renderer(call, *target)));
}

http::Response storage_result(Call& call) { return resource_result(call, render_storage_account); }
http::Response workspace_result(Call& call) { return resource_result(call, render_plain); }
http::Response vault_result(Call& call) { return resource_result(call, render_plain); }

/// Group deletion: its address is base64url of {"jobId": "RESOURCEGROUPDELETIONJOB-<guid>"}.
http::Response group_result(Call& call) {
  std::string token = call.names[1];
  for (char& c : token) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (token.size() % 4 != 0) token += '=';
  const auto job = parse_body(base64_decode(token).value_or("?"));
  const std::string job_id = job ? text_at(*job, {"jobId"}) : "";
  const Operation* operation =
      job_id.size() < 36 ? nullptr : call.world.find_operation(job_id.substr(job_id.size() - 36));
  return operation == nullptr ? operation_not_found(call.names[1]) : result_answer(call, *operation, answer(200));
}

}  // namespace

std::string operation_url(const Call& call, const std::string& place, const std::string& operation,
                          const std::string& query) {
  return call.base_url + subscription_id(call) + "/providers/" + place + "/" + operation + "?" + query;
}

void add_retry_after(const Call& call, http::Response& response) {
  const Physics& physics = call.world.physics();
  if (physics.retry_after_s > 0) response.headers.add("Retry-After", std::to_string(physics.retry_after_s));
  if (physics.retry_after_ms > 0) response.headers.add("retry-after-ms", std::to_string(physics.retry_after_ms));
}

void add_operation_routes(Routes& routes) {
  const auto at = [](std::string_view provider, std::string_view word) {
    return "subscriptions/{}/providers/" + std::string(provider) + "/locations/{}/" + std::string(word) + "/{}";
  };
  routes.add("GET", "subscriptions/{}/operationresults/{}", group_result);
  routes.add("GET", at("microsoft.containerservice", "operations"), aks_status);
  routes.add("GET", at("microsoft.containerservice", "operationresults"), aks_result);
  routes.add("GET", at("microsoft.storage", "asyncoperations"), storage_result);
  routes.add("GET", at("microsoft.machinelearningservices", "computeoperationsstatus"), aml_status);
  routes.add("GET", at("microsoft.machinelearningservices", "workspaceoperationsstatus"), aml_status);
  routes.add("GET", at("microsoft.machinelearningservices", "workspaceoperationresults"), workspace_result);
  routes.add("GET", at("microsoft.keyvault", "operationresults"), vault_result);
}

}  // namespace drover::localcloud
