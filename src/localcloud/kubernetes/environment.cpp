// The environment of a container: its own variables, those of config maps and secrets, and what it may know of itself.
#include <algorithm>
#include <cmath>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/kubernetes/kubelet.hpp"
#include "localcloud/kubernetes/quantity.hpp"

namespace drover::localcloud::kubernetes {
namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

void set_variable(Variables& variables, std::string name, std::string value) {
  const auto it = std::ranges::find(variables, name, &Variables::value_type::first);
  if (it == variables.end())
    variables.emplace_back(std::move(name), std::move(value));
  else
    it->second = std::move(value);
}

std::string plain(const Json& value, bool is_secret) {
  if (!value.is_string()) return "";
  const auto& text = value.get_ref<const std::string&>();
  return is_secret ? base64_decode(text).value_or("") : text;
}

/// The value of one key; nullopt when the reference is optional and there is none.
Result<std::optional<std::string>> read_key(const Cluster& cluster, const Json& pod, const Json& reference,
                                            bool is_secret) {
  const std::string name = text_at(reference, {"name"});
  const std::string key = text_at(reference, {"key"});
  const Object holder = cluster.find(type_named(is_secret ? "secrets" : "configmaps"), space_of(pod), name);
  const Json* data = holder ? member(*holder, "data") : nullptr;
  const Json* value = data == nullptr ? nullptr : member(*data, key);
  if (value != nullptr) return plain(*value, is_secret);
  if (true_at(reference, {"optional"})) return std::nullopt;
  const std::string kind = is_secret ? "secret" : "configmap";
  if (!holder) return fail(Code::not_found, kind + " \"" + name + "\" not found");
  return fail(Code::not_found, "couldn't find key " + key + " in " + (is_secret ? "Secret " : "ConfigMap ") +
                                   space_of(pod) + "/" + name);
}

Result<std::optional<std::string>> read_source(const Cluster& cluster, const Json& pod, const Json& container,
                                               const Json& source) {
  if (const Json* reference = member(source, "configMapKeyRef")) return read_key(cluster, pod, *reference, false);
  if (const Json* reference = member(source, "secretKeyRef")) return read_key(cluster, pod, *reference, true);
  if (const Json* reference = member(source, "resourceFieldRef")) return downward_resource(pod, *reference, &container);
  const std::string path = text_at(source, {"fieldRef", "fieldPath"});
  auto value = downward_field(pod, path);
  if (!value) return fail(Code::invalid_input, "unsupported fieldPath: " + path);
  return value;
}

Status add_all(Variables& variables, const Cluster& cluster, const Json& pod, const Json& from) {
  for (const bool is_secret : {false, true}) {
    const Json* reference = member(from, is_secret ? "secretRef" : "configMapRef");
    if (reference == nullptr) continue;
    const std::string name = text_at(*reference, {"name"});
    const Object holder = cluster.find(type_named(is_secret ? "secrets" : "configmaps"), space_of(pod), name);
    if (!holder && !true_at(*reference, {"optional"}))
      return fail(Code::not_found, std::string(is_secret ? "secret" : "configmap") + " \"" + name + "\" not found");
    const Json* data = holder ? member(*holder, "data") : nullptr;
    if (data == nullptr) continue;
    for (const auto& [key, value] : data->items())
      set_variable(variables, text_at(from, {"prefix"}) + key, plain(value, is_secret));
  }
  return {};
}

/// The name within "labels['name']"; "" when the path is not of that form.
std::string subscript(std::string_view path, std::string_view field) {
  if (!path.starts_with(field) || !path.ends_with("']")) return "";
  path.remove_prefix(field.size());
  if (!path.starts_with("['") || path.size() < 5) return "";
  return std::string(path.substr(2, path.size() - 4));
}

std::string quoted_lines(const Json* map) {
  std::vector<std::string> lines;
  if (map != nullptr)
    for (const auto& [key, value] : map->items()) lines.push_back(key + "=" + dump(value));
  std::ranges::sort(lines);
  return join(lines, "\n");
}

}  // namespace

std::optional<std::string> downward_field(const Json& pod, std::string_view path) {
  if (path == "metadata.name") return name_of(pod);
  if (path == "metadata.namespace") return space_of(pod);
  if (path == "metadata.uid") return uid_of(pod);
  if (path == "metadata.labels") return quoted_lines(at(pod, {"metadata", "labels"}));
  if (path == "metadata.annotations") return quoted_lines(at(pod, {"metadata", "annotations"}));
  if (path == "spec.nodeName") return text_at(pod, {"spec", "nodeName"});
  if (path == "spec.serviceAccountName") return text_at(pod, {"spec", "serviceAccountName"});
  if (path == "status.hostIP") return text_at(pod, {"status", "hostIP"});
  if (path == "status.podIP" || path == "status.podIPs") return text_at(pod, {"status", "podIP"});
  for (const char* map : {"labels", "annotations"})
    if (const std::string key = subscript(path, std::string("metadata.") + map); !key.empty())
      return text_at(pod, {"metadata", map, key});
  return std::nullopt;
}

std::string downward_resource(const Json& pod, const Json& reference, const Json* own_container) {
  const Json* container = own_container;
  if (const std::string name = text_at(reference, {"containerName"}); !name.empty())
    container = element_with(at(pod, {"spec", "containers"}), "name", name);
  const std::string resource = text_at(reference, {"resource"});
  const auto dot = resource.find('.');
  if (container == nullptr || dot == std::string::npos) return "0";
  const Json* value = at(*container, {"resources", resource.substr(0, dot), resource.substr(dot + 1)});
  const auto divisor = std::max<std::int64_t>(1, quantity_milli(member(reference, "divisor")));
  const std::int64_t unit = member(reference, "divisor") == nullptr || divisor == 0 ? 1000 : divisor;
  return std::to_string((quantity_milli(value) + unit - 1) / unit);
}

std::string expand_variables(std::string_view text, const Variables& variables) {
  std::string expanded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      expanded += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      expanded += '$';
      ++i;
      continue;
    }
    const auto close = text[i + 1] == '(' ? text.find(')', i) : std::string_view::npos;
    const auto it = close == std::string_view::npos ? variables.end()
                                                    : std::ranges::find(variables, text.substr(i + 2, close - i - 2),
                                                                        &Variables::value_type::first);
    if (it == variables.end()) {
      expanded += text[i];
      continue;
    }
    expanded += it->second;
    i = close;
  }
  return expanded;
}

Result<Variables> make_environment(const Cluster& cluster, const Json& pod, const Json& container, const Image* image) {
  Variables variables = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                         {"HOSTNAME", name_of(pod)},
                         {"HOME", "/tmp"},
                         {"KUBERNETES_SERVICE_HOST", "127.0.0.1"},
                         {"KUBERNETES_SERVICE_PORT", cluster.note("port")}};
  if (image != nullptr)
    for (const auto& [name, value] : image->environment) set_variable(variables, name, value);
  if (const Json* from = member(container, "envFrom"))
    for (const auto& one : *from) DROVER_CHECK(add_all(variables, cluster, pod, one));
  if (const Json* own = member(container, "env"))
    for (const auto& variable : *own) {
      const std::string name = text_at(variable, {"name"});
      const Json* source = member(variable, "valueFrom");
      if (source == nullptr) {
        set_variable(variables, name, expand_variables(text_at(variable, {"value"}), variables));
        continue;
      }
      DROVER_TRY(value, read_source(cluster, pod, container, *source));
      if (value) set_variable(variables, name, std::move(*value));
    }
  return variables;
}

}  // namespace drover::localcloud::kubernetes
