#include "drivers/kubernetes/kubernetes_cluster.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "drivers/kubernetes/kubelet_log.hpp"
#include "protocol/kubernetes_status.hpp"

namespace drover::kubernetes {
namespace {

using nlohmann::json;

/// One call with all its retries and rate-limit pauses. API servers end calls after 60 s themselves.
constexpr Duration call_timeout = std::chrono::minutes(3);
/// A followed log ends with its container, however long that runs; a training job may take weeks.
constexpr Duration follow_timeout = std::chrono::hours(24 * 90);
/// 500 objects a page: a million of them. A server that never ends its list is broken.
constexpr int pages_max = 2'000;

http::Request request_of(std::string method, std::string url, std::string body = "",
                         const char* type = "application/json") {
  http::Request request{.method = std::move(method), .url = std::move(url), .headers = {}, .body = std::move(body)};
  request.headers.add("Accept", "application/json");
  if (!request.body.empty()) request.headers.add("Content-Type", type);
  return request;
}

std::string text_at(const json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

/// The name that an object has for itself: apiVersion, kind, metadata.
Result<ObjectName> name_of(const json& object, bool needs_name) {
  const std::string api_version = text_at(object, "apiVersion");
  const auto slash = api_version.find('/');
  ObjectName name;
  name.kind = {.group = slash == std::string::npos ? "" : api_version.substr(0, slash),
               .kind = text_at(object, "kind"),
               .version = slash == std::string::npos ? api_version : api_version.substr(slash + 1)};
  const json metadata = object.is_object() ? object.value("metadata", json()) : json();
  name.name = text_at(metadata, "name");
  name.space = text_at(metadata, "namespace");
  if (api_version.empty() || name.kind.kind.empty() || (needs_name && name.name.empty()))
    return fail(Code::invalid_input, "an object has no apiVersion, no kind or no metadata.name");
  return name;
}

const char* content_type(PatchKind kind) {
  switch (kind) {
    case PatchKind::merge:
      return "application/merge-patch+json";
    case PatchKind::strategic:
      return "application/strategic-merge-patch+json";
    case PatchKind::json:
      return "application/json-patch+json";
  }
  return "";
}

std::string delete_body(const DeleteOptions& options) {
  static constexpr const char* policies[] = {"Background", "Foreground", "Orphan"};
  json body = {{"apiVersion", "v1"},
               {"kind", "DeleteOptions"},
               {"propagationPolicy", policies[static_cast<int>(options.propagation)]}};
  if (options.grace_seconds) body["gracePeriodSeconds"] = *options.grace_seconds;
  if (!options.uid.empty()) body["preconditions"] = {{"uid", options.uid}};
  return body.dump();
}

std::string eviction_body(const ApiResource& takes, const ObjectName& pod, const std::string& space,
                          std::optional<std::int64_t> grace_seconds) {
  json body = {{"apiVersion", takes.api_version()},
               {"kind", takes.kind},
               {"metadata", {{"name", pod.name}, {"namespace", space}}}};
  if (grace_seconds) body["deleteOptions"] = {{"gracePeriodSeconds", *grace_seconds}};
  return body.dump();
}

std::string log_query(const LogOptions& options) {
  std::vector<std::pair<std::string, std::string>> query;
  if (!options.container.empty()) query.emplace_back("container", options.container);
  if (options.tail_lines) query.emplace_back("tailLines", std::to_string(*options.tail_lines));
  if (options.since) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*options.since).count();
    query.emplace_back("sinceSeconds", std::to_string(std::max<std::int64_t>(1, seconds)));
  }
  if (options.follow) query.emplace_back("follow", "true");
  if (options.previous) query.emplace_back("previous", "true");
  if (options.timestamps) query.emplace_back("timestamps", "true");
  return query.empty() ? "" : "?" + http::format_form(query);
}

/// Feeds a watch and its observer with what the transport brings.
class WatchSink final : public BodySink {
 public:
  WatchSink(Watch& watch, WatchObserver observer) : watch_(watch), observer_(std::move(observer)) {}

  bool write(std::string_view bytes) override {
    const bool goes_on = watch_.on_bytes(bytes);
    return deliver() && goes_on;
  }
  /// False when the observer has enough.
  bool deliver() {
    for (auto& event : watch_.take_events()) {
      if (has_enough_) return false;
      has_enough_ = !observer_(std::move(event));
    }
    return !has_enough_;
  }

 private:
  Watch& watch_;
  WatchObserver observer_;
  bool has_enough_ = false;
};

}  // namespace

