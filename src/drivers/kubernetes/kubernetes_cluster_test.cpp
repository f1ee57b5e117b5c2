// What the driver sends, against servers that exist only here: old and new ones, refusing and throttling ones.
#include "drivers/kubernetes/kubernetes_cluster.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "drivers/kubernetes/kubelet_log.hpp"
#include "drivers/kubernetes/kubernetes_transport.hpp"

namespace drover::kubernetes {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

http::Response answer(int status, std::string body = "{}", http::Headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

/// Answers at once; keeps what was asked.
class ServerTransport final : public HttpTransport {
 public:
  using Server = std::function<Result<http::Response>(const http::Request&)>;
  ServerTransport(SimClock& clock, Server server) : clock_(clock), server_(std::move(server)) {}

  ExchangeId submit(http::Request request, Instant, BodySink* sink = nullptr) override {
    auto outcome = server_(request);
    if (outcome && outcome->ok() && sink) (void)sink->write(std::exchange(outcome->body, ""));
    asked.push_back(std::move(request));
    done_.push_back({ExchangeId{asked.size()}, std::move(outcome)});
    return done_.back().id;
  }
  std::optional<Completion> next(Instant until) override {
    if (done_.empty()) {
      clock_.sleep_until(until);
      return std::nullopt;
    }
    Completion completion = std::move(done_.front());
    done_.pop_front();
    return completion;
  }
  void cancel(ExchangeId) override {}
  const Clock& clock() const override { return clock_; }

  std::vector<http::Request> asked;

 private:
  SimClock& clock_;
  Server server_;
  std::deque<Completion> done_;
};

class ScriptedPrograms final : public Programs {
 public:
  Result<ProgramEnd> run(const ProgramCall& call) override {
    calls.push_back(call);
    if (ends.empty()) return fail(Code::not_found, call.command[0] + " is not there");
    ProgramEnd end = ends.front();
    ends.pop_front();
    return end;
  }
  std::vector<ProgramCall> calls;
  std::deque<ProgramEnd> ends;
};

class MemoryFiles final : public Files {
 public:
  Result<std::string> read(const std::string& path) override {
    const auto it = files.find(path);
    return it == files.end() ? fail(Code::invalid_input, path + ": No such file") : Result<std::string>(it->second);
  }
  Status write(const std::string&, std::string_view) override { return {}; }
  bool exists(const std::string& path) override { return files.contains(path); }
  std::map<std::string, std::string> files;
};

class ToldHosts final : public TlsHosts {
 public:
  void set_host(std::string authority, TlsHost host) override {
    told.emplace_back(std::move(authority), std::move(host));
  }
  std::vector<std::pair<std::string, TlsHost>> told;
};

codec::KubeAccess access_as(codec::KubeUser user = {}) {
  return {.cluster = {.name = "c", .server = "https://k:6443"}, .user = std::move(user), .space = "mine"};
}

struct Bench {
  Bench(ServerTransport::Server server, codec::KubeUser user = {}, ClientRate rate = {})
      : transport(clock, std::move(server)),
        polite(transport, rate, kubernetes_retries, 1),
        flows(polite),
        credentials(access_as(std::move(user)), files, programs, hosts),
        cluster(flows, credentials, 1) {}

  SimClock clock{Instant{} + 1h};
  ServerTransport transport;
  KubernetesTransport polite;
  Flows flows;
  MemoryFiles files;
  ScriptedPrograms programs;
  ToldHosts hosts;
  Credentials credentials;
  KubernetesCluster cluster;
};

/// Discovery of a server with `policy` ("v1beta1", or "v1") besides pods and jobs; anything else gets {}.
Result<http::Response> discovery(const http::Request& request, const std::string& policy) {
  const std::string path(http::parse_url(request.url)->path);
  if (path == "/api") return answer(200, R"({"versions":["v1"]})");
  if (path == "/apis")
    return answer(200, R"({"groups":[{"name":"batch","versions":[{"version":"v1beta1"},{"version":"v1"}],
                           "preferredVersion":{"version":"v1"}}]})");
  if (path == "/api/v1")
    return answer(200, R"({"resources":[{"name":"pods","kind":"Pod","namespaced":true,"verbs":["get","watch"]},
        {"name":"nodes","kind":"Node","namespaced":false},
        {"name":"pods/eviction","kind":"Eviction","group":"policy","version":")" +
                           policy + R"(","namespaced":true}]})");
  if (path == "/apis/batch/v1") return answer(200, R"({"resources":[{"name":"jobs","kind":"Job","namespaced":true}]})");
  if (path == "/apis/batch/v1beta1")
    return answer(200, R"({"resources":[{"name":"cronjobs","kind":"CronJob","namespaced":true}]})");
  return answer(200);
}
ServerTransport::Server newest = [](const http::Request& request) { return discovery(request, "v1"); };

