#include "tests/contract/kubernetes/bench.hpp"

#include <unistd.h>

#include <cstdlib>

#include "base/text.hpp"

namespace drover::kubernetes_suite {

bool has_condition(const json& object, const std::string& type) {
  if (!object.contains("status") || !object["status"].contains("conditions")) return false;
  for (const auto& condition : object["status"]["conditions"])
    if (condition.value("type", "") == type && condition.value("status", "") == "True") return true;
  return false;
}

void KubernetesTest::SetUp() {
  const char* path = std::getenv("DROVER_TEST_KUBECONFIG");
  if (!path) GTEST_SKIP() << "set DROVER_TEST_KUBECONFIG, or ./dev test --engine kubernetes";
  DiskFiles files;
  const auto config = kubernetes::load_kubeconfig(files, path, "");
  ASSERT_TRUE(config) << format_error(config.error());
  const auto access = codec::resolve_context(*config, "");
  ASSERT_TRUE(access) << format_error(access.error());
  access_ = *access;
  connection_ = std::make_unique<Connection>(access_);

  const char* image = std::getenv("DROVER_TEST_IMAGE");
  const std::string words = image && *image ? image : "localhost/busybox:1";
  for (const auto word : split(words, ' '))
    if (!word.empty()) command_.emplace_back(word);
  image_ = command_.front();
  command_.erase(command_.begin());
  if (command_.empty()) command_ = {"/bin/sh", "-c"};

  static int count = 0;
  space_ = "drover-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
  must(cluster().create({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", space_}}}}));
  // A real cluster takes pods only once the namespace has its service account, a moment later.
  const ObjectKind accounts{"", "ServiceAccount"};
  if (wait(cluster().discover(accounts))) await(accounts, "default", [](const json& now) { return now.is_object(); });
}

void KubernetesTest::TearDown() {
  // Not waited for: the next test has a namespace of its own.
  if (connection_ && !space_.empty()) (void)wait(cluster().remove({kinds::namespaces, "", space_}, {}));
}

json KubernetesTest::object(const ObjectKind& kind, const std::string& name) {
  const ApiResource resource = must(cluster().discover(kind));
  return {{"apiVersion", resource.api_version()},
          {"kind", resource.kind},
          {"metadata", {{"name", name}, {"namespace", space_}, {"labels", {{"test", name}}}}}};
}

json KubernetesTest::pod(const std::string& name, const std::string& line) {
  json container = {{"name", "main"}, {"image", image_}, {"command", command_}};
  container["command"].push_back(line);
  container["imagePullPolicy"] = image_.starts_with("localhost/") ? "Never" : "IfNotPresent";
  json made = object(kinds::pods, name);
  made["spec"] = {{"restartPolicy", "Never"}, {"containers", json::array({container})}};
  made["spec"]["terminationGracePeriodSeconds"] = 5;
  made["spec"]["automountServiceAccountToken"] = false;
  return made;
}

json KubernetesTest::job(const std::string& name, const std::string& line, int completions) {
  json made = object(kinds::jobs, name);
  json inner = pod(name, line);
  made["spec"] = {{"backoffLimit", 0}, {"completions", completions}, {"parallelism", completions}};
  made["spec"]["template"] = {{"metadata", {{"labels", {{"of", name}}}}}, {"spec", inner["spec"]}};
  return made;
}

json KubernetesTest::await(const ObjectKind& kind, const std::string& name,
                           const std::function<bool(const json&)>& is_so) {
  json last;
  const auto status =
      wait(cluster().watch({kind, space_, "", "metadata.name=" + name}, [&](kubernetes::WatchEvent event) {
        // Null where it is not (any more); an empty object reads like one.
        last = event.kind == kubernetes::WatchEvent::Kind::deleted || event.objects.empty()
                   ? json()
                   : std::move(event.objects.back());
        return !is_so(last);
      }));
  if (!status)
    ADD_FAILURE() << kind.kind << " " << name << ": " << format_error(status.error()) << "\n" << last.dump(1);
  return last;
}

json KubernetesTest::await_phase(const std::string& pod_name, const std::string& phase) {
  return await(kinds::pods, pod_name, [&](const json& now) {
    return now.is_object() && now.value("/status/phase"_json_pointer, "") == phase;
  });
}

void KubernetesTest::await_gone(const ObjectKind& kind, const std::string& name) {
  await(kind, name, [](const json& now) { return now.is_null(); });
}

std::string KubernetesTest::log_of(const std::string& pod_name, LogOptions options) {
  Collected sink;
  must(cluster().logs(named(kinds::pods, pod_name), std::move(options), sink));
  return sink.text;
}

std::vector<std::string> KubernetesTest::pods_of(const std::string& job_name) {
  std::vector<std::string> names;
  for (const auto& each : must(cluster().list({kinds::pods, space_, "job-name=" + job_name})))
    names.push_back(each["metadata"]["name"]);
  return names;
}

}  // namespace drover::kubernetes_suite
