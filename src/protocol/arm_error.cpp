#include "protocol/arm_error.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "protocol/http/status.hpp"

namespace drover::arm {
namespace {

constexpr std::size_t quoted_max = 200;  // enough to recognise a proxy's error page, short enough for a terminal

Code code_of(int status, const std::string& service_code) {
  if (service_code == "OperationNotAllowed" || service_code == "QuotaExceeded") return Code::precondition;
  return http::code_of_status(status);
}

const char* hint_of(const std::string& service_code) {
  if (service_code == "AuthorizationFailed")
    return "give the account's principal a role that allows this (Contributor on the group)";
  if (service_code == "MissingSubscriptionRegistration") return "name the namespace under providers: in the estate";
  if (service_code == "QuotaExceeded") return "ask for a higher quota or choose a smaller or another VM size";
  if (service_code == "StorageAccountAlreadyTaken") return "storage account names are global: choose another";
  if (service_code == "VaultAlreadyExists") return "names of key vaults are global: choose another";
  return "";
}

std::string text_at(const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end()) return "";
  if (it->is_string()) return it->get<std::string>();
  if (it->is_object()) return text_at(*it, "value");  // OData errors: message.value
  return "";
}

}  // namespace

Error error_of(const http::Response& response) {
  Error error;
  const auto body = parse_json(response.body);
  if (body.is_object()) {
    const auto nested = body.find("error");
    const auto& source = nested != body.end() && nested->is_object() ? *nested : body;
    error.service_code = text_at(source, "code");
    error.message = text_at(source, "message");
    if (const auto details = source.find("details"); details != source.end() && details->is_array())
      for (const auto& detail : *details)
        if (detail.is_object() && !text_at(detail, "message").empty())
          error.message += " " + text_at(detail, "message");
  }
  if (error.service_code.empty())
    if (const auto header = response.headers.get("x-ms-error-code")) error.service_code = *header;
  error.code = code_of(response.status, error.service_code);
  error.hint = hint_of(error.service_code);
  const std::string status = std::to_string(response.status) + " " + http::reason_phrase(response.status);
  if (error.message.empty()) error.message = std::string(trim(response.body.substr(0, quoted_max)));
  error.message = error.service_code.empty() ? status + (error.message.empty() ? "" : ": " + error.message)
                                             : error.service_code + ": " + error.message;
  return error;
}

Error operation_error(const std::string& status, const std::string& service_code, const std::string& message) {
  Error error{.code = status == "Canceled" ? Code::cancelled : Code::failed, .service_code = service_code};
  error.message = "the operation ended " + status;
  if (!service_code.empty()) error.message += ": " + service_code;
  if (!message.empty()) error.message += ": " + message;
  error.hint = hint_of(service_code);
  return error;
}

}  // namespace drover::arm
