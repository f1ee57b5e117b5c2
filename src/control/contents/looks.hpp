// One look at an object of a cluster: what is there, and what an apply would make of it, asked of the server itself by
// a dry run. Each is a Flow of its own, so that many are under way at once.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "planning/contents.hpp"
#include "ports/cluster.hpp"

namespace drover::control {

inline constexpr const char* field_manager = "drover";

/// What comes with the very apply that is planned: kinds and namespaces that the cluster does not have yet.
struct Coming {
  std::set<std::string> spaces;
  std::map<std::pair<std::string, std::string>, bool> kinds;  ///< (group, kind) to whether it has namespaces
};
Coming coming_of(const std::vector<Manifest>& manifests);

/// Its name as the inventory keeps it: with the namespace that it comes to lie in. Errors: not_found when neither the
/// server nor `coming` has the kind. `manifest` and `coming` must outlive the Flow.
Flow<Result<planning::ManifestName>> name_in_cluster(kubernetes::Cluster& cluster, const Manifest& manifest,
                                                     const Coming& coming);

/// `object` with its namespace said. Errors: those with which the cluster cannot be asked at all (unavailable,
/// unauthenticated, ...); what it refuses is in the look. All must outlive the Flow.
Flow<Result<planning::WantedLook>> look_at_wanted(kubernetes::Cluster& cluster, const Manifest& manifest,
                                                  const planning::ManifestName& name, const Coming& coming, bool force);

/// `estate` is whose it was; `known` are the objects of the inventory and those that are wanted.
Flow<Result<planning::PruneLook>> look_at_unwanted(kubernetes::Cluster& cluster, const planning::ManifestName& name,
                                                   const std::string& estate,
                                                   const std::set<planning::ManifestName>& known);

kubernetes::ObjectName object_name(const planning::ManifestName& name, const std::string& version = "");

/// An error about an object as people may read it: of a Secret nothing that could repeat what it holds.
Error spoken(Error error, const planning::ManifestName& name);

/// The cluster did not take part: nothing was said about the object.
bool is_about_the_cluster(const Error& error);

}  // namespace drover::control
