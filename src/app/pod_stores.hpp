// Containers of blobs for jobs on Kubernetes clusters: that of an estate's workspace, or one whose address was given
// with a shared access signature.
#pragma once

#include <memory>
#include <string>

#include "app/environment.hpp"
#include "app/workspace_way.hpp"
#include "control/jobs/pod_store.hpp"
#include "ports/secrets.hpp"

namespace drover::app {

/// A container's URL with a signature in its query, kept sealed; what a job's record calls it: "container:DIGEST".
/// Errors: invalid_input for what is no such URL, or lets too little be done there.
Result<std::string> keep_container(const std::string& url, Secrets& secrets);

/// What a job's record calls the store of a workspace.
std::string workspace_store(const std::string& workspace);

struct PodStoreParts {
  std::string folder;  ///< of state, absolute
  Environment environment;
  Store& store;
  Secrets& secrets;
  std::function<Result<std::shared_ptr<LocalWorld>>()> world;
};
/// By that name. Errors: not_found when nothing is kept of it.
Result<std::unique_ptr<control::PodStore>> open_pod_store(const std::string& name, const PodStoreParts& parts);

}  // namespace drover::app
