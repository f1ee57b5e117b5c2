#include "protocol/kubernetes_status.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "protocol/http/status.hpp"

namespace drover::kubernetes {
namespace {

using nlohmann::json;

constexpr std::size_t warning_bytes_max = 1000;
constexpr std::size_t quoted_max = 200;  // enough to recognise a proxy's error page, short enough for a terminal

std::string text_at(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

int number_at(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number_integer() ? it->get<int>() : 0;
}

const json& details_of(const json& status) {
  static const json none = json::object();
  const auto it = status.find("details");
  return it != status.end() && it->is_object() ? *it : none;
}

bool has_cause(const json& status, std::string_view reason) {
  const json& details = details_of(status);
  const auto causes = details.find("causes");
  if (causes == details.end() || !causes->is_array()) return false;
  for (const auto& cause : *causes)
    if (cause.is_object() && text_at(cause, "reason") == reason) return true;
  return false;
}

Code code_of(int http_status, const json& status) {
  const std::string reason = text_at(status, "reason");
  if (reason == "AlreadyExists") return Code::already_exists;
  if (has_cause(status, "DisruptionBudget") || has_cause(status, "NamespaceTerminating")) return Code::precondition;
  switch (http_status) {
    case 405:
    case 406:
    case 413:
    case 415:
      return Code::invalid_input;
    case 410:  // of a version or a continue token that is too old: look again, the object may well be there
      return Code::conflict;
    default:
      return http::code_of_status(http_status);
  }
}

const char* hint_of(Code code, const json& status) {
  if (has_cause(status, "DisruptionBudget")) return "wait until enough pods are ready, or change the budget";
  if (has_cause(status, "NamespaceTerminating")) return "wait until the namespace is gone, then make it again";
  if (code == Code::unauthenticated) return "check the user of the kubeconfig's context: its token or certificate";
  if (code == Code::permission_denied) return "give the user a role that allows this (kubectl auth can-i)";
  if (has_cause(status, "FieldManagerConflict")) return "take the fields over with force, or leave them out";
  return "";
}

}  // namespace

Error status_error(const json& status, int http_status) {
  Error error;
  if (!status.is_object()) {
    error.code = code_of(http_status, json::object());
    return error;
  }
  if (const int own = number_at(status, "code"); own != 0) http_status = own;
  error.code = code_of(http_status, status);
  error.service_code = text_at(status, "reason");
  error.message = text_at(status, "message");
  error.hint = hint_of(error.code, status);
  error.retry_after_ms = std::int64_t{1000} * std::max(0, number_at(details_of(status), "retryAfterSeconds"));
  if (error.message.empty()) error.message = std::to_string(http_status) + " " + http::reason_phrase(http_status);
  return error;
}

Error error_of(const http::Response& response) {
  const json body = parse_json(response.body);
  if (body.is_object() && text_at(body, "kind") == "Status") return status_error(body, response.status);
  Error error = status_error(json(), response.status);
  const std::string phrase = std::to_string(response.status) + " " + http::reason_phrase(response.status);
  const std::string said = printable(trim(std::string_view(response.body).substr(0, quoted_max)));
  error.message = said.empty() ? phrase : phrase + ": " + said;
  error.hint = hint_of(error.code, json::object());
  return error;
}

std::vector<std::string> warnings_of(const http::Response& response) {
  std::vector<std::string> warnings;
  for (const auto& [name, value] : response.headers) {
    if (!equals_ignore_case(name, "Warning")) continue;
    std::string_view rest = value;
    // Values in one field are parted by commas, and texts are quoted: what lies before a quote says whether it counts.
    while (true) {
      const auto opens = rest.find('"');
      if (opens == std::string_view::npos) break;
      std::string_view code = rest.substr(0, opens);
      while (code.starts_with(',') || code.starts_with(' ')) code.remove_prefix(1);
      const bool counts = code.starts_with("299 ");
      rest.remove_prefix(opens + 1);
      std::string text;
      while (!rest.empty() && rest.front() != '"') {
        if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
        text += rest.front();
        rest.remove_prefix(1);
      }
      if (rest.empty()) break;
      rest.remove_prefix(1);
      text = printable(text.substr(0, warning_bytes_max));
      if (counts && !text.empty() && std::ranges::find(warnings, text) == warnings.end())
        warnings.push_back(std::move(text));
    }
  }
  return warnings;
}

bool is_refused_by_budget(const http::Response& response) {
  if (response.status != 429) return false;
  const json body = parse_json(response.body);
  return body.is_object() && has_cause(body, "DisruptionBudget");
}

}  // namespace drover::kubernetes
