#include "app/api_service.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/handlers.hpp"
#include "api/mlflow.hpp"
#include "api/routes.hpp"
#include "server/gate.hpp"

namespace drover::app {
namespace {

using nlohmann::json;

/// What may wait for a client that reads slowly, before the errand waits too.
constexpr std::size_t unread_bytes_max = std::size_t{1} << 20;
constexpr Duration reader_look = std::chrono::milliseconds(50);

/// A client that comes while the server drains tries again after this.
constexpr int retry_after_s = 5;

/// More errands at once than this are told to come back: each has a stack.
constexpr std::size_t errands_max = 200;

http::Response refuse(int status, Code code, const std::string& message, const std::string& hint) {
  http::Response response = api::refuse(Error{.code = code, .message = message, .hint = hint});
  response.status = status;
  if (status == 503) response.headers.add("Retry-After", std::to_string(retry_after_s));
  if (status == 401) response.headers.add("WWW-Authenticate", "Bearer");
  return response;
}

http::Response no_page() {
  return {.status = 404,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body =
              "This drover was built without its page. Build it where npm is and can reach its registry: ./dev build\n"
              "All that the page shows is at the terminal too: drover job list, drover job show ID.\n"};
}

}  // namespace

/// One request: what its errand has said, and what its client has taken of that.
struct ApiService::Desk {
  server::Errands& errands;
  std::string id, what;
  std::string name = {};  ///< given by the client, so that it can ask for a stop before it knows the id
  Instant since{};
  server::ErrandId errand = {};
  std::string unread = {};
  bool has_begun = false;  ///< events were sent: the answer is a stream
  bool is_gone = false;    ///< its client
  bool is_claiming = false;
  bool is_hosted = false;  ///< there never was a client
  bool stop = false;
  std::optional<http::Response> response = {};
};

/// The server's backend, as one errand sees it.
class ApiService::DeskBackend final : public api::Backend {
 public:
  DeskBackend(ApiService& service, Desk& desk) : service_(service), inner_(service.parts_.backend), desk_(desk) {}
  Result<api::Connection> connect(const estate::Estate& estate, const std::string& cloud) override {
    return inner_.connect(estate, cloud);
  }
  Result<api::ClusterConnection> connect_cluster(const api::Connection& connection, const std::string& cloud,
                                                 const Resource& cluster) override {
    return inner_.connect_cluster(connection, cloud, cluster);
  }
  std::unique_ptr<LoadMeter> prometheus(PrometheusQuery query) override { return inner_.prometheus(std::move(query)); }
  Folders& folders() override { return inner_.folders(); }
  Result<std::string> read_secret_file(const std::string& path) override { return inner_.read_secret_file(path); }
  Result<TimeZone> time_zone(const std::string& name) override { return inner_.time_zone(name); }
  Log& log() override { return inner_.log(); }
  Store& store() override { return inner_.store(); }
  Secrets& secrets() override { return inner_.secrets(); }
  Result<control::JobLoop*> jobs() override { return inner_.jobs(); }
  int gpus() override { return inner_.gpus(); }
  Result<std::string> keep_kubeconfig(const std::string& cluster, const std::string& text) override {
    return inner_.keep_kubeconfig(cluster, text);
  }
  Status keep_workspace(const estate::Estate& estate, const std::string& cloud, const Resource& workspace) override {
    return inner_.keep_workspace(estate, cloud, workspace);
  }
  Result<std::string> keep_container(const std::string& url) override { return inner_.keep_container(url); }
  Instant real_now() override { return inner_.real_now(); }
  /// What changes something goes on when its client has gone; what only tells does not.
  bool stop_asked() override { return desk_.stop || inner_.stop_asked() || (desk_.is_gone && !desk_.is_claiming); }
  std::string version() override { return inner_.version(); }

  Result<std::shared_ptr<void>> claim(const std::string& what) override {
    DROVER_TRY(claimed, inner_.claim(what + " (request " + desk_.id + ")"));
    desk_.is_claiming = true;
    return std::shared_ptr<void>(claimed.get(), [claimed, &desk = desk_](void*) { desk.is_claiming = false; });
  }
  std::vector<api::ErrandInfo> errands() override {
    std::vector<api::ErrandInfo> list;
    for (const auto& desk : service_.desks())
      if (!desk->response) list.push_back({desk->id, desk->what, desk->since});
    return list;
  }
  bool stop_errand(const std::string& id) override {
    bool found = false;
    for (const auto& desk : service_.desks()) {
      if (desk->response || (desk->id != id && (desk->name.empty() || desk->name != id))) continue;
      found = desk->stop = true;
      desk->errands.wake(desk->errand);
    }
    return found;
  }

 private:
  ApiService& service_;
  api::Backend& inner_;
  Desk& desk_;
};

class ApiService::DeskSink final : public BodySink {
 public:
  explicit DeskSink(Desk& desk) : desk_(desk) {}
  bool write(std::string_view bytes) override {
    if (desk_.is_hosted) return !desk_.stop;
    desk_.has_begun = true;
    desk_.unread += bytes;
    while (desk_.unread.size() > unread_bytes_max && !desk_.is_gone)
      desk_.errands.wait_until(desk_.errands.now() + reader_look);
    if (desk_.is_gone) desk_.unread.clear();
    return !desk_.is_gone;
  }