KubernetesCluster::KubernetesCluster(Flows& flows, Credentials& credentials, std::uint64_t seed)
    : flows_(flows),
      credentials_(credentials),
      seed_(seed),
      discovery_([this](std::string path) { return get_path(std::move(path)); }) {}

std::string KubernetesCluster::space_or_default(const std::string& space) const {
  if (!space.empty()) return space;
  const std::string& own = credentials_.access().space;
  return own.empty() ? "default" : own;
}

Flow<Result<http::Response>> KubernetesCluster::call(http::Request request, Duration timeout, BodySink* sink) {
  for (int attempt = 1;; ++attempt) {
    http::Request outgoing = request;
    auto authorized = credentials_.authorize(outgoing, flows_.now());
    if (!authorized) co_return std::unexpected(std::move(authorized.error()));
    auto answer = co_await flows_.exchange(std::move(outgoing), timeout, sink);
    const bool was_refused = answer && answer->status == 401 && attempt == 1;
    if (!was_refused || !credentials_.renew()) co_return answer;
  }
}

Flow<Result<json>> KubernetesCluster::call_json(http::Request request, Warnings* warnings) {
  auto answer = co_await call(std::move(request), call_timeout);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (warnings != nullptr)
    for (auto& warning : warnings_of(*answer)) warnings->push_back(std::move(warning));
  if (!answer->ok()) co_return std::unexpected(error_of(*answer));
  json body = parse_json(answer->body);
  if (!body.is_object()) co_return fail(Code::corrupt, "the API server's answer is no JSON object");
  co_return body;
}

Flow<Result<json>> KubernetesCluster::get_path(std::string path) {
  auto body = co_await call_json(request_of("GET", server() + path));
  co_return body;
}

Flow<Result<ApiResource>> KubernetesCluster::discover(ObjectKind kind) {
  auto found = co_await discovery_.find(std::move(kind));
  co_return found;
}

Flow<Result<std::string>> KubernetesCluster::server_version() {
  auto body = co_await get_path("/version");
  if (!body) co_return std::unexpected(std::move(body.error()));
  co_return text_at(*body, "gitVersion");
}

Flow<Result<std::string>> KubernetesCluster::locate(ObjectName name) {
  auto resource = co_await discovery_.find(name.kind);
  if (!resource) co_return std::unexpected(std::move(resource.error()));
  co_return server() + collection_path(*resource, space_or_default(name.space)) + "/" + percent_encode(name.name);
}

Flow<Result<std::string>> KubernetesCluster::locate_collection(ObjectSelection selection) {
  auto resource = co_await discovery_.find(selection.kind);
  if (!resource) co_return std::unexpected(std::move(resource.error()));
  std::vector<std::pair<std::string, std::string>> query;
  if (!selection.labels.empty()) query.emplace_back("labelSelector", selection.labels);
  if (!selection.fields.empty()) query.emplace_back("fieldSelector", selection.fields);
  const std::string url = server() + collection_path(*resource, selection.space);
  co_return query.empty() ? url : url + "?" + http::format_form(query);
}

Flow<Result<json>> KubernetesCluster::get(ObjectName name) {
  auto url = co_await locate(std::move(name));
  if (!url) co_return std::unexpected(std::move(url.error()));
  auto object = co_await call_json(request_of("GET", *url));
  co_return object;
}

// A list is the first part of a watch, so the machine that knows pages and their expiry serves both.
Flow<Result<std::vector<json>>> KubernetesCluster::list(ObjectSelection selection) {
  auto url = co_await locate_collection(std::move(selection));
  if (!url) co_return std::unexpected(std::move(url.error()));
  Watch machine(std::move(*url), watch_options_, ++seed_);
  Watch::Step step = machine.start();
  for (int page = 0; page < pages_max; ++page) {
    if (auto* error = std::get_if<Error>(&step)) co_return std::unexpected(std::move(*error));
    if (auto* wait = std::get_if<Watch::Wait>(&step)) {
      co_await flows_.pause_until(wait->until);
      step = machine.on_tick(flows_.now());
      continue;
    }
    auto& send = std::get<Watch::Send>(step);
    auto outcome = co_await call(std::move(send.request), send.time);
    step = machine.on_end(outcome, flows_.now());
    auto events = machine.take_events();
    if (!events.empty()) co_return std::move(events.front().objects);
  }
  co_return fail(Code::corrupt, "a list has more than " + std::to_string(pages_max) + " pages");
}

