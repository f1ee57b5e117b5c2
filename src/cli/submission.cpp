#include "cli/submission.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

/// KUBECONFIG as kubectl reads it here: every entry from where this command runs and from this person's home, since a
/// server may stand elsewhere. Errors: invalid_input for a pipe, which the server cannot open, and cannot read twice.
Result<std::string> kubeconfig_of(const Context& context) {
  const std::string home = context.environment("HOME").value_or("");
  std::string list = context.environment("KUBECONFIG").value_or("");
  if (list.empty()) return home.empty() ? "" : home + "/.kube/config";
  std::vector<std::string> entries;
  for (const auto entry : split(std::string_view(list), ':')) {
    if (entry.empty()) continue;
    const std::string path = entry.starts_with("~/") ? home + std::string(entry.substr(1)) : std::string(entry);
    std::error_code error;
    if (std::filesystem::is_fifo(std::filesystem::status(path, error)))
      return fail(Code::invalid_input, "KUBECONFIG: " + printable(path) + " is a pipe, and is read more than once",
                  "write the kubeconfig to a file that only you can read, and name that");
    entries.push_back(std::filesystem::absolute(path).lexically_normal().string());
  }
  return join(entries, ":");
}

/// Variables of this person: what a command on this machine sees, and those by which programs that give credentials
/// find their settings, choose an account and reach the net. They are kept with the job; none of them is a secret
/// itself.
json caller_of(const Context& context) {
  json caller = json::object();
  for (const char* name : {"PATH",
                           "HOME",
                           "LANG",
                           "LC_ALL",
                           "TZ",
                           "XDG_CONFIG_HOME",
                           "HTTPS_PROXY",
                           "HTTP_PROXY",
                           "NO_PROXY",
                           "https_proxy",
                           "http_proxy",
                           "no_proxy",
                           "SSL_CERT_FILE",
                           "SSL_CERT_DIR",
                           "AWS_PROFILE",
                           "AWS_REGION",
                           "AWS_DEFAULT_REGION",
                           "AWS_CONFIG_FILE",
                           "AWS_SHARED_CREDENTIALS_FILE",
                           "AWS_ROLE_ARN",
                           "AWS_WEB_IDENTITY_TOKEN_FILE",
                           "AWS_STS_REGIONAL_ENDPOINTS",
                           "AZURE_CONFIG_DIR",
                           "AZURE_CLIENT_ID",
                           "AZURE_TENANT_ID",
                           "AZURE_AUTHORITY_HOST",
                           "AZURE_FEDERATED_TOKEN_FILE",
                           "AAD_LOGIN_METHOD",
                           "AAD_SERVICE_PRINCIPAL_CLIENT_ID",
                           "CLOUDSDK_CONFIG",
                           "CLOUDSDK_ACTIVE_CONFIG_NAME",
                           "CLOUDSDK_CORE_ACCOUNT",
                           "GOOGLE_APPLICATION_CREDENTIALS",
                           "OCI_CLI_PROFILE",
                           "OCI_CLI_CONFIG_FILE",
                           "DIGITALOCEAN_CONTEXT"})
    if (const auto value = context.environment(name); value && !value->empty() && is_utf8(*value))
      caller[name] = *value;
  return caller;
}

}  // namespace

Result<json> submission(const Context& context) {
  const auto& typed = context.typed;
  DROVER_TRY(kubeconfig, kubeconfig_of(context));
  json body = {{"environment", typed.job_environment},
               {"priority", typed.priority},
               {"confined", !typed.unconfined},
               {"dry_run", typed.dry_run},
               {"retries", typed.retries},
               {"store", typed.store},
               {"kubeconfig", kubeconfig},
               {"caller", caller_of(context)},
               {"owner", context.environment("USER").value_or("")}};
  // Its estate, if there is one: compute: may name what is in it.
  if (!context.typed.estate.empty() || context.files.exists("estate.yaml")) {
    DROVER_TRY(estate, estate_request(context));
    body["estate"] = std::move(estate);
    body["cloud"] = context.typed.cloud;
  }
  body["set"] = json::object();
  for (const auto& setting : typed.settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos)
      return fail(Code::invalid_input, "--set " + printable(setting) + ": no value", "--set inputs.data.path=FILE");
    const std::string key = setting.substr(0, equals);
    std::string value = setting.substr(equals + 1);
    // A file is named from where the person stands, not from where the job file lies.
    const bool is_file = (key.starts_with("inputs.") && key.ends_with(".path")) || key == "code";
    const bool is_elsewhere = value.find("://") != std::string::npos || value.starts_with("azureml:") ||
                              value.starts_with("runs:/") || value.starts_with("git@");
    if (is_file && !value.empty() && !is_elsewhere)
      value = std::filesystem::absolute(value).lexically_normal().string();
    body["set"][key] = std::move(value);
  }
  return body;
}

}  // namespace drover::cli
