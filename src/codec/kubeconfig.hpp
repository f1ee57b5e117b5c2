// How to reach a Kubernetes cluster and as whom, read from kubeconfig files as people have them: several merged, with
// paths beside the file, certificates inside it or in files, tokens, and programs that give credentials. After
// "Organizing Cluster Access Using kubeconfig Files" (kubernetes.io) and what kubectl does with them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace drover::codec {

/// Bytes that stand in the kubeconfig itself (decoded) or in a file; `bytes` count where both are given.
struct KubeBytes {
  std::string bytes;
  std::string path;  ///< absolute, or relative as the kubeconfig's own path is

  bool empty() const { return bytes.empty() && path.empty(); }
};

struct KubeCluster {
  std::string name;
  std::string server;  ///< https://host[:port][/prefix], without a slash at the end
  KubeBytes authority;
  std::string tls_server_name;  ///< name to ask for and to check; "": the server's own
  bool skip_tls_verify = false;
  std::string proxy_url;
  SourceSpan where;
  std::optional<Error> trouble = {};  ///< why it cannot be used; it stops nobody who uses another
};

/// client.authentication.k8s.io/v1 or v1beta1.
struct KubeExec {
  std::string api_version;
  std::string command;  ///< a path, or a name to look for in PATH
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to ours
  std::string install_hint;
  bool provide_cluster_info = false;
};

struct KubeUser {
  std::string name;
  KubeBytes client_certificate, client_key;
  KubeBytes token;  ///< here the file counts where both are given, as in client-go: it is renewed
  std::string username, password;
  bool has_exec = false;
  KubeExec exec;
  std::string auth_provider;  ///< a built-in provider of older kubectls, which nobody has any more
  std::string impersonate;
  std::vector<std::string> impersonate_groups;
  SourceSpan where;
  std::optional<Error> trouble = {};  ///< why it cannot be used; it stops nobody who uses another
};

struct KubeContext {
  std::string name, cluster, user, space;  ///< space: the namespace; "" = default
  SourceSpan where;
  std::optional<Error> trouble = {};  ///< why it cannot be used; it stops nobody who uses another
};

struct Kubeconfig {
  std::vector<KubeCluster> clusters;
  std::vector<KubeUser> users;
  std::vector<KubeContext> contexts;
  std::string current_context;
};

/// One file. Errors: invalid_input with the place: no YAML, several documents, no kubeconfig, a name that stands twice.
/// What is wrong within an entry (a wrong type, base64 that is none, a key that is nearly one of ours) is kept with it,
/// and is an error for those who use that entry, as with kubectl. Other keys are left to those who know them; an empty
/// file is an empty kubeconfig.
Result<Kubeconfig> parse_kubeconfig(std::string_view text, const std::shared_ptr<const std::string>& file);

/// As kubectl merges the files of KUBECONFIG: of entries with one name the first file's counts, whole; of
/// current-context the first that is set.
Kubeconfig merge_kubeconfigs(std::vector<Kubeconfig> files);

/// What a context comes to.
struct KubeAccess {
  KubeCluster cluster;
  KubeUser user;  ///< an empty one when the context names none
  std::string space;
};

/// `context` "" is the current one. Errors: not_found with the names that there are; invalid_input for a cluster or a
/// user that cannot be used, with its place.
Result<KubeAccess> resolve_context(const Kubeconfig& config, const std::string& context);

}  // namespace drover::codec