 private:
  Desk& desk_;
};

http::Response ApiService::health() const {
  return api::answer({{"status", is_draining_ ? "draining" : "ok"},
                      {"pid", parts_.pid},
                      {"started", format_iso(parts_.started)},
                      {"version", parts_.backend.version()}},
                     is_draining_ ? 503 : 200);
}

/// A job that logs: its token is good for nothing else, so it may come by whatever name leads here.
bool ApiService::is_job_that_logs(const http::Request& request) const {
  return parts_.is_job_token && api::is_mlflow(http::parse_url(request.url)->path) &&
         parts_.is_job_token(server::bearer_of(request));
}

server::Answer ApiService::answer(const http::Request& request) {
  const bool is_job = is_job_that_logs(request);
  if (!is_job && !server::is_for_loopback(request))
    return {refuse(403, Code::permission_denied, "this server answers at localhost and 127.0.0.1 only", "")};
  const auto url = http::parse_url(request.url);
  if (request.method == "GET" && url->path == "/healthz") return {health()};
  if (request.method == "GET" && url->path == "/metrics") {
    parts_.measures.set_errands(under_way());
    return {{.status = 200,
             .headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
             .body = parts_.measures.text()}};
  }
  if (auto file = server::answer_from(parts_.page, request)) return {std::move(*file)};
  if (parts_.page.empty() && url->path == "/") return {no_page()};
  if (!is_job && !server::bears(request, parts_.token))
    return {refuse(401, Code::unauthenticated, "no token, or not this server's",
                   "send Authorization: Bearer with the token of serve.json in the state folder")};
  if (is_draining_) return {refuse(503, Code::unavailable, "this server is about to end", "try again shortly")};
  if (desks().size() >= errands_max)
    return {refuse(503, Code::unavailable, std::to_string(errands_max) + " requests are under way already", "")};
  return begin(request);
}

server::Answer ApiService::begin(const http::Request& request) {
  const auto url = http::parse_url(request.url);
  auto desk = std::make_shared<Desk>(Desk{.errands = parts_.errands,
                                          .id = std::to_string(++last_id_),
                                          .what = request.method + " " + std::string(url->path),
                                          .name = std::string(request.headers.get("Drover-Errand").value_or("")),
                                          .since = parts_.backend.real_now()});
  desks_.push_back(desk);
  const auto id = parts_.errands.start([this, desk, request] { run(desk, request); });
  desk->errand = id;
  if (desk->response && !desk->has_begun) return {*desk->response};
  // Let go of by the connection: whole, or because the client went away.
  const std::shared_ptr<void> reader(nullptr, [desk](void*) {
    desk->is_gone = true;
    if (!desk->response) desk->errands.wake(desk->errand);
  });
  server::Answer answer;
  answer.later = [desk, reader](server::Answer& made) {
    if (!desk->response && !desk->has_begun) return false;
    made = {};
    if (!desk->has_begun) {
      made.response = *desk->response;
      return true;
    }
    made.response = {
        .status = 200, .headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}}, .body = ""};
    made.more = [desk, reader]() -> std::optional<std::string> {
      if (!desk->unread.empty()) return std::exchange(desk->unread, "");
      return desk->response ? std::nullopt : std::optional<std::string>("");
    };
    return true;
  };
  return answer;
}

void ApiService::host(const http::Request& request, const std::string& name, Ended ended) {
  auto desk = std::make_shared<Desk>(Desk{.errands = parts_.errands,
                                          .id = std::to_string(++last_id_),
                                          .what = name,
                                          .name = name,
                                          .since = parts_.backend.real_now(),
                                          .is_hosted = true});
  desks_.push_back(desk);
  desk->errand = parts_.errands.start([this, desk, request, ended] {
    run(desk, request);
    ended(*desk->response);
  });
}

bool ApiService::is_hosted(const std::string& name) {
  return std::ranges::any_of(desks(), [&](const auto& desk) { return desk->is_hosted && desk->name == name; });
}

void ApiService::stop_hosted(const std::string& name) {
  for (const auto& desk : desks())
    if (desk->is_hosted && desk->name == name) {
      desk->stop = true;
      desk->errands.wake(desk->errand);
    }
}

void ApiService::run(const std::shared_ptr<Desk>& desk, const http::Request& request) {
  const std::string route(api::route_name(request));
  http::Response response;
  try {
    DeskBackend backend(*this, *desk);
    DeskSink sink(*desk);
    response = api::handle(request, backend, &sink);
  } catch (const std::exception& error) {
    response = refuse(500, Code::internal, std::string("a defect of the server: ") + error.what(), "");
  }
  if (desk->has_begun && !response.ok()) desk->unread += "event: error\ndata: " + response.body + "\n\n";
  parts_.measures.count_request(request.method, route, response.status, parts_.backend.real_now() - desk->since);
  desk->response = std::move(response);
  parts_.worked();
}

std::vector<std::shared_ptr<ApiService::Desk>> ApiService::desks() {
  std::vector<std::shared_ptr<Desk>> list;
  std::erase_if(desks_, [&](const auto& held) {
    auto desk = held.lock();
    if (desk) list.push_back(std::move(desk));
    return held.expired();
  });
  return list;
}

std::size_t ApiService::under_way() { return desks().size(); }

void ApiService::drain() {
  is_draining_ = true;
  parts_.errands.wake_all();
}

}  // namespace drover::app
