#include "api/clusters.hpp"

#include "base/text.hpp"

namespace drover::api {

Result<std::string> kubeconfig_of(const Opened& opened, const std::string& cluster, bool admin) {
  std::string names;
  for (const auto& resource : opened.loaded.lowered.graph.resources()) {
    if (resource.kind() != Kind::cluster) continue;
    if (resource.name == cluster) return opened.connection.cloud->kubeconfig(resource, admin);
    names += (names.empty() ? "" : ", ") + resource.name;
  }
  return fail(Code::not_found, "the estate has no cluster " + printable(cluster),
              names.empty() ? "it has none at all" : "it has " + names);
}

http::Response kubeconfig(const Exchange& exchange) {
  auto opened = open(exchange);
  if (!opened) return refuse(opened.error());
  auto text = kubeconfig_of(*opened, exchange.body.value("cluster", ""), exchange.body.value("admin", false));
  if (!text) return refuse(std::move(text.error()));
  return answer({{"kubeconfig", *text}});
}

}  // namespace drover::api
