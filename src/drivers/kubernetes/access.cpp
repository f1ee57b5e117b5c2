#include "drivers/kubernetes/access.hpp"

#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace drover::kubernetes {
namespace {

using nlohmann::json;

/// client-go's: a projected service account token is renewed long before it expires.
constexpr Duration token_file_fresh = std::chrono::minutes(1);
/// A token is not used in its last moments: it would expire on the way.
constexpr Duration margin = std::chrono::seconds(10);

std::string text_at(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

/// What KUBERNETES_EXEC_INFO tells a plugin (client.authentication.k8s.io, ExecCredentialSpec).
std::string exec_info(const codec::KubeExec& exec, const codec::KubeCluster& cluster,
                      const std::string& authority_pem) {
  json spec = {{"interactive", false}};
  if (exec.provide_cluster_info) {
    spec["cluster"] = {{"server", cluster.server}};
    if (!cluster.tls_server_name.empty()) spec["cluster"]["tls-server-name"] = cluster.tls_server_name;
    if (cluster.skip_tls_verify) spec["cluster"]["insecure-skip-tls-verify"] = true;
    if (!authority_pem.empty()) spec["cluster"]["certificate-authority-data"] = base64_encode(authority_pem);
    if (!cluster.proxy_url.empty()) spec["cluster"]["proxy-url"] = cluster.proxy_url;
  }
  return json{{"apiVersion", exec.api_version}, {"kind", "ExecCredential"}, {"spec", spec}}.dump();
}

}  // namespace

Result<codec::Kubeconfig> load_kubeconfig(Files& files, const std::string& variable, const std::string& home) {
  const std::string paths = variable.empty() ? home + "/.kube/config" : variable;
  std::vector<codec::Kubeconfig> parsed;
  for (const auto entry : split(paths, ':')) {
    // Shells put the home folder in, but not in the middle of a list.
    const std::string path = entry.starts_with("~/") ? home + std::string(entry.substr(1)) : std::string(entry);
    if (path.empty() || !files.exists(path)) continue;
    DROVER_TRY(text, files.read(path));
    DROVER_TRY(config, codec::parse_kubeconfig(text, std::make_shared<const std::string>(path)));
    parsed.push_back(std::move(config));
  }
  if (parsed.empty())
    return fail(Code::not_found, "no kubeconfig at " + printable(paths),
                "set KUBECONFIG, or az aks get-credentials, or drover kubeconfig");
  return codec::merge_kubeconfigs(std::move(parsed));
}

Result<std::string> Credentials::read(const codec::KubeBytes& bytes, const std::string& what) {
  if (!bytes.bytes.empty() || bytes.path.empty()) return bytes.bytes;
  auto text = files_.read(bytes.path);
  if (!text) return std::unexpected(std::move(text.error()).in(what + " of the kubeconfig"));
  return text;
}

Status Credentials::tell_hosts() {
  const auto url = http::parse_url(access_.cluster.server);
  if (!url) return fail(Code::invalid_input, "no address: " + printable(access_.cluster.server));
  hosts_.set_host(url->authority(), host_);
  return {};
}

Status Credentials::authorize(http::Request& request, Instant now) {
  const codec::KubeUser& user = access_.user;
  if (!told_) {
    DROVER_TRY(authority, read(access_.cluster.authority, "the certificate-authority"));
    DROVER_TRY(certificate, read(user.client_certificate, "the client-certificate"));
    DROVER_TRY(key, read(user.client_key, "the client-key"));
    host_ = {.authority_pem = std::move(authority),
             .certificate_pem = std::move(certificate),
             .key_pem = std::move(key),
             .server_name = access_.cluster.tls_server_name,
             .skip_verify = access_.cluster.skip_tls_verify,
             .proxy = access_.cluster.proxy_url};
    DROVER_CHECK(tell_hosts());
    told_ = true;
  }
  if (!user.token.path.empty()) {
    DROVER_CHECK(read_token_file(now));
    request.headers.set("Authorization", "Bearer " + file_token_);
  } else if (!user.token.bytes.empty()) {
    request.headers.set("Authorization", "Bearer " + user.token.bytes);
  } else if (user.has_exec) {
    const bool is_good = given_.is_there && (!given_.expires_at || *given_.expires_at - margin > now);
    if (!is_good) DROVER_CHECK(ask_plugin(now));
    if (!given_.token.empty()) request.headers.set("Authorization", "Bearer " + given_.token);
  } else if (!user.username.empty()) {
    request.headers.set("Authorization", "Basic " + base64_encode(user.username + ":" + user.password));
  }
  if (!user.impersonate.empty()) request.headers.set("Impersonate-User", user.impersonate);
  for (const auto& group : user.impersonate_groups) request.headers.add("Impersonate-Group", group);
  return {};
}

bool Credentials::renew() {
  file_read_at_ = {};
  given_ = {};
  return access_.user.has_exec || !access_.user.token.path.empty();
}

Status Credentials::read_token_file(Instant now) {
  if (!file_token_.empty() && now - file_read_at_ < token_file_fresh) return {};
  DROVER_TRY(text, files_.read(access_.user.token.path));
  file_token_ = trim(text);
  file_read_at_ = now;
  if (!file_token_.empty()) return {};
  return fail(Code::unauthenticated, "the tokenFile " + access_.user.token.path + " is empty");
}

Status Credentials::ask_plugin(Instant now) {
  const codec::KubeExec& exec = access_.user.exec;
  const std::string what = "the credential plugin " + printable(exec.command);
  ProgramCall call{.command = {exec.command}, .environment = exec.environment};
  call.command.insert(call.command.end(), exec.arguments.begin(), exec.arguments.end());
  call.environment.emplace_back("KUBERNETES_EXEC_INFO", exec_info(exec, access_.cluster, host_.authority_pem));
  auto end = programs_.run(call);
  if (!end) {
    Error error = std::move(end.error()).in(what);
    if (error.code == Code::not_found && !exec.install_hint.empty()) error.hint = printable(exec.install_hint);
    return std::unexpected(std::move(error));
  }
  if (end->exit_code != 0)
    return fail(Code::unauthenticated, what + " ended with " + std::to_string(end->exit_code),
                "run it by hand to see why");
  const json answer = parse_json(end->output);
  const bool is_credential = answer.is_object() && text_at(answer, "kind") == "ExecCredential" &&
                             answer.contains("status") && answer["status"].is_object();
  if (!is_credential) return fail(Code::corrupt, what + " printed something else than an ExecCredential with a status");
  if (text_at(answer, "apiVersion") != exec.api_version)
    return fail(Code::corrupt,
                what + " answered in " + printable(text_at(answer, "apiVersion")) + ", not " + exec.api_version,
                "give it the version that it speaks, or the kubeconfig");
  const json& status = answer["status"];
  given_ = {.token = text_at(status, "token"),
            .expires_at = parse_iso(text_at(status, "expirationTimestamp")),
            .is_there = true};
  const std::string certificate = text_at(status, "clientCertificateData"), key = text_at(status, "clientKeyData");
  if (given_.token.empty() && (certificate.empty() || key.empty())) {
    given_ = {};
    return fail(Code::unauthenticated, what + " gave neither a token nor a certificate with its key");
  }
  if (given_.expires_at && *given_.expires_at <= now) {
    given_ = {};
    return fail(Code::unauthenticated, what + " gave a credential that has expired", "log in again");
  }
  if (certificate.empty() || certificate == host_.certificate_pem) return {};
  host_.certificate_pem = certificate;
  host_.key_pem = key;
  return tell_hosts();
}

}  // namespace drover::kubernetes
