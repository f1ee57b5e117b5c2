#include "localcloud/kubernetes/request.hpp"

#include "base/text.hpp"
#include "localcloud/kubernetes/protobuf.hpp"

namespace drover::localcloud::kubernetes {

Target parse_target(std::string_view path) {
  std::vector<std::string> words;
  for (const auto word : split(path, '/'))
    if (!word.empty()) words.push_back(percent_decode(word));
  std::size_t next = 0;
  std::string group;
  if (words.size() >= 3 && words[0] == "api" && words[1] == "v1") {
    next = 2;
  } else if (words.size() >= 4 && words[0] == "apis") {
    group = words[1];
    next = 3;
  } else {
    return {};
  }
  const std::string version = words[next - 1];
  Target target;
  const bool is_within = words[next] == "namespaces" && words.size() >= next + 3 && words[next + 2] != "status" &&
                         words[next + 2] != "finalize";
  if (is_within) {
    target.space = words[next + 1];
    next += 2;
  }
  target.type = find_type(group, version, words[next]);
  if (target.type == nullptr || words.size() > next + 3) return {};
  if (words.size() > next + 1) target.name = words[next + 1];
  if (words.size() > next + 2) target.subresource = words[next + 2];
  if (is_within && !target.type->namespaced) return {};
  return target;
}

bool ApiCall::asks(std::string_view name) const {
  const std::string value = query(name);
  return value == "true" || value == "1";
}

std::string ApiCall::manager() const {
  if (std::string asked = query("fieldManager"); !asked.empty()) return asked;
  const std::string agent = header("User-Agent");
  const std::string first = agent.substr(0, agent.find('/'));
  return first.empty() ? "unknown" : first;
}

Expected<Json> read_object(const ApiCall& call) {
  const std::string type = call.header("Content-Type");
  if (type.find("protobuf") != std::string::npos) {
    auto object = read_protobuf(call.request.body);
    if (object) return std::move(*object);
    return std::unexpected(problem(415, "UnsupportedMediaType", object.error().message));
  }
  if (type.find("cbor") != std::string::npos)
    return std::unexpected(problem(415, "UnsupportedMediaType",
                                   "the body of the request was in an unknown format - accepted media types include: "
                                   "application/json, application/yaml"));
  auto body = parse_body(call.request.body);
  if (!body || !body->is_object())
    return std::unexpected(bad_request("the object provided is unrecognized (must be of type " +
                                       std::string(call.target.type->kind) + "): the body is no JSON object"));
  return std::move(*body);
}

}  // namespace drover::localcloud::kubernetes
