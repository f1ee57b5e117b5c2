// The Cloud port over Azure Resource Manager and Microsoft Graph.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "drivers/azure/arm_client.hpp"
#include "drivers/azure/wire/encode.hpp"
#include "ports/cloud.hpp"
#include "ports/secrets.hpp"

namespace drover::azure {

class AzureCloud final : public Cloud {
 public:
  /// `transport` should retry and keep ARM's budgets (ports/transport); `secrets` keeps the passwords of service
  /// principals that Drover makes, as "service-principal/<name>". Both must outlive the cloud.
  AzureCloud(HttpTransport& transport, Endpoints endpoints, std::map<std::string, Credential> accounts,
             Secrets& secrets);

  using Cloud::observe;
  Result<std::vector<Observed>> observe(const std::vector<const Resource*>& resources,
                                        std::vector<Member>* others) override;
  OperationId create(const Resource& resource, const Outputs& outputs) override;
  OperationId update(const Resource& resource, const Outputs& outputs) override;
  OperationId remove(const Resource& resource) override;
  OperationId remove_machines(const Resource& pool, const std::vector<std::string>& names) override;
  OperationId settle(const Resource& resource) override;
  std::optional<OperationOutcome> next(Instant until) override;
  Instant now() const override { return flows_.now(); }
  Result<std::vector<Member>> members(const std::vector<const Resource*>& containers) override;
  Result<std::string> kubeconfig(const Resource& cluster, bool admin) override;
  Result<std::vector<CoreQuota>> core_quotas(const Resource& compute) override;
  Result<LoadSamples> metric(const MetricQuery& query, Instant from, Instant to, Duration step) override;
  /// The first key (base64) of a storage account. Blocks. It is a secret: keep it in memory only.
  Result<std::string> storage_key(const Resource& storage_account);

 private:
  Result<std::vector<CoreQuota>> machine_quotas(const Resource& pool);
  using Reading = Flow<Result<Observed>>;
  using Seen = std::vector<Observed>;

  OperationId begin(Reading flow);
  /// Drives all flows until this one has ended.
  template <class T>
  T finish(Flow<T> flow) {
    flow.start();
    while (!flow.done()) flows_.step(flows_.now() + std::chrono::seconds(1));
    return std::move(flow.value());
  }
  Flow<bool> track(std::uint64_t id, Reading flow);

  std::string url_of(const Resource& resource) const;
  arm::Operation operation(http::Request request, const Resource& resource, Duration expected) const;

  // Looking (observation.cpp).
  Reading read(const Resource& resource);
  Flow<Status> list_members(const Resource& container, std::vector<Member>& into);
  Reading read_service_principal(const Resource& resource);
  static std::string deleted_vault(const Resource& vault);
  Flow<Result<bool>> is_soft_deleted(const Resource& vault);
  Flow<Status> read_into(const Resource& resource, Observed& seen);
  Flow<Status> list_into(std::string url, std::vector<const Resource*> resources, std::vector<Observed*> seen,
                         std::vector<Member>* others);
  /// Runs them beside each other, so many at a time; the first error of any.
  Status run_all(const std::vector<std::function<Flow<Status>()>>& work);

  // Changing (azure_cloud.cpp).
  Reading make(const Resource& resource, const Outputs& outputs);
  Reading make_provider(const Resource& resource);
  Reading make_vault(const Resource& resource, http::Request request);
  Flow<Status> purge(const Resource& vault);
  Reading change(const Resource& resource);
  Reading take_machines(const Resource& pool, std::string names);
  Reading destroy(const Resource& resource);
  Reading await_settled(const Resource& resource);
  Reading run(const Resource& resource, http::Request request, Duration expected);
  Flow<Result<Given>> gather(const Resource& resource, const Outputs& outputs);
  Flow<Result<std::string>> find_role(std::string account, std::string scope, std::string role);

  // Service principals live in Graph (service_principals.cpp).
  Reading make_service_principal(const Resource& resource);
  Reading destroy_service_principal(const Resource& resource);
  Flow<Result<nlohmann::json>> find_in_graph(std::string account, std::string collection, std::string filter);
  Flow<Result<nlohmann::json>> post_to_graph(std::string account, std::string path, nlohmann::json body);

  Flows flows_;
  Endpoints endpoints_;
  Tokens tokens_;
  ArmClient client_;
  Secrets& secrets_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Flow<bool>> running_;
  std::deque<OperationOutcome> ended_;
};

}  // namespace drover::azure
