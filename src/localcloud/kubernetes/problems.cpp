#include "localcloud/kubernetes/problems.hpp"

#include "base/text.hpp"
#include "localcloud/kubernetes/cluster.hpp"

namespace drover::localcloud::kubernetes {

http::Response answer_json(int status, const Json& body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = dump(body) + "\n"};
}

http::Response problem(int code, std::string_view reason, const std::string& message, Json details) {
  Json status = {{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
                 {"status", "Failure"}, {"message", message}, {"reason", reason}};
  if (!details.is_null()) status["details"] = std::move(details);
  status["code"] = code;
  return answer_json(code, status);
}

namespace {

Json details_of(const ResourceType& type, std::string_view name) {
  Json details = {{"name", name}};
  if (!type.group.empty()) details["group"] = type.group;
  details["kind"] = type.plural;
  return details;
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

http::Response unauthorized() { return problem(401, "Unauthorized", "Unauthorized"); }

http::Response not_found(const ResourceType& type, std::string_view name) {
  return problem(404, "NotFound", type.qualified() + " " + quoted(name) + " not found", details_of(type, name));
}

http::Response no_such_path() {
  return problem(404, "NotFound", "the server could not find the requested resource", Json::object());
}

http::Response already_exists(const ResourceType& type, std::string_view name) {
  return problem(409, "AlreadyExists", type.qualified() + " " + quoted(name) + " already exists",
                 details_of(type, name));
}

http::Response conflict(const ResourceType& type, std::string_view name, const std::string& why) {
  const std::string cause = why.empty()
                                ? "the object has been modified; please apply your changes to the latest version and "
                                  "try again"
                                : why;
  return problem(409, "Conflict",
                 "Operation cannot be fulfilled on " + type.qualified() + " " + quoted(name) + ": " + cause,
                 details_of(type, name));
}

http::Response bad_request(const std::string& message) { return problem(400, "BadRequest", message); }

http::Response expired(const std::string& message) { return problem(410, "Expired", message); }

http::Response method_not_allowed() {
  return problem(405, "MethodNotAllowed", "the server does not allow this method on the requested resource",
                 Json::object());
}

http::Response invalid(const ResourceType& type, std::string_view name, const std::vector<Cause>& causes) {
  std::vector<std::string> lines;
  Json listed = Json::array();
  for (const auto& cause : causes) {
    lines.push_back(cause.field + ": " + cause.message);
    listed.push_back({{"reason", cause.reason}, {"message", cause.message}, {"field", cause.field}});
  }
  const std::string all = lines.size() == 1 ? lines.front() : "[" + join(lines, ", ") + "]";
  const std::string full_kind =
      type.group.empty() ? std::string(type.kind) : std::string(type.kind) + "." + std::string(type.group);
  Json details = {{"name", name}};
  if (!type.group.empty()) details["group"] = type.group;
  details["kind"] = type.kind;
  details["causes"] = std::move(listed);
  return problem(422, "Invalid", full_kind + " " + quoted(name) + " is invalid: " + all, std::move(details));
}

Json success(const ResourceType& type, const Json& object) {
  Json details = details_of(type, name_of(object));
  details["uid"] = uid_of(object);
  return {{"kind", "Status"},
          {"apiVersion", "v1"},
          {"metadata", Json::object()},
          {"status", "Success"},
          {"details", std::move(details)}};
}

}  // namespace drover::localcloud::kubernetes
