#include "codec/kubeconfig.hpp"

#include <algorithm>
#include <array>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "codec/tree.hpp"

namespace drover::codec {
namespace {

constexpr std::array<std::string_view, 7> root_keys = {"apiVersion", "kind",        "clusters",       "contexts",
                                                       "users",      "preferences", "current-context"};
constexpr std::array<std::string_view, 3> cluster_entry_keys = {"name", "cluster", "extensions"};
constexpr std::array<std::string_view, 3> user_entry_keys = {"name", "user", "extensions"};
constexpr std::array<std::string_view, 3> context_entry_keys = {"name", "context", "extensions"};
constexpr std::array<std::string_view, 8> cluster_keys = {"server",
                                                          "certificate-authority",
                                                          "certificate-authority-data",
                                                          "insecure-skip-tls-verify",
                                                          "tls-server-name",
                                                          "proxy-url",
                                                          "disable-compression",
                                                          "extensions"};
constexpr std::array<std::string_view, 15> user_keys = {"client-certificate",
                                                        "client-certificate-data",
                                                        "client-key",
                                                        "client-key-data",
                                                        "token",
                                                        "tokenFile",
                                                        "username",
                                                        "password",
                                                        "exec",
                                                        "auth-provider",
                                                        "as",
                                                        "as-uid",
                                                        "as-groups",
                                                        "as-user-extra",
                                                        "extensions"};
constexpr std::array<std::string_view, 4> context_keys = {"cluster", "user", "namespace", "extensions"};
constexpr std::array<std::string_view, 7> exec_keys = {
    "apiVersion", "command", "args", "env", "installHint", "provideClusterInfo", "interactiveMode"};

std::unexpected<Error> refusal(const SourceSpan& where, std::string message, std::string hint = "") {
  return std::unexpected(
      Error{.code = Code::invalid_input, .message = std::move(message), .hint = std::move(hint), .where = where});
}

/// Reads one file; each function names the first thing that is wrong.
class Reader {
 public:
  explicit Reader(std::shared_ptr<const std::string> file) : file_(std::move(file)) {
    const auto slash = file_->rfind('/');
    if (slash != std::string::npos) folder_ = file_->substr(0, slash + 1);
  }

  Result<Kubeconfig> read(const Node& root) {
    Kubeconfig config;
    if (root.kind == Node::Kind::null) return config;
    DROVER_CHECK(check_mapping(root, "a kubeconfig", root_keys));
    DROVER_TRY(kind, text(root, "kind"));
    if (!kind.empty() && kind != "Config")
      return refusal(span(*root.find("kind")), "this is a " + printable(kind) + ", not a kubeconfig (kind: Config)",
                     "is it the right file?");
    DROVER_TRY(current, text(root, "current-context"));
    config.current_context = std::move(current);
    DROVER_CHECK(read_list(root, "clusters", "cluster", cluster_entry_keys, config.clusters, &Reader::read_cluster));
    DROVER_CHECK(read_list(root, "users", "user", user_entry_keys, config.users, &Reader::read_user));
    DROVER_CHECK(read_list(root, "contexts", "context", context_entry_keys, config.contexts, &Reader::read_context));
    return config;
  }

 private:
  SourceSpan span(const Node& node) const { return {file_, node.line, node.column}; }

  /// A mapping, without keys that are nearly one of `known`: those are slips, and a certificate under a mistyped key
  /// would be left out silently.
  template <std::size_t size>
  Status check_mapping(const Node& node, const std::string& what, const std::array<std::string_view, size>& known) {
    if (node.kind != Node::Kind::mapping) return refusal(span(node), what + " must have settings (key: value)");
    for (const auto& [key, value] : node.fields) {
      if (std::ranges::find(known, std::string_view(key.text)) != known.end()) continue;
      const auto near = nearest(key.text, std::vector<std::string_view>(known.begin(), known.end()));
      if (!near.empty())
        return refusal(span(key), "\"" + printable(key.text) + "\" is no key of " + what,
                       "did you mean \"" + std::string(near) + "\"?");
    }
    return {};
  }

  /// "" where there is none.
  Result<std::string> text(const Node& mapping, std::string_view key) {
    const Node* node = mapping.find(key);
    if (!node || node->kind == Node::Kind::null) return std::string();
    if (node->kind != Node::Kind::scalar) return refusal(span(*node), std::string(key) + " must be text");
    return node->text;
  }
  Result<bool> flag(const Node& mapping, std::string_view key) {
    const Node* node = mapping.find(key);
    if (!node || node->kind == Node::Kind::null) return false;
    if (const auto value = flag_of(*node)) return *value;
    return refusal(span(*node), std::string(key) + " must be true or false");
  }
  Result<std::vector<std::string>> texts(const Node& mapping, std::string_view key) {
    std::vector<std::string> list;
    const Node* node = mapping.find(key);
    if (!node || node->kind == Node::Kind::null) return list;
    if (node->kind != Node::Kind::sequence) return refusal(span(*node), std::string(key) + " must be a list of texts");
    for (const auto& item : node->items) {
      if (item.kind != Node::Kind::scalar) return refusal(span(item), std::string(key) + " must be a list of texts");
      list.push_back(item.text);
    }
    return list;
  }

