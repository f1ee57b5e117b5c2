#include "jobs/target.hpp"

namespace drover::jobs {
namespace {

constexpr std::string_view machine_word = "local";
constexpr std::string_view kubernetes_word = "kubernetes";
constexpr std::string_view workspace_mark = "azureml:";

std::string text_of(const ThisMachine&) { return std::string(machine_word); }
std::string text_of(const KubernetesContext& target) {
  return std::string(kubernetes_word) + (target.context.empty() ? "" : ":" + target.context);
}
std::string text_of(const WorkspaceCompute& target) {
  return std::string(workspace_mark) + target.workspace + "/" + target.compute;
}

}  // namespace

std::string target_text(const JobTarget& target) {
  return std::visit([](const auto& one) { return text_of(one); }, target);
}

std::optional<JobTarget> parse_target(std::string_view text) {
  if (text == machine_word) return ThisMachine{};
  if (text == kubernetes_word) return KubernetesContext{};
  if (text.starts_with(kubernetes_word) && text[kubernetes_word.size()] == ':')
    return KubernetesContext{std::string(text.substr(kubernetes_word.size() + 1))};
  if (const auto rest = name_of_workspace_compute(text)) {
    const auto slash = rest->find('/');
    if (slash != std::string_view::npos && slash > 0 && slash + 1 < rest->size())
      return WorkspaceCompute{std::string(rest->substr(0, slash)), std::string(rest->substr(slash + 1))};
  }
  return std::nullopt;
}

std::string workspace_compute_text(std::string_view name) { return std::string(workspace_mark) + std::string(name); }

std::optional<std::string_view> name_of_workspace_compute(std::string_view text) {
  if (!text.starts_with(workspace_mark)) return std::nullopt;
  return text.substr(workspace_mark.size());
}

}  // namespace drover::jobs