TEST(KubernetesCluster, FindsEachKindWhereTheServerHasIt) {
  Bench bench(newest);
  EXPECT_TRUE(finish(bench.flows, bench.cluster.get({kinds::jobs, "", "j 1"})));
  EXPECT_EQ(bench.transport.asked.back().url, "https://k:6443/apis/batch/v1/namespaces/mine/jobs/j%201");
  EXPECT_EQ(finish(bench.flows, bench.cluster.discover({"batch", "CronJob"}))->api_version(), "batch/v1beta1");
  EXPECT_TRUE(finish(bench.flows, bench.cluster.get({kinds::nodes, "", "n"})));
  EXPECT_EQ(bench.transport.asked.back().url, "https://k:6443/api/v1/nodes/n");
  EXPECT_EQ(finish(bench.flows, bench.cluster.discover({"batch", "Job", "v2"})).error().code, Code::not_found);
}

TEST(KubernetesCluster, AsksAgainForAKindThatWasNotThere) {
  bool has_it = false;
  Bench bench([&](const http::Request& request) -> Result<http::Response> {
    if (has_it && request.url.ends_with("/apis/batch/v1"))
      return answer(200, R"({"resources":[{"name":"trains","kind":"Train","namespaced":true}]})");
    return discovery(request, "v1");
  });
  EXPECT_FALSE(finish(bench.flows, bench.cluster.discover({"batch", "Train"})));
  has_it = true;
  EXPECT_EQ(finish(bench.flows, bench.cluster.discover({"batch", "Train"}))->plural, "trains");
}

TEST(KubernetesCluster, EvictsInTheVersionThatTheServerTakes) {
  for (const std::string version : {"v1", "v1beta1"}) {
    Bench bench([&](const http::Request& request) { return discovery(request, version); });
    EXPECT_TRUE(finish(bench.flows, bench.cluster.evict({kinds::pods, "", "p"}, 3)));
    const auto& asked = bench.transport.asked.back();
    EXPECT_EQ(asked.url, "https://k:6443/api/v1/namespaces/mine/pods/p/eviction");
    EXPECT_EQ(parse_json(asked.body), parse_json(R"({"apiVersion":"policy/)" + version +
                                                 R"(","kind":"Eviction","metadata":{"name":"p","namespace":"mine"},
                                                   "deleteOptions":{"gracePeriodSeconds":3}})"));
  }
}

TEST(KubernetesCluster, DoesNotRepeatAnEvictionThatABudgetRefuses) {
  int evictions = 0;
  Bench bench([&](const http::Request& request) -> Result<http::Response> {
    if (!request.url.ends_with("/eviction")) return discovery(request, "v1");
    ++evictions;
    return answer(429, R"({"kind":"Status","code":429,"details":{"causes":[{"reason":"DisruptionBudget"}]}})",
                  {{"Retry-After", "10"}});
  });
  const auto refused = finish(bench.flows, bench.cluster.evict({kinds::pods, "", "p"}, std::nullopt));
  EXPECT_EQ(refused.error().code, Code::precondition);
  EXPECT_EQ(evictions, 1);
}

TEST(KubernetesCluster, WaitsAsLongAsAThrottlingServerAsksButNotForEver) {
  int throttled = 0;
  Bench bench([&](const http::Request&) -> Result<http::Response> {
    return ++throttled <= 2 ? answer(429, "{}", {{"Retry-After", "7"}}) : answer(200, R"({"gitVersion":"v1.32.0"})");
  });
  const Instant begin = bench.clock.now();
  EXPECT_EQ(finish(bench.flows, bench.cluster.server_version()), "v1.32.0");
  EXPECT_EQ(bench.clock.now() - begin, 14s);
  throttled = -1'000'000;
  Bench never([](const http::Request&) -> Result<http::Response> { return fail(Code::unavailable, "no connection"); });
  EXPECT_EQ(finish(never.flows, never.cluster.server_version()).error().code, Code::unavailable);
  EXPECT_EQ(never.transport.asked.size(), 6u);
}