  std::string beside(const std::string& path) const {
    return path.empty() || path.starts_with('/') ? path : folder_ + path;
  }

  /// `key` names a file, `key`-data holds its bytes in base64.
  Result<KubeBytes> bytes(const Node& mapping, const std::string& key) {
    DROVER_TRY(path, text(mapping, key));
    DROVER_TRY(encoded, text(mapping, key + "-data"));
    KubeBytes found{{}, beside(path)};
    if (encoded.empty()) return found;
    std::erase_if(encoded, [](char c) { return c == '\n' || c == '\r' || c == ' '; });  // folded lines
    const auto decoded = base64_decode(encoded);
    const SourceSpan where = span(*mapping.find(key + "-data"));
    if (!decoded) {
      const bool is_pem = encoded.starts_with("-----BEGIN");
      return refusal(
          where, key + "-data is not base64",
          is_pem ? "it is PEM as it stands: encode it (base64 -w0), or put it into a file and name that as " + key
                 : "copy it whole: its length is a multiple of four");
    }
    if (decoded->find("-----BEGIN ") == std::string::npos)
      return refusal(where, key + "-data is no PEM", "it should decode to -----BEGIN ...");
    found.bytes = *decoded;
    return found;
  }

  template <class Item, std::size_t size>
  Status read_list(const Node& root, const std::string& key, const std::string& inner,
                   const std::array<std::string_view, size>& known, std::vector<Item>& into,
                   Status (Reader::*read_item)(const Node&, Item&)) {
    const Node* list = root.find(key);
    if (!list || list->kind == Node::Kind::null) return {};
    if (list->kind != Node::Kind::sequence)
      return refusal(span(*list), key + " must be a list", "begin each entry with \"- name: NAME\"");
    for (const auto& node : list->items) {
      Item item;
      item.where = span(node);
      // Nobody can use one without a name.
      const Node* name = node.kind == Node::Kind::mapping ? node.find("name") : nullptr;
      if (name == nullptr || name->kind != Node::Kind::scalar || name->text.empty()) continue;
      item.name = name->text;
      if (auto read = check_mapping(node, "an entry of " + key, known); !read) item.trouble = std::move(read.error());
      if (const auto twin = std::ranges::find(into, item.name, &Item::name); twin != into.end()) {
        twin->trouble =
            refusal(span(node), "the " + inner + " \"" + printable(item.name) + "\" is there twice", "keep one of them")
                .error();
        continue;
      }
      const Node* body = node.find(inner);
      if (body && body->kind != Node::Kind::null)
        if (auto read = (this->*read_item)(*body, item); !read) item.trouble = std::move(read.error());
      into.push_back(std::move(item));
    }
    return {};
  }

  Status read_cluster(const Node& node, KubeCluster& cluster) {
    DROVER_CHECK(check_mapping(node, "a cluster", cluster_keys));
    DROVER_TRY(server, text(node, "server"));
    while (server.ends_with('/')) server.pop_back();
    cluster.server = std::move(server);
    DROVER_TRY(authority, bytes(node, "certificate-authority"));
    cluster.authority = std::move(authority);
    DROVER_TRY(skip, flag(node, "insecure-skip-tls-verify"));
    cluster.skip_tls_verify = skip;
    DROVER_TRY(name, text(node, "tls-server-name"));
    cluster.tls_server_name = std::move(name);
    DROVER_TRY(proxy, text(node, "proxy-url"));
    cluster.proxy_url = std::move(proxy);
    return {};
  }

