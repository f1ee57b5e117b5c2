// The service without sockets: what a server would be given, and the errands behind it.
#include "app/api_service.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <filesystem>

#include "app/server_transport.hpp"
#include "app/workbench.hpp"
#include "base/json.hpp"

namespace drover::app {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class ApiServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/drover-service-XXXXXX";
    folder_ = ::mkdtemp(name);
    const auto environment = [this](const std::string& variable) -> std::optional<std::string> {
      if (variable == "DROVER_STATE" || variable == "XDG_CONFIG_HOME") return folder_;
      if (variable == "PATH") return "/usr/bin:/bin";
      return std::nullopt;
    };
    workbench_.emplace(typed_, environment, &errands_);
    ASSERT_TRUE(workbench_->open());
    service_.emplace(ApiService::Parts{.backend = *workbench_,
                                       .errands = errands_,
                                       .measures = measures_,
                                       .token = "token",
                                       .pid = 7,
                                       .started = clock_.now(),
                                       .is_job_token = [](std::string_view token) { return token == "job-1-x"; },
                                       .worked = [this] { ++worked_; }});
  }
  void TearDown() override {
    service_.reset();
    workbench_.reset();
    std::filesystem::remove_all(folder_);
  }

  static http::Request request(const std::string& method, const std::string& path, const std::string& body = "") {
    return {.method = method,
            .url = "http://127.0.0.1:1" + path,
            .headers = {{"Authorization", "Bearer token"}},
            .body = body};
  }
  /// Of a job that runs until it is told to end.
  std::string submit(const std::string& command) {
    const json body = {{"job", {{"text", "command: " + command + "\nenvironment: host\n"}, {"folder", folder_}}},
                       {"confined", false}};
    const auto answer = service_->answer(request("POST", "/v1/jobs", body.dump()));
    EXPECT_EQ(answer.response.status, 200) << answer.response.body;
    return parse_json(answer.response.body).value("id", "");
  }
  /// Runs errands until `done`.
  void run_until(const std::function<bool()>& done) {
    while (!done()) {
      errands_.run_due();
      clock_.sleep_until(clock_.now() + 1ms);
    }
  }
  server::Answer follow(const std::string& id, const std::string& name = "") {
    auto asked = request("GET", "/v1/jobs/" + id + "/log");
    asked.headers.add("Accept", "text/event-stream");
    if (!name.empty()) asked.headers.add("Drover-Errand", name);
    auto answer = service_->answer(asked);
    server::Answer made;
    EXPECT_TRUE(answer.later && answer.later(made));
    EXPECT_EQ(made.response.headers.get("Content-Type"), "text/event-stream");
    return made;
  }

  cli::Invocation typed_;
  std::string folder_;
  system::SystemClock clock_;
  server::Errands errands_{clock_};
  Measures measures_{"test", Instant{}};
  std::optional<Workbench> workbench_;
  std::optional<ApiService> service_;
  int worked_ = 0;
};

TEST_F(ApiServiceTest, KnowsWhoMayComeIn) {
  auto asked = request("GET", "/v1/jobs");
  EXPECT_EQ(service_->answer(asked).response.status, 200);
  EXPECT_EQ(worked_, 1);
  asked.headers.set("Authorization", "Bearer tokens");
  EXPECT_EQ(service_->answer(asked).response.status, 401);
  asked.headers.erase("Authorization");
  EXPECT_EQ(service_->answer(asked).response.status, 401);
  EXPECT_EQ(worked_, 1) << "nothing was done for those";
  asked.url = "http://evil.example/healthz";
  EXPECT_EQ(service_->answer(asked).response.status, 403);
  asked.url = "http://localhost/healthz";
  EXPECT_EQ(parse_json(service_->answer(asked).response.body).value("pid", 0), 7);
  asked.url = "http://localhost/metrics";
  const auto figures = service_->answer(asked).response.body;
  EXPECT_NE(figures.find(R"(drover_requests_total{method="GET",route="/v1/jobs",status="200"} 1)"), std::string::npos)
      << figures;
  EXPECT_NE(figures.find(R"(drover_build_info{version="test"} 1)"), std::string::npos) << figures;
}

