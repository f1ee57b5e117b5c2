// What Drover has put into a cluster, kept in the cluster itself: a ConfigMap that names the objects, so that what is
// no longer wanted is found again, by whoever applies next and from whatever machine.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "planning/manifests.hpp"
#include "ports/cluster.hpp"

namespace drover::control {

enum class Kept : std::uint8_t {
  made,
  adopted,  ///< it was there before: never Drover's to delete
};
using KeptObjects = std::map<planning::ManifestName, Kept>;

/// One object a line: "Deployment.apps train/web", "Namespace lab adopted".
std::string format_inventory(const KeptObjects& objects);
/// Errors: corrupt, with the line.
Result<KeptObjects> parse_inventory(std::string_view text);

/// The inventory of one estate in one cluster. All of its writing is refused (conflict) when somebody else has written
/// since it was read: then another apply is under way.
class Inventory {
 public:
  Inventory(kubernetes::Cluster& cluster, const std::string& estate);

  const KeptObjects& objects() const { return objects_; }
  std::string shown_name() const;

  /// Errors: corrupt when somebody has edited it into something else, and the cluster's.
  Flow<Status> read();
  /// Durable in the cluster when it returns. Nothing is written where nothing changes; an empty one is removed.
  Flow<Status> write(KeptObjects objects);

 private:
  kubernetes::ObjectName place() const;
  nlohmann::json object_of(const KeptObjects& objects) const;

  kubernetes::Cluster& cluster_;
  std::string name_;
  KeptObjects objects_;
  std::string version_, uid_;  ///< "" where there is none yet
};

}  // namespace drover::control