Flow<Status> KubernetesCluster::watch(ObjectSelection selection, WatchObserver observer) {
  auto url = co_await locate_collection(std::move(selection));
  if (!url) co_return std::unexpected(std::move(url.error()));
  Watch machine(std::move(*url), watch_options_, ++seed_);
  WatchSink sink(machine, std::move(observer));
  Watch::Step step = machine.start();
  while (true) {
    if (auto* error = std::get_if<Error>(&step)) co_return std::unexpected(std::move(*error));
    if (auto* wait = std::get_if<Watch::Wait>(&step)) {
      co_await flows_.pause_until(wait->until);
      step = machine.on_tick(flows_.now());
      continue;
    }
    auto& send = std::get<Watch::Send>(step);
    BodySink* body = send.streams ? &sink : nullptr;
    auto outcome = co_await call(std::move(send.request), send.time, body);
    if (!sink.deliver()) co_return Status{};
    step = machine.on_end(outcome, flows_.now());
    if (!sink.deliver()) co_return Status{};
  }
}

Flow<Result<json>> KubernetesCluster::apply(json object, ApplyOptions options) {
  auto name = name_of(object, true);
  if (!name) co_return std::unexpected(std::move(name.error()));
  auto url = co_await locate(std::move(*name));
  if (!url) co_return std::unexpected(std::move(url.error()));
  std::string query = "?fieldManager=" + percent_encode(options.field_manager);
  if (options.force) query += "&force=true";
  if (options.dry_run) query += "&dryRun=All";
  // JSON is YAML, so the one type that all servers take for apply carries it.
  http::Request request = request_of("PATCH", *url + query, object.dump(), "application/apply-patch+yaml");
  auto applied = co_await call_json(std::move(request), options.warnings);
  co_return applied;
}

Flow<Result<json>> KubernetesCluster::create(json object, Warnings* warnings) {
  auto name = name_of(object, false);
  if (!name) co_return std::unexpected(std::move(name.error()));
  auto resource = co_await discovery_.find(name->kind);
  if (!resource) co_return std::unexpected(std::move(resource.error()));
  const std::string url = server() + collection_path(*resource, space_or_default(name->space)) + "?fieldManager=drover";
  auto created = co_await call_json(request_of("POST", url, object.dump()), warnings);
  co_return created;
}

Flow<Result<json>> KubernetesCluster::patch(ObjectName name, PatchKind kind, json change, std::string subresource) {
  auto url = co_await locate(std::move(name));
  if (!url) co_return std::unexpected(std::move(url.error()));
  if (!subresource.empty()) *url += "/" + subresource;
  auto patched =
      co_await call_json(request_of("PATCH", *url + "?fieldManager=drover", change.dump(), content_type(kind)));
  co_return patched;
}

Flow<Result<bool>> KubernetesCluster::remove(ObjectName name, DeleteOptions options) {
  auto url = co_await locate(std::move(name));
  if (!url) co_return std::unexpected(std::move(url.error()));
  auto gone = co_await call_json(request_of("DELETE", *url, delete_body(options)));
  if (gone) co_return true;
  if (gone.error().code == Code::not_found) co_return false;
  co_return std::unexpected(std::move(gone.error()));
}

Flow<Status> KubernetesCluster::logs(ObjectName pod, LogOptions options, BodySink& sink) {
  auto url = co_await locate(std::move(pod));
  if (!url) co_return std::unexpected(std::move(url.error()));
  http::Request request = request_of("GET", *url + "/log" + log_query(options));
  request.headers.set("Accept", "*/*");
  KubeletLog log(sink);
  auto answer = co_await call(std::move(request), options.follow ? follow_timeout : call_timeout, &log);
  const bool was_there = log.was_there();
  if (!answer && answer.error().code == Code::cancelled) co_return Status{};
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (!answer->ok()) co_return std::unexpected(error_of(*answer));
  if (!was_there) co_return fail(Code::not_found, "its node has the log no more: the container was removed");
  co_return Status{};
}

Flow<Status> KubernetesCluster::evict(ObjectName pod, std::optional<std::int64_t> grace_seconds) {
  auto takes = co_await discovery_.find_subresource(pod.kind, "eviction");
  if (!takes) co_return std::unexpected(std::move(takes.error()));
  auto url = co_await locate(pod);
  if (!url) co_return std::unexpected(std::move(url.error()));
  const std::string body = eviction_body(*takes, pod, space_or_default(pod.space), grace_seconds);
  auto evicted = co_await call_json(request_of("POST", *url + "/eviction", body));
  if (!evicted) co_return std::unexpected(std::move(evicted.error()));
  co_return Status{};
}

}  // namespace drover::kubernetes