TEST_F(ApiServiceTest, GivesThePageToBrowsersAndNothingElse) {
  http::Request asked{.method = "GET", .url = "http://127.0.0.1:1/"};
  const auto none = service_->answer(asked).response;
  EXPECT_EQ(none.status, 404);
  EXPECT_NE(none.body.find("./dev build"), std::string::npos) << "how to get it: " << none.body;
  constexpr std::array page = {server::ShelvedFile{"/index.html", "<!doctype html>"},
                               server::ShelvedFile{"/assets/a-1.js", "go()"}};
  service_.emplace(ApiService::Parts{
      .backend = *workbench_, .errands = errands_, .measures = measures_, .token = "token", .page = page, .worked = [] {
      }});
  EXPECT_EQ(service_->answer(asked).response.body, "<!doctype html>");
  asked.url = "http://127.0.0.1:1/assets/a-1.js";
  EXPECT_EQ(service_->answer(asked).response.body, "go()");
  for (const char* path : {"/v1/jobs", "/v1/openapi.json", "/assets/none.js", "/api/2.0/mlflow/runs/get?run_id=1"}) {
    asked.url = std::string("http://127.0.0.1:1") + path;
    EXPECT_EQ(service_->answer(asked).response.status, 401) << path;
  }
  asked.url = "http://evil.example/";
  EXPECT_EQ(service_->answer(asked).response.status, 403) << "not even the page, by another name";
}

TEST_F(ApiServiceTest, LetsJobsLogByWhateverNameLeadsHere) {
  const auto status = [&](const char* path, const char* token) {
    http::Request asked{.method = "GET", .url = "https://tracking.example" + std::string(path)};
    asked.headers.add("Authorization", std::string("Bearer ") + token);
    return service_->answer(asked).response.status;
  };
  EXPECT_NE(status("/api/2.0/mlflow/runs/get?run_id=none", "job-1-x"), 403);
  EXPECT_EQ(status("/v1/jobs", "job-1-x"), 403) << "a job logs, and nothing else";
  EXPECT_EQ(status("/api/2.0/mlflow/runs/get?run_id=none", "other"), 403);
  EXPECT_EQ(status("/v1/jobs", "token"), 403) << "people come by the loopback address";
}

TEST_F(ApiServiceTest, StreamsWhatAnErrandTells) {
  const auto id = submit("echo one; sleep 0.05; echo two");
  auto answer = follow(id);
  std::string events;
  run_until([&] {
    const auto text = answer.more();
    if (text) events += *text;
    return !text;
  });
  EXPECT_NE(events.find("two\\n\"}"), std::string::npos) << events;
  EXPECT_NE(events.find("event: end\n"), std::string::npos) << events;
  answer = {};
  EXPECT_EQ(service_->under_way(), 0U);
  EXPECT_EQ(errands_.count(), 0U);
}

TEST_F(ApiServiceTest, StopsAnErrandByItsName) {
  const auto id = submit("sleep 600");
  auto answer = follow(id, "mine");
  const auto listed = service_->answer(request("GET", "/v1/errands")).response.body;
  EXPECT_NE(listed.find("/v1/jobs/" + id + "/log"), std::string::npos) << listed;
  EXPECT_EQ(service_->answer(request("DELETE", "/v1/errands/other")).response.status, 404);
  EXPECT_EQ(service_->answer(request("DELETE", "/v1/errands/mine")).response.status, 200);
  std::string events;
  run_until([&] {
    const auto text = answer.more();
    if (text) events += *text;
    return !text;
  });
  EXPECT_NE(events.find("\"state\":\"running\""), std::string::npos) << "the job goes on: " << events;
  service_->answer(request("POST", "/v1/jobs/" + id + "/cancel"));
  run_until([&] {
    return service_->answer(request("GET", "/v1/jobs/" + id)).response.body.find("canceled") != std::string::npos;
  });
}

TEST_F(ApiServiceTest, EndsWhatOnlyTellsWhenItsClientHasGone) {
  const auto id = submit("sleep 600");
  auto answer = follow(id);
  EXPECT_EQ(errands_.count(), 1U);
  answer = {};
  run_until([&] { return errands_.count() == 0; });
  service_->answer(request("POST", "/v1/jobs/" + id + "/cancel"));
  run_until([&] {
    return service_->answer(request("GET", "/v1/jobs/" + id)).response.body.find("canceled") != std::string::npos;
  });
}

