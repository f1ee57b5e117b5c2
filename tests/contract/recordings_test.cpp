// The Azure driver against recorded traffic of the real Azure: for each recorded creation, update and deletion of a
// kind that Drover knows, the recorded answers are fed to the driver in their order, and it must end where the
// recording does.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>

#include "base/text.hpp"
#include "drivers/azure/azure_cloud.hpp"
#include "model/arm_id.hpp"

namespace drover {
namespace {

namespace fs = std::filesystem;

fs::path recordings() {
  const char* shared = std::getenv("DROVER_SHARED");
  return fs::path(shared && *shared ? shared : "../shared") / "recordings";
}

struct Interaction {
  std::string method, url, path;  ///< path in lower case, without query
  http::Response response;
};

std::string path_of(const std::string& url) {
  const auto view = http::parse_url(url);
  return view ? to_lower(percent_decode(view->path)) : "";
}

std::vector<Interaction> load(const fs::path& file) {
  std::vector<Interaction> all;
  for (const auto& entry : YAML::LoadFile(file.string())["interactions"]) {
    Interaction one;
    one.method = entry["request"]["method"].as<std::string>();
    one.url = entry["request"]["uri"].as<std::string>();
    one.path = path_of(one.url);
    const auto response = entry["response"];
    one.response.status = response["status"]["code"].as<int>();
    for (const auto& header : response["headers"])
      one.response.headers.add(header.first.as<std::string>(), header.second.IsSequence()
                                                                   ? header.second[0].as<std::string>()
                                                                   : header.second.as<std::string>());
    const auto body = response["body"].IsMap() ? response["body"]["string"] : response["body"];
    if (body && body.IsScalar()) one.response.body = body.as<std::string>();
    all.push_back(std::move(one));
  }
  return all;
}

/// Answers with what was recorded: the next answer to that method and path from where the replay stands.
class ReplayTransport final : public HttpTransport {
 public:
  ReplayTransport(const std::vector<Interaction>& all, std::size_t at, SimClock& clock)
      : all_(all), at_(at), clock_(clock) {}

  ExchangeId submit(http::Request request, Instant, BodySink*) override {
    pending_.push_back({ExchangeId{++last_}, answer(request)});
    return ExchangeId{last_};
  }
  std::optional<Completion> next(Instant until) override {
    if (pending_.empty()) {
      clock_.sleep_until(until);
      return std::nullopt;
    }
    clock_.advance(std::chrono::milliseconds(100));
    Completion first = std::move(pending_.front());
    pending_.erase(pending_.begin());
    return first;
  }
  void cancel(ExchangeId) override {}
  const Clock& clock() const override { return clock_; }
  const std::vector<std::string>& unanswered() const { return unanswered_; }
  int polls() const { return polls_; }

 private:
  Result<http::Response> answer(const http::Request& request) {
    if (request.url.find("/oauth2/v2.0/token") != std::string::npos)
      return http::Response{
          .status = 200, .headers = {}, .body = R"({"access_token":"t","expires_in":3599,"token_type":"Bearer"})"};
    const std::string path = path_of(request.url);
    for (std::size_t i = at_; i < all_.size(); ++i) {
      // A later change to the same thing belongs to the next operation of the recording.
      const bool other_change = i > at_ && all_[i].path == path && all_[i].method != "GET" && request.method == "GET";
      if (other_change) break;
      if (all_[i].method != request.method || all_[i].path != path) continue;
      at_ = i + 1;
      if (request.method == "GET") ++polls_;
      return all_[i].response;
    }
    // az did not look once more where we do: the resource is as the recording last showed it.
    for (std::size_t i = at_; i-- > 0;)
      if (all_[i].method == request.method && all_[i].path == path) return all_[i].response;
    unanswered_.push_back(request.method + " " + path);
    return http::Response{
        .status = 404, .headers = {}, .body = R"({"error":{"code":"NotRecorded","message":"not in the recording"}})"};
  }