TEST(KubernetesCluster, RepeatsAnApplyButNoCreateWhoseAnswerWasLost) {
  const json job = parse_json(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"}})");
  std::size_t changes = 0;
  Bench bench([&](const http::Request& request) -> Result<http::Response> {
    if (request.method == "GET") return discovery(request, "v1");
    return ++changes == 1 ? Result<http::Response>(fail(Code::unavailable, "lost")) : answer(200);
  });
  EXPECT_TRUE(finish(bench.flows, bench.cluster.apply(job, {.force = true})));
  EXPECT_EQ(changes, 2u);
  EXPECT_EQ(bench.transport.asked.back().url,
            "https://k:6443/apis/batch/v1/namespaces/mine/jobs/j?fieldManager=drover&force=true");
  changes = 0;
  EXPECT_EQ(finish(bench.flows, bench.cluster.create(job)).error().code, Code::unavailable);
  EXPECT_EQ(changes, 1u);
}

TEST(KubernetesCluster, HandsOnWhatTheServerWarnsOf) {
  const json job = parse_json(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"}})");
  Bench bench([&](const http::Request& request) -> Result<http::Response> {
    if (request.method == "GET") return discovery(request, "v1");
    return answer(200, "{}", {{"Warning", "299 - \"would violate PodSecurity\""}});
  });
  Warnings warnings;
  EXPECT_TRUE(finish(bench.flows, bench.cluster.create(job, &warnings)));
  EXPECT_EQ(warnings, Warnings{"would violate PodSecurity"});
  EXPECT_TRUE(finish(bench.flows, bench.cluster.apply(job, {.warnings = &warnings})));
  EXPECT_EQ(warnings.size(), 2U);
  EXPECT_TRUE(finish(bench.flows, bench.cluster.create(job))) << "nobody listens";
}

TEST(KubernetesCluster, RepeatsACreateThatTheServerPutsOff) {
  const json job = parse_json(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"}})");
  std::size_t creates = 0;
  Bench bench([&](const http::Request& request) -> Result<http::Response> {
    if (request.method == "GET") return discovery(request, "v1");
    return ++creates == 1 ? answer(500, "{}", {{"Retry-After", "1"}}) : answer(500, "{}");
  });
  EXPECT_EQ(finish(bench.flows, bench.cluster.create(job)).error().code, Code::unavailable);
  EXPECT_EQ(creates, 2u);  // the second failure did not ask for it
}

struct Kept final : BodySink {
  bool write(std::string_view bytes) override {
    text += bytes;
    return true;
  }
  std::string text;
};

TEST(KubernetesCluster, SaysThatALogIsGoneWhereTheKubeletSaysSoInItsPlace) {
  const auto read = [](const std::string& body, std::string& text) {
    Bench bench([&](const http::Request& request) -> Result<http::Response> {
      return request.url.contains("/log") ? answer(200, body) : discovery(request, "v1");
    });
    Kept kept;
    const auto done = finish(bench.flows, bench.cluster.logs({kinds::pods, "mine", "p"}, {}, kept));
    text = kept.text;
    return done;
  };
  std::string text;
  const auto gone = read("unable to retrieve container logs for containerd://878ab01c47be", text);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::not_found);
  EXPECT_EQ(text, "");
  for (const std::string log :
       {"", "unable", "unable to start\n", "unable to retrieve container logs for x\nand more\n"}) {
    EXPECT_TRUE(read(log, text)) << log;
    EXPECT_EQ(text, log);
  }
}

TEST(KubernetesCluster, TellsThatSentenceFromALogInWhateverPiecesTheyCome) {
  const std::string sentence = "unable to retrieve container logs for docker://1";
  const std::string log = sentence + "\n";
  for (std::size_t cut = 0; cut <= sentence.size(); ++cut) {
    Kept none, all;
    KubeletLog lost(none), kept(all);
    for (const auto piece : {std::string_view(sentence).substr(0, cut), std::string_view(sentence).substr(cut)})
      EXPECT_TRUE(lost.write(piece));
    for (const auto piece : {std::string_view(log).substr(0, cut), std::string_view(log).substr(cut)})
      EXPECT_TRUE(kept.write(piece));
    EXPECT_FALSE(lost.was_there());
    EXPECT_EQ(none.text, "");
    EXPECT_TRUE(kept.was_there());
    EXPECT_EQ(all.text, log);
  }
}

TEST(KubernetesCluster, KeepsItsRate) {
  Bench bench([](const http::Request&) { return answer(200, R"({"gitVersion":"v1"})"); }, {},
              {.per_second = 2, .burst = 3});
  const Instant begin = bench.clock.now();
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(finish(bench.flows, bench.cluster.server_version()));
  EXPECT_EQ(bench.clock.now() - begin, 2s);
}

codec::KubeUser plugin_user() {
  codec::KubeUser user;
  user.has_exec = true;
  user.exec = {.api_version = "client.authentication.k8s.io/v1",
               .command = "login",
               .arguments = {"--x"},
               .install_hint = "apt install login"};
  user.exec.provide_cluster_info = true;
  return user;
}
ProgramEnd credential(const std::string& status) {
  return {0, R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":)" + status + "}"};
}

