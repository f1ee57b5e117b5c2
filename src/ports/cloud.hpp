// The cloud as control/ sees it: look at resources, and begin changes that end some time. One implementation speaks ARM
// (drivers/azure), to Azure or to the local cloud.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "model/resource.hpp"
#include "ports/load_meter.hpp"

namespace drover {

using OperationId = Id<struct CloudOperationTag>;

/// What resources made earlier give to those that need them, by resource key: principal_id, app_id, ...
using Outputs = std::unordered_map<std::string, std::map<std::string, std::string>>;

/// Cores that nodes use and may use, in one subscription and region: those of AmlCompute clusters, or those of virtual
/// machines, which AKS's are.
struct CoreQuota {
  enum class Of : std::uint8_t { family, dedicated, low_priority };
  Of of = Of::family;  ///< what it bounds: nodes of one VM family, or all dedicated or low-priority ones
  std::string family;  ///< as the service spells it; see names_family()
  std::int64_t used = 0, limit = 0;

  /// Whether it is that of a family as the price table names it ("standardDSv2Family"): the service has written
  /// "Standard_DSv2_Family_Cluster_Dedicated_vCPUs" as well.
  bool names_family(std::string_view wanted) const;
};

/// A metric as Azure Monitor keeps it.
struct MetricQuery {
  std::string account;      ///< of the estate, that may read it
  std::string resource_id;  ///< ARM id
  std::string name;
  std::string aggregation = "average";  ///< average, count, maximum, minimum or total, of what falls into a step
};

struct OperationOutcome {
  OperationId id;
  /// For create, update and settle: the resource as it is now. For remove: absent. An Error with Code::deadline means
  /// that the service may yet finish it.
  Result<Observed> outcome;
};

/// Retries what is transient by itself. Every operation may be begun again after a crash: creating what exists is an
/// update, removing what is gone succeeds. Operations end in any order. Not thread-safe.
class Cloud {
 public:
  virtual ~Cloud() = default;

  /// Looks at all of them, in as few calls as it can; the answer is parallel to `resources`. Blocks. `others`, where
  /// given, gets what lies beside them in the same clusters, workspaces and storage accounts (node pools, computes,
  /// blob containers) and is none of them.
  virtual Result<std::vector<Observed>> observe(const std::vector<const Resource*>& resources,
                                                std::vector<Member>* others) = 0;
  Result<std::vector<Observed>> observe(const std::vector<const Resource*>& resources) {
    return observe(resources, nullptr);
  }

  /// `resource` and `outputs` must outlive the operation.
  virtual OperationId create(const Resource& resource, const Outputs& outputs) = 0;
  /// Changes the fields of its kind in place and leaves all others as they are.
  virtual OperationId update(const Resource& resource, const Outputs& outputs) = 0;
  virtual OperationId remove(const Resource& resource) = 0;
  /// Deletes nodes of a pool at once, whatever runs on them, and lowers its count by as many. Whoever wants them empty
  /// empties them first. Ends as an update does. Errors: invalid_input (no such machine).
  virtual OperationId remove_machines(const Resource& pool, const std::vector<std::string>& names) = 0;
  /// Waits until a busy resource has settled.
  virtual OperationId settle(const Resource& resource) = 0;

  /// The operation that ends next, waiting for it until `until`.
  virtual std::optional<OperationOutcome> next(Instant until) = 0;
  virtual Instant now() const = 0;

  /// All that lies directly in these: resources of groups, node pools of clusters, computes of workspaces, blob
  /// containers of storage accounts. Nothing for what is not there, and for other kinds. Blocks.
  virtual Result<std::vector<Member>> members(const std::vector<const Resource*>& containers) = 0;
  /// A kubeconfig for a Kubernetes cluster, as its users or as its administrators get it. Blocks. It holds secrets.
  virtual Result<std::string> kubeconfig(const Resource& cluster, bool admin) = 0;
  /// Those where the nodes of an AmlCompute cluster or an agent pool count. Blocks.
  virtual Result<std::vector<CoreQuota>> core_quotas(const Resource& nodes) = 0;
  /// The steps of a metric that lie whole in [from, to); its first series. `step`: one that Azure Monitor knows (1, 5,
  /// 15, 30 minutes, an hour). Blocks. Errors: invalid_input (no such metric).
  virtual Result<LoadSamples> metric(const MetricQuery& query, Instant from, Instant to, Duration step) = 0;
};

}  // namespace drover
