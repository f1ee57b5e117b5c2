#include "jobs/workspace_job.hpp"

#include <array>
#include <charconv>

namespace drover::jobs {
namespace {

constexpr std::size_t home_length = 6;

/// The number after a phrase; nullopt without one.
std::optional<int> number_after(std::string_view text, std::string_view phrase) {
  const auto at = text.find(phrase);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + phrase.size());
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

}  // namespace

std::string workspace_job_name(const JobRecord& job, const std::string& home) {
  return "drover-" + job.id + "-" + std::to_string(job.attempt) + "-" + home.substr(0, home_length);
}

std::string workspace_output_path(const std::string& job_name, const std::string& output) {
  return "azureml/" + job_name + "/" + output;
}

std::string workspace_artifact_path(const std::string& job_name, const std::string& folder) {
  return "ExperimentRun/dcid." + job_name + "/" + folder;
}

Ended workspace_failure(const std::string& error_code, const std::string& message) {
  for (const char* phrase : {"exited with status code ", "exit code ", "exit status "})
    if (const auto code = number_after(message, phrase); code && *code != 0) return {.exit_code = *code};
  const std::string text = message.empty() ? "the workspace says that it failed, and not why" : message;
  const bool is_services = error_code == "ServiceError" || error_code == "SystemError";
  return {.lost = is_services, .never_ran = !is_services, .reason = text};
}

}  // namespace drover::jobs
