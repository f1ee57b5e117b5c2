// What the API refuses with 422, in Kubernetes' words as far as they are remembered.
#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/kubernetes/admission.hpp"
#include "localcloud/kubernetes/quantity.hpp"
#include "localcloud/kubernetes/selectors.hpp"

namespace drover::localcloud::kubernetes {
namespace {

using Causes = std::vector<Cause>;

void required(Causes& causes, const std::string& field, const std::string& detail = "") {
  causes.push_back({field, "FieldValueRequired", "Required value" + (detail.empty() ? "" : ": " + detail)});
}

void invalid_value(Causes& causes, const std::string& field, const Json& value, const std::string& why) {
  causes.push_back({field, "FieldValueInvalid", "Invalid value: " + dump(value) + ": " + why});
}

void unsupported(Causes& causes, const std::string& field, const Json& value, const std::string& supported) {
  causes.push_back(
      {field, "FieldValueNotSupported", "Unsupported value: " + dump(value) + ": supported values: " + supported});
}

constexpr const char* subdomain_rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr const char* label_rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

bool is_label_value(std::string_view value) {
  const auto is_alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (value.empty()) return true;
  return value.size() <= 63 && is_alnum(value.front()) && is_alnum(value.back()) &&
         std::ranges::all_of(value, [&](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

void check_metadata(const ResourceType& type, const Json& object, Causes& causes) {
  const std::string name = name_of(object);
  if (name.empty()) return required(causes, "metadata.name", "name or generateName is required");
  const bool wants_label = type.plural == "namespaces" || type.plural == "services";
  if (wants_label ? !is_dns_label(name) : !is_dns_subdomain(name))
    invalid_value(causes, "metadata.name", name, wants_label ? label_rule : subdomain_rule);
  for (const auto& [key, value] : labels_of(object).items())
    if (value.is_string() && !is_label_value(value.get_ref<const std::string&>()))
      invalid_value(causes, "metadata.labels", value,
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                    "must start and end with an alphanumeric character");
}

void check_resources(const Json& container, const std::string& path, Causes& causes) {
  const Json* requests = at(container, {"resources", "requests"});
  const Json* limits = at(container, {"resources", "limits"});
  for (const auto& [list, name] : {std::pair(requests, "requests"), std::pair(limits, "limits")}) {
    if (list == nullptr) continue;
    for (const auto& [resource, value] : list->items()) {
      const std::string field = path + ".resources." + name + "[" + resource + "]";
      const std::string text = value.is_string() ? value.get<std::string>() : dump(value);
      const auto milli = parse_quantity_milli(text);
      if (!milli)
        invalid_value(causes, field, value,
                      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
      else if (*milli < 0)
        invalid_value(causes, field, value, "must be greater than or equal to 0");
      else if (list == requests && limits != nullptr && member(*limits, resource) != nullptr &&
               *milli > quantity_milli(member(*limits, resource)))
        invalid_value(causes, path + ".resources.requests", value,
                      "must be less than or equal to " + resource + " limit");
    }
  }
}

void check_container(const Json& container, const std::string& path, const Json& spec, std::set<std::string>& names,
                     Causes& causes) {
  const std::string name = text_at(container, {"name"});
  if (name.empty())
    required(causes, path + ".name");
  else if (!is_dns_label(name))
    invalid_value(causes, path + ".name", name, label_rule);
  else if (!names.insert(name).second)
    causes.push_back({path + ".name", "FieldValueDuplicate", "Duplicate value: \"" + name + "\""});
  if (text_at(container, {"image"}).empty()) required(causes, path + ".image");
  const Json* mounts = member(container, "volumeMounts");
  for (std::size_t i = 0; mounts != nullptr && i < mounts->size(); ++i) {
    const std::string volume = text_at((*mounts)[i], {"name"});
    const std::string field = indexed(path + ".volumeMounts", i);
    if (element_with(member(spec, "volumes"), "name", volume) == nullptr)
      causes.push_back({field + ".name", "FieldValueNotFound", "Not found: \"" + volume + "\""});
    if (text_at((*mounts)[i], {"mountPath"}).empty()) required(causes, field + ".mountPath");
  }
  check_resources(container, path, causes);
}

void check_pod_spec(const Json& spec, const std::string& path, Causes& causes) {
  const Json* containers = member(spec, "containers");
  if (containers == nullptr || containers->empty()) required(causes, path + ".containers");
  std::set<std::string> names;
  for (const char* list : {"initContainers", "containers"}) {
    const Json* all = member(spec, list);
    for (std::size_t i = 0; all != nullptr && i < all->size(); ++i)
      check_container((*all)[i], indexed(path + "." + list, i), spec, names, causes);
  }
  const std::string restart = text_at(spec, {"restartPolicy"});
  if (restart != "Always" && restart != "OnFailure" && restart != "Never")
    unsupported(causes, path + ".restartPolicy", restart, R"("Always", "OnFailure", "Never")");
}

void check_selector(const Json& object, Causes& causes) {
  const Json* selector = at(object, {"spec", "selector"});
  if (selector == nullptr || selector->empty()) return required(causes, "spec.selector");
  const Json* labels = at(object, {"spec", "template", "metadata", "labels"});
  const Json none = Json::object();
  if (!matches(selector_of(selector).value_or(Selector{}), labels == nullptr ? none : *labels))
    invalid_value(causes, "spec.template.metadata.labels", labels == nullptr ? none : *labels,
                  "`selector` does not match template `labels`");
}

void check_not_negative(const Json& object, const char* field, Causes& causes) {
  const auto value = number_at(object, {"spec", field});
  if (value && *value < 0)
    invalid_value(causes, std::string("spec.") + field, *value, "must be greater than or equal to 0");
}

void check_immutable(const Json& object, const Json& before, const char* field, Causes& causes) {
  const Json* mine = at(object, {"spec", field});
  const Json* old = at(before, {"spec", field});
  if (old == nullptr && mine == nullptr) return;
  if (old == nullptr || mine == nullptr || *old != *mine)
    invalid_value(causes, std::string("spec.") + field, mine == nullptr ? Json() : *mine, "field is immutable");
}

/// The template but for what may change while a job is suspended.
void check_job(const Json& object, const Json* before, Causes& causes) {
  for (const char* field :
       {"parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"})
    check_not_negative(object, field, causes);
  const std::string restart = text_at(object, {"spec", "template", "spec", "restartPolicy"});
  if (restart == "Always") unsupported(causes, "spec.template.spec.restartPolicy", restart, R"("OnFailure", "Never")");
  if (text_at(object, {"spec", "completionMode"}) == "Indexed" && !number_at(object, {"spec", "completions"}))
    required(causes, "spec.completions", "when completion mode is Indexed");
  if (before == nullptr) return;
  if (!true_at(*before, {"spec", "suspend"}))
    for (const char* field : {"template", "selector", "completionMode"})
      check_immutable(object, *before, field, causes);
  if (text_at(object, {"spec", "completionMode"}) != "Indexed") check_immutable(object, *before, "completions", causes);
}

void check_pod_update(const Json& object, const Json& before, Causes& causes) {
  // What may change is set to what it was; then nothing else may differ.
  Json mine = *member(object, "spec");
  const Json& old = *member(before, "spec");
  for (const char* field : {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"}) {
    if (member(old, field) != nullptr)
      mine[field] = old[field];
    else
      mine.erase(field);
  }
  for (const char* list : {"containers", "initContainers"})
    if (mine.contains(list) && old.contains(list) && mine[list].size() == old[list].size())
      for (std::size_t i = 0; i < mine[list].size(); ++i) mine[list][i]["image"] = old[list][i].value("image", Json());
  if (mine != old)
    causes.push_back(
        {"spec", "FieldValueForbidden",
         "Forbidden: pod updates may not change fields other than `spec.containers[*].image`, "
         "`spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only additions "
         "to existing tolerations), `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
         "previously negative)"});
}

void check_data(const ResourceType& type, const Json& object, const Json* before, Causes& causes) {
  const Json* data = member(object, "data");
  if (type.plural == "secrets" && data != nullptr)
    for (const auto& [key, value] : data->items())
      if (!value.is_string() || !base64_decode(value.get_ref<const std::string&>()))
        invalid_value(causes, "data[" + key + "]", "<secret contents redacted>", "illegal base64 data");
  if (before != nullptr && true_at(*before, {"immutable"}) &&
      (object.value("data", Json()) != before->value("data", Json()) || !true_at(object, {"immutable"})))
    causes.push_back({"data", "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set"});
}

}  // namespace

bool is_dns_label(std::string_view name) {
  return name.size() <= 63 && name.find('.') == std::string_view::npos && is_dns_subdomain(name);
}

bool is_dns_subdomain(std::string_view name) {
  const auto is_alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 253) return false;
  return std::ranges::all_of(split(name, '.'), [&](std::string_view part) {
    return !part.empty() && is_alnum(part.front()) && is_alnum(part.back()) &&
           std::ranges::all_of(part, [&](char c) { return is_alnum(c) || c == '-'; });
  });
}

std::vector<Cause> validate(const ResourceType& type, const Json& object, const Json* before) {
  Causes causes;
  check_metadata(type, object, causes);
  const std::string_view kind = type.plural;
  if (kind == "pods") {
    check_pod_spec(object["spec"], "spec", causes);
    if (before != nullptr) check_pod_update(object, *before, causes);
  }
  const bool selects = kind == "deployments" || kind == "replicasets" || kind == "daemonsets";
  if (selects || kind == "jobs") {
    static const Json none = Json::object();
    const Json* spec = at(object, {"spec", "template", "spec"});
    check_pod_spec(spec == nullptr ? none : *spec, "spec.template.spec", causes);
  }
  if (selects) {
    check_not_negative(object, "replicas", causes);
    check_selector(object, causes);
    if (before != nullptr) check_immutable(object, *before, "selector", causes);
    const std::string restart = text_at(object, {"spec", "template", "spec", "restartPolicy"});
    if (restart != "Always") unsupported(causes, "spec.template.spec.restartPolicy", restart, "\"Always\"");
  }
  if (kind == "jobs") check_job(object, before, causes);
  if (kind == "secrets" || kind == "configmaps") check_data(type, object, before, causes);
  return causes;
}

}  // namespace drover::localcloud::kubernetes