  Status read_user(const Node& node, KubeUser& user) {
    DROVER_CHECK(check_mapping(node, "a user", user_keys));
    DROVER_TRY(certificate, bytes(node, "client-certificate"));
    user.client_certificate = std::move(certificate);
    DROVER_TRY(key, bytes(node, "client-key"));
    user.client_key = std::move(key);
    DROVER_TRY(token, text(node, "token"));
    DROVER_TRY(token_file, text(node, "tokenFile"));
    user.token = {std::move(token), beside(token_file)};
    DROVER_TRY(username, text(node, "username"));
    user.username = std::move(username);
    DROVER_TRY(password, text(node, "password"));
    user.password = std::move(password);
    DROVER_TRY(impersonate, text(node, "as"));
    user.impersonate = std::move(impersonate);
    DROVER_TRY(groups, texts(node, "as-groups"));
    user.impersonate_groups = std::move(groups);
    if (const Node* provider = node.find("auth-provider"); provider && provider->kind == Node::Kind::mapping) {
      DROVER_TRY(name, text(*provider, "name"));
      user.auth_provider = name.empty() ? "?" : std::move(name);
    }
    const Node* exec = node.find("exec");
    if (!exec || exec->kind == Node::Kind::null) return {};
    user.has_exec = true;
    return read_exec(*exec, user.exec);
  }

  Status read_exec(const Node& node, KubeExec& exec) {
    DROVER_CHECK(check_mapping(node, "exec", exec_keys));
    DROVER_TRY(version, text(node, "apiVersion"));
    if (version != "client.authentication.k8s.io/v1" && version != "client.authentication.k8s.io/v1beta1")
      return refusal(
          span(node), "exec speaks \"" + printable(version) + "\"",
          "client.authentication.k8s.io/v1 and .../v1beta1 are known; a newer version of the program has them");
    exec.api_version = std::move(version);
    DROVER_TRY(command, text(node, "command"));
    if (command.empty()) return refusal(span(node), "exec has no command");
    // A bare name is looked for in PATH; a path is beside the file.
    exec.command = command.find('/') == std::string::npos ? command : beside(command);
    DROVER_TRY(arguments, texts(node, "args"));
    exec.arguments = std::move(arguments);
    DROVER_TRY(hint, text(node, "installHint"));
    exec.install_hint = std::move(hint);
    DROVER_TRY(provide, flag(node, "provideClusterInfo"));
    exec.provide_cluster_info = provide;
    const Node* environment = node.find("env");
    if (!environment || environment->kind == Node::Kind::null) return {};
    if (environment->kind != Node::Kind::sequence) return refusal(span(*environment), "env must be a list");
    for (const auto& item : environment->items) {
      if (item.kind != Node::Kind::mapping)
        return refusal(span(item), "an entry of env must be {name: NAME, value: VALUE}");
      DROVER_TRY(name, text(item, "name"));
      DROVER_TRY(value, text(item, "value"));
      if (name.empty() || name.find('=') != std::string::npos)
        return refusal(span(item), "an entry of env has no name that a variable can have");
      exec.environment.emplace_back(std::move(name), std::move(value));
    }
    return {};
  }

  Status read_context(const Node& node, KubeContext& context) {
    DROVER_CHECK(check_mapping(node, "a context", context_keys));
    DROVER_TRY(cluster, text(node, "cluster"));
    context.cluster = std::move(cluster);
    DROVER_TRY(user, text(node, "user"));
    context.user = std::move(user);
    DROVER_TRY(space, text(node, "namespace"));
    context.space = std::move(space);
    return {};
  }

