// Where a job runs: on this machine, on a cluster by a context of a kubeconfig, or on a compute of an Azure ML
// workspace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace drover::jobs {

struct ThisMachine {
  bool operator==(const ThisMachine&) const = default;
};

struct KubernetesContext {
  std::string context;  ///< of the job's kubeconfig; "": its current one
  bool operator==(const KubernetesContext&) const = default;
};

struct WorkspaceCompute {
  std::string workspace;  ///< its name
  std::string compute;    ///< its name, not empty
  bool operator==(const WorkspaceCompute&) const = default;
};

using JobTarget = std::variant<ThisMachine, KubernetesContext, WorkspaceCompute>;

/// In the order of JobTarget.
enum class PlaceKind : std::uint8_t { machine, cluster, workspace };
inline PlaceKind kind_of(const JobTarget& target) { return static_cast<PlaceKind>(target.index()); }

/// As records, the API and people write it: "local", "kubernetes", "kubernetes:CONTEXT" or "azureml:WORKSPACE/COMPUTE".
std::string target_text(const JobTarget& target);
/// nullopt when it is none of these.
std::optional<JobTarget> parse_target(std::string_view text);

/// The compute of a workspace by its name alone, as a job file's `compute:` has it: "azureml:NAME".
std::string workspace_compute_text(std::string_view name);
/// NAME of "azureml:NAME"; nullopt for any other text.
std::optional<std::string_view> name_of_workspace_compute(std::string_view text);

}  // namespace drover::jobs