TEST_F(ApiServiceTest, TakesNothingNewWhileItDrains) {
  service_->drain();
  const auto refused = service_->answer(request("GET", "/v1/jobs")).response;
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.headers.has("Retry-After"));
  EXPECT_EQ(service_->answer(request("GET", "/healthz")).response.status, 503);
}

/// A wire on which a test says what comes.
class ScriptedWire final : public HttpTransport {
 public:
  explicit ScriptedWire(const Clock& clock) : clock_(clock) {}
  ExchangeId submit(http::Request request, Instant, BodySink* sink) override {
    asked.push_back(std::move(request));
    sinks.push_back(sink);
    return {asked.size()};
  }
  std::optional<Completion> next(Instant) override { return std::exchange(ready, std::nullopt); }
  void cancel(ExchangeId) override {}
  const Clock& clock() const override { return clock_; }

  std::vector<http::Request> asked;
  std::vector<BodySink*> sinks;
  std::optional<Completion> ready;

 private:
  const Clock& clock_;
};

struct Heard final : BodySink {
  std::string text;
  bool write(std::string_view bytes) override {
    text += bytes;
    return true;
  }
};

class ServerTransportTest : public testing::Test {
 protected:
  /// The outcome of a request with a sink, after `pieces` came as a stream (or not).
  Result<http::Response> outcome_of(const std::vector<std::string>& pieces, const char* type = "text/event-stream") {
    const auto id = transport_.submit({.method = "GET", .url = "http://drover/v1/x"}, clock_.now() + 1s, &heard_);
    for (const auto& piece : pieces) wire_.sinks.back()->write(piece);
    wire_.ready = Completion{{wire_.asked.size()}, http::Response{.status = 200, .headers = {{"Content-Type", type}}}};
    auto completion = transport_.next(clock_.now() + 1s);
    EXPECT_TRUE(completion && completion->id == id);
    return completion->outcome;
  }
  SimClock clock_{Instant(1h)};
  ScriptedWire wire_{clock_};
  bool stop_ = false;
  ServerTransport transport_{wire_, "http://127.0.0.1:9", "secret", [this] { return stop_; }};
  Heard heard_;
};

TEST_F(ServerTransportTest, GivesTheEndOfAStreamAsTheAnswer) {
  const auto outcome = outcome_of({"event: log\ndata: {\"a\":1}\n\neve", "nt: end\ndata: {\"b\":2}\n", "\n"});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->body, "{\"b\":2}");
  EXPECT_TRUE(heard_.text.starts_with("event: log\n"));
  EXPECT_EQ(wire_.asked.front().url, "http://127.0.0.1:9/v1/x");
  EXPECT_EQ(wire_.asked.front().headers.get("Authorization"), "Bearer secret");
}

TEST_F(ServerTransportTest, TellsErrorsAndBrokenStreamsApart) {
  EXPECT_EQ(outcome_of({"event: error\ndata: {\"errors\":[]}\n\n"})->status, 500);
  EXPECT_EQ(outcome_of({"event: log\ndata: {}\n\n"}).error().code, Code::unavailable);
  const auto plain = outcome_of({"{\"c\":", "3}"}, "application/json");
  EXPECT_EQ(plain->body, "{\"c\":3}");
  EXPECT_EQ(heard_.text.find("\"c\""), std::string::npos) << "an answer is no event";
}

TEST_F(ServerTransportTest, HandsOnAStopOnce) {
  transport_.submit({.method = "POST", .url = "http://drover/v1/apply"}, clock_.now() + 1s, &heard_);
  stop_ = true;
  transport_.next(clock_.now());
  transport_.next(clock_.now());
  ASSERT_EQ(wire_.asked.size(), 2U);
  EXPECT_EQ(wire_.asked[1].method, "DELETE");
  EXPECT_EQ(wire_.asked[1].url,
            "http://127.0.0.1:9/v1/errands/" + std::string(*wire_.asked[0].headers.get("Drover-Errand")));
  // What is asked after the stop, such as a cancel, is not stopped.
  transport_.submit({.method = "POST", .url = "http://drover/v1/jobs/1/cancel"}, clock_.now() + 1s);
  transport_.next(clock_.now());
  EXPECT_EQ(wire_.asked.size(), 3U);
}

}  // namespace
}  // namespace drover::app