TEST(KubernetesCredentials, RunAPluginWhenItsTokenIsUsedUpOrRefused) {
  std::string good = "one";
  Bench bench(
      [&](const http::Request& request) {
        return request.headers.get("Authorization") == "Bearer " + good ? answer(200) : answer(401);
      },
      plugin_user());
  const std::string expiry = R"(,"expirationTimestamp":")" + format_iso(bench.clock.now() + 1h) + "\"}";
  bench.programs.ends = {credential(R"({"token":"one")" + expiry), credential(R"({"token":"two"})")};
  EXPECT_TRUE(finish(bench.flows, bench.cluster.server_version()));
  EXPECT_TRUE(finish(bench.flows, bench.cluster.server_version()));
  ASSERT_EQ(bench.programs.calls.size(), 1u);
  EXPECT_EQ(bench.programs.calls[0].command, (std::vector<std::string>{"login", "--x"}));
  const auto& [name, info] = bench.programs.calls[0].environment.back();
  EXPECT_EQ(name, "KUBERNETES_EXEC_INFO");
  EXPECT_EQ(parse_json(info)["spec"]["cluster"]["server"], "https://k:6443");
  good = "two";  // the server has changed its mind
  EXPECT_TRUE(finish(bench.flows, bench.cluster.server_version()));
  EXPECT_EQ(bench.programs.calls.size(), 2u);
  bench.clock.advance(2h);  // "two" has no end
  EXPECT_TRUE(finish(bench.flows, bench.cluster.server_version()));
  EXPECT_EQ(bench.programs.calls.size(), 2u);
}

TEST(KubernetesCredentials, SayWhatIsWrongWithAPlugin) {
  Bench bench(newest, plugin_user());
  const auto problem = [&] { return finish(bench.flows, bench.cluster.server_version()).error(); };
  EXPECT_EQ(problem().hint, "apt install login");
  bench.programs.ends = {
      {1, ""},
      {0, "Hello!"},
      credential("{}"),
      credential(R"({"token":"t","expirationTimestamp":"1970-01-01T00:00:00Z"})"),
      {0, R"({"apiVersion":"client.authentication.k8s.io/v9","kind":"ExecCredential","status":{}})"}};
  EXPECT_EQ(problem().message, "the credential plugin login ended with 1");
  EXPECT_EQ(problem().code, Code::corrupt);
  EXPECT_EQ(problem().message, "the credential plugin login gave neither a token nor a certificate with its key");
  EXPECT_EQ(problem().message, "the credential plugin login gave a credential that has expired");
  EXPECT_EQ(problem().code, Code::corrupt);
}

TEST(KubernetesCredentials, TellTheTransportOfCertificates) {
  codec::KubeUser user = plugin_user();
  Bench bench(newest, user);
  bench.programs.ends = {credential(R"({"clientCertificateData":"CERT","clientKeyData":"KEY"})")};
  EXPECT_TRUE(finish(bench.flows, bench.cluster.server_version()));
  EXPECT_EQ(bench.hosts.told.back().first, "k:6443");
  EXPECT_EQ(bench.hosts.told.back().second.certificate_pem, "CERT");
  EXPECT_FALSE(bench.transport.asked.back().headers.has("Authorization"));
}

TEST(KubernetesCredentials, ReadTokenFilesAgain) {
  codec::KubeUser user;
  user.token.path = "/t";
  Bench bench(newest, user);
  const auto token = [&] {
    (void)finish(bench.flows, bench.cluster.server_version());
    return std::string(bench.transport.asked.back().headers.get("Authorization").value_or(""));
  };
  bench.files.files["/t"] = "a\n";
  EXPECT_EQ(token(), "Bearer a");
  bench.files.files["/t"] = "b\n";
  EXPECT_EQ(token(), "Bearer a");
  bench.clock.advance(61s);
  EXPECT_EQ(token(), "Bearer b");
}

TEST(KubernetesCredentials, ComeFromAllFilesOfTheVariable) {
  MemoryFiles files;
  files.files["/a"] = "clusters: [{name: c, cluster: {server: https://k}}]\n";
  files.files["/b"] = "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n";
  const auto config = load_kubeconfig(files, "/a:/missing::/b", "/home/u");
  ASSERT_TRUE(config) << format_error(config.error());
  EXPECT_EQ(codec::resolve_context(*config, "")->cluster.server, "https://k");
  EXPECT_EQ(load_kubeconfig(files, "", "/home/u").error().message, "no kubeconfig at /home/u/.kube/config");
}

}  // namespace
}  // namespace drover::kubernetes