  const std::vector<Interaction>& all_;
  std::size_t at_;
  SimClock& clock_;
  std::uint64_t last_ = 0;
  int polls_ = 0;
  std::vector<Completion> pending_;
  std::vector<std::string> unanswered_;
};

/// The kind of thing that a path names; nullopt for those that Drover does not manage.
std::optional<Kind> kind_of_path(const std::string& path) {
  const auto segments = split(path, '/');
  if (segments.size() == 5 && segments[3] == "resourcegroups") return ResourceGroup::kind;
  for (const auto kind : all_kinds) {
    const std::string type = to_lower(kind->arm_type);
    if (type.empty() || kind == ResourceGroup::kind) continue;
    std::string pattern = type.substr(0, type.find('/'));  // namespace, then type segments with names between
    const auto at = path.rfind("/providers/" + pattern + "/");
    if (at == std::string::npos) continue;
    std::string types;
    const auto rest = split(std::string_view(path).substr(at + 11), '/');
    for (std::size_t i = 1; i < rest.size(); i += 2) types += "/" + std::string(rest[i]);
    if (rest.size() % 2 == 1 && pattern + types == type) return kind;
  }
  return std::nullopt;
}

Resource resource_at(Kind kind, const std::string& url) {
  const auto view = http::parse_url(url);
  Resource resource{.key = "recorded",
                    .name = std::string(arm_id::name_of(view->path)),
                    .account = "main",
                    .arm_id = std::string(view->path),
                    .spec = make_spec(kind)};
  if (auto* role = std::get_if<RoleAssignment>(&resource.spec)) {
    role->principal = "service-principal/app";
    role->role = "Contributor";
    role->scope = resource.arm_id.substr(0, resource.arm_id.find("/providers/Microsoft.Authorization"));
  }
  if (auto* vault = std::get_if<KeyVault>(&resource.spec)) vault->location = "westus";
  return resource;
}

struct Outcome {
  std::size_t operations = 0;
  int polls = 0;
};

void replay(const fs::path& file, Outcome& total) {
  const auto all = load(file);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& change = all[i];
    const bool removes = change.method == "DELETE";
    if (change.method != "PUT" && !removes) continue;
    const auto kind = kind_of_path(change.path);
    if (!kind || change.url.find("management.azure.com") == std::string::npos) continue;
    if (change.response.status >= 400) continue;
    SCOPED_TRACE(file.filename().string() + " #" + std::to_string(i) + " " + change.method + " " + change.path);
    // A deletion that the recording leaves under way (az did not wait) has no recorded end.
    const bool waited = change.response.status != 202 || [&] {
      for (std::size_t j = i + 1; j < all.size(); ++j)
        for (const char* header : {"Azure-AsyncOperation", "Location"})
          if (const auto url = change.response.headers.get(header); url && all[j].path == path_of(std::string(*url)))
            return true;
      return false;
    }();
    if (!waited) continue;
    SimClock clock(*parse_iso("2022-10-04T05:00:00Z"));
    ReplayTransport transport(all, i, clock);
    MemorySecrets secrets;
    azure::AzureCloud cloud(transport, {}, {{"main", oauth::ClientCredentials{"t", "c", "s"}}}, secrets);
    const Resource resource = resource_at(*kind, change.url);
    const Outputs outputs = {{"service-principal/app", {{"principal_id", "p"}}}};
    if (removes)
      cloud.remove(resource);
    else
      cloud.create(resource, outputs);
    std::optional<OperationOutcome> ended;
    for (int turns = 0; !ended && turns < 10000; ++turns) ended = cloud.next(clock.now() + std::chrono::minutes(1));
    ASSERT_TRUE(ended) << "the driver did not come to an end";
    ASSERT_TRUE(ended->outcome) << format_error(ended->outcome.error());
    EXPECT_EQ(ended->outcome->presence, removes ? Presence::absent : Presence::settled) << ended->outcome->state;
    const bool has_state = *kind != RoleAssignment::kind && *kind != BlobContainer::kind;
    if (!removes && has_state) {
      EXPECT_EQ(ended->outcome->state, "Succeeded");
    }
    ++total.operations;
    total.polls += transport.polls();
  }
}

TEST(Recordings, TheDriverReachesTheRecordedEndOfEveryOperation) {
  if (!fs::exists(recordings())) GTEST_SKIP() << "no recordings at " << recordings() << " (set DROVER_SHARED)";
  Outcome total;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(recordings())) {
    const std::string name = entry.path().filename().string();
    // What this stage of Drover provisions; workspaces are recorded through template deployments, which Drover does not
    // use.
    bool concerns = false;
    for (const char* prefix : {"acs__", "resource__", "storage__", "keyvault__", "role__", "ml__test_compute_aml"})
      concerns |= name.starts_with(prefix);
    if (!concerns) continue;
    ++files;
    replay(entry.path(), total);
  }
  std::printf("%zu recorded operations from %zu files, %d recorded looks\n", total.operations, files, total.polls);
  EXPECT_GE(total.operations, 25U);
}

TEST(Recordings, ServicePrincipalsComeOutOfRecordedGraphAnswers) {
  const auto file = recordings() / "role__test_create_for_rbac_password.yaml";
  if (!fs::exists(file)) GTEST_SKIP() << "no recordings at " << recordings() << " (set DROVER_SHARED)";
  const auto all = load(file);
  SimClock clock(*parse_iso("2022-10-04T05:00:00Z"));
  ReplayTransport transport(all, 0, clock);
  MemorySecrets secrets;
  azure::AzureCloud cloud(transport, {}, {{"main", oauth::ClientCredentials{"t", "c", "s"}}}, secrets);
  const Resource resource{
      .key = "service-principal/x", .name = "x", .account = "main", .arm_id = "graph/t/x", .spec = ServicePrincipal{}};
  cloud.create(resource, {});
  auto ended = cloud.next(clock.now() + std::chrono::minutes(10));
  ASSERT_TRUE(ended);
  ASSERT_TRUE(ended->outcome) << format_error(ended->outcome.error());
  EXPECT_FALSE(ended->outcome->outputs.at("app_id").empty());
  EXPECT_TRUE(secrets.get("service-principal/x"));
}

}  // namespace
}  // namespace drover
