#include "api/clusters.hpp"

#include "base/text.hpp"

namespace drover::api {

namespace {

Result<const Resource*> find_cluster(const Loaded& loaded, const std::string& cluster) {
  std::vector<std::string_view> names;
  for (const auto& resource : loaded.lowered.graph.resources()) {
    if (resource.kind() != Cluster::kind) continue;
    if (equals_ignore_case(resource.name, cluster)) return &resource;
    names.push_back(resource.name);
  }
  std::string hint = names.empty() ? "it has none at all" : "it has ";
  for (const auto name : names) hint += (name == names.front() ? "" : ", ") + std::string(name);
  if (const auto near = nearest(cluster, names); !near.empty()) hint = "did you mean " + std::string(near) + "?";
  return fail(Code::invalid_input, "the estate has no cluster " + printable(cluster), hint);
}

}  // namespace

Result<std::string> kubeconfig_of(const Opened& opened, const std::string& cluster, bool admin) {
  DROVER_TRY(resource, find_cluster(opened.loaded, cluster));
  return opened.connection.cloud->kubeconfig(*resource, admin);
}

http::Response kubeconfig(const Exchange& exchange) {
  auto loaded = load(exchange.body);
  if (!loaded) return refuse(loaded.error());
  const std::string cluster = exchange.body.value("cluster", "");
  // Before anything is called.
  if (auto known = find_cluster(*loaded, cluster); !known) return refuse(std::move(known.error()));
  auto opened = open(exchange, std::move(*loaded));
  if (!opened) return refuse(opened.error());
  auto text = kubeconfig_of(*opened, cluster, exchange.body.value("admin", false));
  if (!text) return refuse(std::move(text.error()));
  return answer({{"kubeconfig", *text}});
}

}  // namespace drover::api