  std::shared_ptr<const std::string> file_;
  std::string folder_;  ///< with its slash
};

bool is_blank(std::string_view text) {
  for (const auto line : split(text, '\n')) {
    const auto content = trim(line);
    if (!content.empty() && !content.starts_with('#') && content != "---") return false;
  }
  return true;
}

template <class Item>
void merge_into(std::vector<Item>& into, std::vector<Item>&& more) {
  for (auto& item : more)
    if (std::ranges::none_of(into, [&](const Item& known) { return known.name == item.name; }))
      into.push_back(std::move(item));
}

template <class Item>
const Item* find_named(const std::vector<Item>& items, const std::string& name) {
  const auto it = std::ranges::find(items, name, &Item::name);
  return it == items.end() ? nullptr : &*it;
}

template <class Item>
std::string names_of(const std::vector<Item>& items, const char* what) {
  if (items.empty()) return std::string("there are no ") + what;
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(printable(item.name));
  return "there are: " + join(names, ", ");
}

/// As client-go takes a server: a scheme in any letters, and without one https where anything of TLS is said, else
/// http.
std::string with_scheme(const KubeCluster& cluster, const KubeUser& user) {
  const auto end = cluster.server.find("://");
  if (end != std::string::npos) return to_lower(cluster.server.substr(0, end)) + cluster.server.substr(end);
  const bool has_tls = !cluster.authority.empty() || cluster.skip_tls_verify || !user.client_certificate.empty();
  return cluster.server.empty() ? "" : (has_tls ? "https://" : "http://") + cluster.server;
}

/// "https://HOST[:PORT][/PREFIX]", or the same with http.
bool is_address(std::string_view text) {
  if (!text.starts_with("https://") && !text.starts_with("http://")) return false;
  const auto rest = text.substr(text.find("//") + 2);
  const auto host = rest.substr(0, rest.find('/'));
  return !host.empty() && host.front() != ':' && rest.find_first_of("?#@") == std::string_view::npos &&
         std::ranges::none_of(rest, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

Status check_usable(const KubeCluster& cluster, const KubeUser& user) {
  if (!is_address(cluster.server))
    return refusal(cluster.where,
                   "the cluster \"" + printable(cluster.name) + "\" has " +
                       (cluster.server.empty() ? "no server" : "a server that is no address"),
                   "write server: https://HOST:PORT");
  if (cluster.skip_tls_verify && !cluster.authority.empty())
    return refusal(
        cluster.where,
        "the cluster \"" + printable(cluster.name) + "\" has both certificate-authority and insecure-skip-tls-verify",
        "leave out insecure-skip-tls-verify");
  if (!user.auth_provider.empty() && !user.has_exec && user.token.empty() && user.client_certificate.empty())
    return refusal(
        user.where,
        "the user \"" + printable(user.name) + "\" has the auth-provider \"" + printable(user.auth_provider) +
            "\", which kubectl 1.26 took away",
        user.auth_provider == "azure" ? "kubelogin convert-kubeconfig" : "get the kubeconfig anew from the provider");
  if (user.client_certificate.empty() != user.client_key.empty())
    return refusal(user.where, "the user \"" + printable(user.name) + "\" has " +
                                   (user.client_key.empty() ? "a client-certificate without client-key"
                                                            : "a client-key without client-certificate"));
  if (cluster.server.starts_with("http://") && (!user.token.empty() || user.has_exec || !user.username.empty()))
    return refusal(cluster.where,
                   "the cluster \"" + printable(cluster.name) +
                       "\" has no TLS, so credentials would go over the wire for all to read",
                   "write server: https://...");
  return {};
}

}  // namespace

Result<Kubeconfig> parse_kubeconfig(std::string_view text, const std::shared_ptr<const std::string>& file) {
  DROVER_CHECK(check_text(text, file));
  if (is_blank(text)) return Kubeconfig{};
  DROVER_TRY(documents, parse_yaml_documents(text, file));
  std::erase_if(documents, [](const Node& node) { return node.kind == Node::Kind::null; });
  if (documents.empty()) return Kubeconfig{};
  if (documents.size() > 1)
    return refusal({file, documents[1].line, documents[1].column},
                   "a second document begins here, and a kubeconfig has one",
                   "put each kubeconfig in a file of its own: KUBECONFIG=one:other names several");
  return Reader(file).read(documents.front());
}

Kubeconfig merge_kubeconfigs(std::vector<Kubeconfig> files) {
  Kubeconfig merged;
  for (auto& file : files) {
    merge_into(merged.clusters, std::move(file.clusters));
    merge_into(merged.users, std::move(file.users));
    merge_into(merged.contexts, std::move(file.contexts));
    if (merged.current_context.empty()) merged.current_context = std::move(file.current_context);
  }
  return merged;
}

Result<KubeAccess> resolve_context(const Kubeconfig& config, const std::string& context) {
  const std::string name = context.empty() ? config.current_context : context;
  if (name.empty())
    return fail(Code::not_found, "the kubeconfig has no current context",
                "name one; " + names_of(config.contexts, "contexts"));
  const KubeContext* chosen = find_named(config.contexts, name);
  if (!chosen)
    return fail(Code::not_found, "the kubeconfig has no context \"" + printable(name) + "\"",
                names_of(config.contexts, "contexts"));
  const KubeCluster* cluster = find_named(config.clusters, chosen->cluster);
  if (!cluster)
    return refusal(chosen->where,
                   "the context \"" + printable(name) + "\" names the cluster \"" + printable(chosen->cluster) +
                       "\", which is nowhere",
                   names_of(config.clusters, "clusters"));
  const KubeUser* user = find_named(config.users, chosen->user);
  if (!user && !chosen->user.empty())
    return refusal(
        chosen->where,
        "the context \"" + printable(name) + "\" names the user \"" + printable(chosen->user) + "\", which is nowhere",
        names_of(config.users, "users"));
  for (const auto* trouble : {&chosen->trouble, &cluster->trouble, user ? &user->trouble : &chosen->trouble})
    if (*trouble) return std::unexpected(**trouble);
  KubeAccess access{*cluster, user ? *user : KubeUser{}, chosen->space};
  access.cluster.server = with_scheme(access.cluster, access.user);
  DROVER_CHECK(check_usable(access.cluster, access.user));
  return access;
}

}  // namespace drover::codec
