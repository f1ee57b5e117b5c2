// What the Kubernetes contract suite stands on: a connection to the cluster that DROVER_TEST_KUBECONFIG names, a
// namespace for each test, and pods that run a line of shell.
//   DROVER_TEST_IMAGE  "IMAGE [COMMAND...]": what pods run; the line of shell comes last. Default: localhost/busybox:1
//   /bin/sh -c
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "drivers/curl/curl_transport.hpp"
#include "drivers/kubernetes/kubernetes_cluster.hpp"
#include "drivers/kubernetes/kubernetes_transport.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/files.hpp"
#include "drivers/system/programs.hpp"

namespace drover::kubernetes_suite {

using namespace std::chrono_literals;
using nlohmann::json;
using namespace drover::kubernetes;

/// Longer than anything takes on a loaded machine: it bounds a test that would hang, and measures nothing.
constexpr Duration patience = std::chrono::seconds(90);

/// This machine's files, to read.
class DiskFiles final : public Files {
 public:
  Result<std::string> read(const std::string& path) override { return system::read_file(path, 1u << 20); }
  Status write(const std::string&, std::string_view) override { return fail(Code::internal, "tests write nothing"); }
  bool exists(const std::string& path) override { return system::read_file(path, 1u << 20).has_value(); }
};

/// All that lies between a test and a cluster.
struct Connection {
  explicit Connection(codec::KubeAccess access)
      : transport(clock),
        polite(transport, {}, kubernetes::kubernetes_retries, 1),
        flows(polite),
        credentials(std::move(access), files, programs, transport),
        cluster(flows, credentials, 1) {}

  system::SystemClock clock;
  DiskFiles files;
  system::SystemPrograms programs;
  curl::CurlTransport transport;
  kubernetes::KubernetesTransport polite;
  Flows flows;
  kubernetes::Credentials credentials;
  kubernetes::KubernetesCluster cluster;
};

class KubernetesTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// The outcome of `flow`; a failure of the test, and an Error (deadline), when it takes longer than patience.
  template <class T>
  T wait(Flow<T> flow) {
    return wait(*connection_, std::move(flow));
  }
  template <class T>
  T wait(Connection& connection, Flow<T> flow) {
    const Instant end = connection.clock.now() + patience;
    flow.start();
    while (!flow.done() && connection.clock.now() < end) connection.flows.step(connection.clock.now() + 100ms);
    if (flow.done()) return std::move(flow.value());
    ADD_FAILURE() << "no end after " << format_human(patience);
    return fail(Code::deadline, "no end");
  }
  /// The same for what must succeed.
  template <class T>
  auto must(Flow<T> flow) {
    auto outcome = wait(std::move(flow));
    if (!outcome) ADD_FAILURE() << format_error(outcome.error()) << " [" << outcome.error().service_code << "]";
    if constexpr (std::is_same_v<T, Status>)
      return outcome.has_value();
    else
      return outcome ? std::move(*outcome) : typename T::value_type{};
  }
  template <class T>
  Code code_of(const Result<T>& result) {
    return result ? Code::internal : result.error().code;
  }

  kubernetes::KubernetesCluster& cluster() { return connection_->cluster; }
  ObjectName named(const ObjectKind& kind, const std::string& name) const { return {kind, space_, name}; }
  /// An object of the test's namespace in the version that the server likes.
  json object(const ObjectKind& kind, const std::string& name);
  json pod(const std::string& name, const std::string& line);
  json job(const std::string& name, const std::string& line, int completions = 1);
  /// Watches one object until `is_so`; the object then (null after its deletion).
  json await(const ObjectKind& kind, const std::string& name, const std::function<bool(const json&)>& is_so);
  json await_phase(const std::string& pod_name, const std::string& phase);
  void await_gone(const ObjectKind& kind, const std::string& name);
  std::string log_of(const std::string& pod_name, LogOptions options = {});
  /// Names of the pods that a job made.
  std::vector<std::string> pods_of(const std::string& job_name);

  codec::KubeAccess access_;
  std::unique_ptr<Connection> connection_;
  std::string space_;

 private:
  std::string image_;
  std::vector<std::string> command_;
};

struct Collected final : BodySink {
  std::string text;
  std::size_t bytes_wanted = SIZE_MAX;
  bool write(std::string_view bytes) override {
    text += bytes;
    return text.size() < bytes_wanted;
  }
};

/// Whether a condition of `type` holds for an object.
bool has_condition(const json& object, const std::string& type);

}  // namespace drover::kubernetes_suite
