#include "codec/kubeconfig.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"

namespace drover::codec {
namespace {

const auto file = std::make_shared<const std::string>("/home/u/.kube/config");
const std::string pem = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";

Kubeconfig parsed(std::string_view text) {
  auto config = parse_kubeconfig(text, file);
  EXPECT_TRUE(config) << format_error(config.error());
  return config ? std::move(*config) : Kubeconfig{};
}
/// Of the file, or else of an entry in it.
std::string complaint(std::string_view text) {
  const auto config = parse_kubeconfig(text, std::make_shared<const std::string>("/home/u/.kube/config"));
  if (!config) return format_error(config.error());
  for (const auto& cluster : config->clusters)
    if (cluster.trouble) return format_error(*cluster.trouble);
  for (const auto& user : config->users)
    if (user.trouble) return format_error(*user.trouble);
  return "";
}

/// The complaint about the current context.
std::string unusable(std::string_view text) {
  const auto access = resolve_context(parsed(text), "");
  return access ? "" : format_error(access.error());
}

TEST(Kubeconfig, ReadsWhatAzAndKubeadmWrite) {
  const std::string data = base64_encode(pem);
  const auto config = parsed(
      "apiVersion: v1\nkind: Config\npreferences: {}\ncurrent-context: aks\nclusters:\n- name: aks\n"
      "  cluster:\n    certificate-authority-data: " +
      data +
      "\n    server: https://aks-1.hcp.westeurope.azmk8s.io:443/\n    tls-server-name: inner\n"
      "    proxy-url: http://proxy:3128\n"
      "users:\n- name: me\n  user:\n    client-certificate: pki/me.crt\n    client-key: /etc/me.key\n"
      "    token: abc\n"
      "contexts:\n- name: aks\n  context: {cluster: aks, user: me, namespace: train}\n");
  const auto access = resolve_context(config, "");
  ASSERT_TRUE(access) << format_error(access.error());
  EXPECT_EQ(access->cluster.server, "https://aks-1.hcp.westeurope.azmk8s.io:443");
  EXPECT_EQ(access->cluster.authority.bytes, pem);
  EXPECT_EQ(access->cluster.tls_server_name, "inner");
  EXPECT_EQ(access->cluster.proxy_url, "http://proxy:3128");
  EXPECT_EQ(access->user.client_certificate.path, "/home/u/.kube/pki/me.crt");
  EXPECT_EQ(access->user.client_key.path, "/etc/me.key");
  EXPECT_EQ(access->user.token.bytes, "abc");
  EXPECT_EQ(access->space, "train");
}

TEST(Kubeconfig, ReadsExecPlugins) {
  const auto config = parsed(
      "users:\n- name: a\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n"
      "      command: kubelogin\n      args: [get-token, --server-id, x]\n      env: [{name: A, value: b=c}]\n"
      "      interactiveMode: IfAvailable\n      provideClusterInfo: true\n"
      "- name: b\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, env: null}}\n");
  ASSERT_EQ(config.users.size(), 2u);
  const KubeExec& exec = config.users[0].exec;
  EXPECT_EQ(exec.command, "kubelogin");
  EXPECT_EQ(exec.arguments, (std::vector<std::string>{"get-token", "--server-id", "x"}));
  EXPECT_EQ(exec.environment.at(0), (std::pair<std::string, std::string>{"A", "b=c"}));
  EXPECT_TRUE(exec.provide_cluster_info);
  EXPECT_EQ(config.users[1].exec.command, "/home/u/.kube/./bin/login");
}

TEST(Kubeconfig, MergesAsKubectlDoes) {
  std::vector<Kubeconfig> files;
  files.push_back(parsed("clusters: [{name: c, cluster: {server: https://one}}]\nusers: [{name: u, user: {}}]\n"));
  files.push_back(
      parsed("current-context: second\nclusters: [{name: c, cluster: {server: https://two, proxy-url: http://p}},"
             " {name: d, cluster: {server: https://d}}]\nusers: [{name: u, user: {token: t}}]\n"));
  files.push_back(parsed("current-context: third\n"));
  const auto merged = merge_kubeconfigs(std::move(files));
  ASSERT_EQ(merged.clusters.size(), 2u);
  EXPECT_EQ(merged.clusters[0].server, "https://one");
  EXPECT_EQ(merged.clusters[0].proxy_url, "");  // no mixing of two files' entries
  EXPECT_EQ(merged.clusters[1].name, "d");
  EXPECT_TRUE(merged.users.at(0).token.empty());
  EXPECT_EQ(merged.current_context, "second");
}

TEST(Kubeconfig, TakesEmptyFilesAndKeysOfOthers) {
  EXPECT_TRUE(parsed("").clusters.empty());
  EXPECT_TRUE(parsed("# nothing yet\n---\n").clusters.empty());
  const auto config = parsed(
      "extra: 1\nclusters: [{name: c, cluster: {server: https://a, extensions: [{name: m}]}}]\n"
      "contexts: null\n");
  EXPECT_EQ(config.clusters.at(0).server, "https://a");
}

TEST(Kubeconfig, SaysWhereAndWhatWouldBeRight) {
  EXPECT_EQ(complaint("clusters:\n- name: c\n  cluster: {certificate-authority-date: x}\n"),
            "/home/u/.kube/config:3:13: \"certificate-authority-date\" is no key of a cluster; did you mean "
            "\"certificate-authority-data\"?");
  EXPECT_EQ(
      complaint("clusters:\n- name: c\n  cluster: {certificate-authority-data: '%%%'}\n"),
      "/home/u/.kube/config:3:41: certificate-authority-data is not base64; copy it whole: its length is a multiple "
      "of four");
  EXPECT_EQ(complaint("users:\n- name: u\n  user: {client-key-data: aGVsbG8=}\n"),
            "/home/u/.kube/config:3:27: client-key-data is no PEM; it should decode to -----BEGIN ...");
  EXPECT_EQ(complaint("clusters:\n  c: {}\n"),
            "/home/u/.kube/config:2:3: clusters must be a list; begin each entry with \"- name: NAME\"");
  EXPECT_EQ(complaint("users:\n- name: u\n- name: u\n"),
            "/home/u/.kube/config:3:3: the user \"u\" is there twice; keep one of them");
  EXPECT_EQ(
      complaint("kind: Config\n---\nkind: Config\n"),
      "/home/u/.kube/config:3:1: a second document begins here, and a kubeconfig has one; put each kubeconfig in a "
      "file of its own: KUBECONFIG=one:other names several");
  EXPECT_EQ(complaint("kind: Pod\n"),
            "/home/u/.kube/config:1:7: this is a Pod, not a kubeconfig (kind: Config); is it the right file?");
  EXPECT_NE(
      complaint("users:\n- name: u\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}\n")
          .find("v1alpha1"),
      std::string::npos);
  EXPECT_EQ(complaint("clusters: [{name: c, cluster: {insecure-skip-tls-verify: 'yes'}}]\n"),
            "/home/u/.kube/config:1:58: insecure-skip-tls-verify must be true or false");
}

TEST(Kubeconfig, ServersAsClientGoTakesThem) {
  const auto server = [](const std::string& cluster, const std::string& user) {
    const auto access = resolve_context(
        parsed("current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c, "
               "cluster: {" +
               cluster + "}}]\nusers: [{name: u, user: {" + user + "}}]\n"),
        "");
    return access ? access->cluster.server : access.error().message;
  };
  EXPECT_EQ(server("server: 'HTTPS://A.b:6443'", "token: t"), "https://A.b:6443");
  EXPECT_EQ(server("server: 'a.b:6443', insecure-skip-tls-verify: true", "token: t"), "https://a.b:6443");
  EXPECT_EQ(server("server: a.b", ""), "http://a.b");
  EXPECT_NE(server("server: a.b", "token: t").find("no TLS"), std::string::npos);
  EXPECT_NE(server("server: \"https://a.b:6443\\x10p\"", "token: t").find("no address"), std::string::npos);
}

/// As kubectl: other entries are nobody's business.
TEST(Kubeconfig, JudgesOnlyWhatIsUsed) {
  const std::string used =
      "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}, {name: y, context: 3}]\n"
      "clusters:\n- {name: c, cluster: {server: 'https://a', insecure-skip-tls-verify: True}}\n"
      "- {name: old, cluster: {server: 'https://b', certificate-authority-data: DATA+OMITTED}}\n- {cluster: {}}\n"
      "users:\n- {name: u, user: {token: t}}\n"
      "- {name: eks, user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws}}}\n";
  const auto access = resolve_context(parsed(used), "");
  ASSERT_TRUE(access) << format_error(access.error());
  EXPECT_TRUE(access->cluster.skip_tls_verify);
  const std::string other =
      "contexts: [{name: z, context: {cluster: c, user: eks}}]\nclusters: [{name: c}]\n"
      "users: [{name: eks, user: {exec: {apiVersion: v1alpha1, command: aws}}}]\n";
  EXPECT_NE(format_error(resolve_context(parsed(other), "z").error()).find("exec speaks \"v1alpha1\""),
            std::string::npos);
}

TEST(Kubeconfig, RefusesWhatCannotBeUsed) {
  const std::string context = "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n";
  EXPECT_EQ(unusable("contexts: [{name: x, context: {cluster: c}}]\n"),
            "the kubeconfig has no current context; name one; there are: x");
  EXPECT_EQ(unusable("current-context: y\ncontexts: [{name: x}]\n"),
            "the kubeconfig has no context \"y\"; there are: x");
  EXPECT_EQ(unusable(context + "clusters: [{name: d}]\n"),
            "/home/u/.kube/config:2:12: the context \"x\" names the cluster \"c\", which is nowhere; there are: d");
  const std::string cluster = "clusters: [{name: c, cluster: {server: https://a}}]\n";
  EXPECT_EQ(unusable(context + cluster),
            "/home/u/.kube/config:2:12: the context \"x\" names the user \"u\", which is "
            "nowhere; there are no users");
  EXPECT_EQ(
      unusable(context + "clusters: [{name: c, cluster: {server: 'ftp://a.b.c'}}]\nusers: [{name: u}]\n"),
      "/home/u/.kube/config:3:12: the cluster \"c\" has a server that is no address; write server: https://HOST:PORT");
  EXPECT_NE(
      unusable(context + cluster + "users: [{name: u, user: {auth-provider: {name: azure}}}]\n").find("kubelogin"),
      std::string::npos);
  EXPECT_NE(
      unusable(context + cluster + "users: [{name: u, user: {client-certificate: a}}]\n").find("without client-key"),
      std::string::npos);
  EXPECT_NE(
      unusable(context + "clusters: [{name: c, cluster: {server: http://a}}]\nusers: [{name: u, user: {token: t}}]\n")
          .find("no TLS"),
      std::string::npos);
}

}  // namespace
}  // namespace drover::codec
