// The server on a real socket of the loopback address, asked by curl and by hand.
#include "server/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "drivers/curl/curl_transport.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/files.hpp"
#include "server/certificates.hpp"

namespace drover::server {
namespace {

using namespace std::chrono_literals;

/// A handler that says what it was asked, and on request does something particular.
Answer echo(const http::Request& request, const Client& client) {
  const auto url = http::parse_url(request.url);
  if (url->path == "/empty") return {{.status = 202, .headers = {{"Location", request.url}}}};
  if (url->path == "/none") return {{.status = 204}};
  if (url->path == "/throws") throw std::runtime_error("broken");
  if (url->path == "/late") return {{.status = 200, .body = "late"}, 30ms};
  if (url->path == "/large") return {{.status = 200, .body = std::string(3'000'000, 'x')}};
  if (url->path == "/told") return {{.status = 200, .headers = {{"Content-Length", "13"}}}};
  std::string body =
      request.method + " " + request.url + "\n" + std::string(request.headers.get("X-Mine").value_or("")) + "\n" +
      (request.body.size() > 100 ? std::to_string(request.body.size()) : request.body) + "\n" + client.address;
  return {{.status = 200, .headers = {{"X-Yours", "1"}}, .body = std::move(body)}};
}

/// Runs a server on a thread of its own while it lives.
class Running {
 public:
  explicit Running(
      ServerOptions options, Handler handler = echo, const std::function<void(Server&)>& before = [](Server&) {}) {
    auto started = Server::start(std::move(options), std::move(handler));
    EXPECT_TRUE(started) << (started ? "" : format_error(started.error()));
    if (!started) return;
    server_ = std::move(*started);
    before(*server_);
    thread_ = std::thread([this] {
      server_->run([this]() -> std::optional<Duration> { return stop_ ? std::nullopt : std::optional<Duration>(1ms); });
    });
  }
  ~Running() { end(); }
  void end() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::uint16_t port() const { return server_->port(); }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port()); }
  std::string url(const std::string& path) const { return "http://" + authority() + path; }

 private:
  std::atomic<bool> stop_ = false;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

/// Bytes on a socket, for what curl would not send.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { ::close(socket_); }
  void say(std::string_view text) {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size()));
  }
  /// What comes until `mark` has come, or the end.
  std::string hear_until(std::string_view mark) {
    std::string text;
    char byte = 0;
    while (text.find(mark) == std::string::npos && ::recv(socket_, &byte, 1, 0) == 1) text += byte;
    return text;
  }
  std::string hear() {
    std::string text;
    char bytes[4096];
    for (ssize_t n = 0; (n = ::recv(socket_, bytes, sizeof bytes, 0)) > 0;) text.append(bytes, std::size_t(n));
    return text;
  }

 private:
  int socket_;
};

class ServerTest : public testing::Test {
 protected:
  http::Response fetch(http::Request request) {
    auto response = send(transport_, std::move(request), 1min);
    EXPECT_TRUE(response) << format_error(response.error());
    return response.value_or(http::Response{});
  }
  system::SystemClock clock_;
  curl::CurlTransport transport_{clock_};
};

TEST_F(ServerTest, GivesTheHandlerWhatWasAsked) {
  const Running server({});
  const auto response =
      fetch({.method = "POST", .url = server.url("/a%20b?c=d%26"), .headers = {{"X-Mine", "m"}}, .body = "body"});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "POST " + server.url("/a%20b?c=d%26") + "\nm\nbody\n127.0.0.1");
  const auto url_within = fetch({.method = "GET", .url = server.url("/a?next=https://b/c")});
  EXPECT_TRUE(url_within.body.starts_with("GET " + server.url("/a?next=https://b/c") + "\n")) << url_within.body;
  EXPECT_EQ(response.headers.get("X-Yours"), "1");
}

TEST_F(ServerTest, SendsLengthsAsClientsNeedThem) {
  const Running server({});
  const auto empty = fetch({.method = "PUT", .url = server.url("/empty")});
  EXPECT_EQ(empty.status, 202);
  EXPECT_EQ(empty.headers.get("Content-Length"), "0");
  EXPECT_EQ(empty.headers.get("Location"), server.url("/empty"));
  EXPECT_FALSE(fetch({.method = "DELETE", .url = server.url("/none")}).headers.has("Content-Length"));
  const auto head = fetch({.method = "HEAD", .url = server.url("/large")});
  EXPECT_EQ(head.headers.get("Content-Length"), "3000000");
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(fetch({.method = "HEAD", .url = server.url("/told")}).headers.get("Content-Length"), "13");
  EXPECT_EQ(fetch({.method = "GET", .url = server.url("/large")}).body.size(), 3'000'000U);
}

TEST_F(ServerTest, TakesLargeBodiesUpToItsLimit) {
  const Running server({.body_bytes_max = 20'000'000});
  const auto response = fetch({.method = "PUT", .url = server.url("/b"), .body = std::string(19'000'000, 'b')});
  EXPECT_NE(response.body.find("\n19000000\n"), std::string::npos) << response.body;
  RawClient client(server.port());
  client.say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000001\r\n\r\n");
  EXPECT_TRUE(client.hear().starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerTest, KeepsTheConnection) {
  const Running server({});
  RawClient client(server.port());
  client.say("GET /1 HTTP/1.1\r\nHost: a.b:1\r\n\r\n");
  EXPECT_NE(client.hear_until("127.0.0.1").find("GET http://a.b:1/1"), std::string::npos);
  client.say("HEAD /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string rest = client.hear();
  EXPECT_NE(rest.find("GET http://a/3"), std::string::npos) << rest;
  EXPECT_EQ(rest.find("HEAD http://a/2"), std::string::npos) << rest;
}

TEST_F(ServerTest, AsksForTheBodyWhenTheClientWaits) {
  const Running server({});
  RawClient client(server.port());
  client.say("PUT /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.hear_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("data");
  EXPECT_NE(client.hear().find("PUT http://a/x\n\ndata\n"), std::string::npos);
}

TEST_F(ServerTest, RefusesWhatIsNoRequest) {
  const Running server({.header_bytes_max = 2000});
  const auto status_of = [&](const std::string& text) {
    RawClient client(server.port());
    client.say(text);
    return client.hear_until("\r\n").substr(0, 12);
  };
  EXPECT_EQ(status_of("nonsense\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(3000, 'x') + "\r\n\r\n"), "HTTP/1.1 431");
  EXPECT_EQ(status_of("GET /throws HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "HTTP/1.1 500");
  EXPECT_EQ(status_of("GET http://b/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "HTTP/1.1 200");
}

TEST_F(ServerTest, RefusesBodiesWhoseLengthIsUncertain) {
  const Running server({});
  const auto answers_to = [&](const std::string& fields, const std::string& body) {
    RawClient client(server.port());
    client.say("POST /x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body);
    return client.hear();
  };
  const auto count = [](const std::string& text) {
    std::size_t answers = 0;
    for (auto at = text.find("HTTP/1.1 "); at != std::string::npos; at = text.find("HTTP/1.1 ", at + 1)) ++answers;
    return answers;
  };
  const std::string chunked = "5\r\nhello\r\n0\r\n\r\n";
  for (const auto& [fields, status] : std::vector<std::pair<std::string, std::string>>{
           {"Transfer-Encoding: xchunked\r\n", "501"},
           {"Transfer-Encoding: gzip, chunked\r\n", "501"},
           {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "400"},
           {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "400"},
           {"Content-Length: 5\r\nContent-Length: 6\r\n", "400"},
           {"X: a\r\n folded\r\nContent-Length: 5\r\n", "400"},
           {"X: a\r\n\tTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", "400"}}) {
    const std::string heard = answers_to(fields, chunked);
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 " + status)) << fields << heard;
    EXPECT_EQ(count(heard), 1U) << "what follows is no second request: " << fields;
  }
  const std::string heard = answers_to("Transfer-Encoding: Chunked\r\nConnection: close\r\n", chunked);
  EXPECT_NE(heard.find("hello"), std::string::npos) << heard;
}

TEST_F(ServerTest, CutsBodiesThatDoNotCome) {
  const Running server({.stall_timeout = 20ms});
  RawClient client(server.port());
  client.say("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegun");
  EXPECT_EQ(client.hear(), "");
}

TEST_F(ServerTest, LeavesClientsThatSayNothing) {
  const Running server({.idle_timeout = 20ms});
  RawClient silent(server.port());
  EXPECT_EQ(silent.hear(), "");
  RawClient slow(server.port());
  slow.say("GET / HT");
  EXPECT_EQ(slow.hear(), "");
}

TEST_F(ServerTest, EndsWithAnswersOutAndIdleClientsLeft) {
  Running server({});
  RawClient idle(server.port());
  RawClient late(server.port());
  late.say("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
  idle.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  idle.hear_until("127.0.0.1");  // by now both have been heard, and the other one's answer is held back
  server.end();
  EXPECT_NE(late.hear().find("late"), std::string::npos);
  EXPECT_EQ(idle.hear(), "");
}

TEST_F(ServerTest, SaysThatAPortIsTaken) {
  const Running first({});
  const auto second = Server::start({.port = first.port()}, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::conflict);
  EXPECT_EQ(Server::start({.address = "nowhere"}, echo).error().code, Code::invalid_input);
  EXPECT_EQ(Server::start({.tls = Identity{"no", "pem"}}, echo).error().code, Code::invalid_input);
}

/// A handler whose answer comes when a test says so. Whether its client was seen to leave.
struct Later {
  std::atomic<bool> is_ready = false;
  std::atomic<bool> is_let_go = false;
  Answer operator()(const http::Request& request, const Client&) {
    const auto url = http::parse_url(request.url);
    if (url->path != "/later" && url->path != "/events") return {{.status = 200, .body = "now"}};
    const std::shared_ptr<void> client(nullptr, [this](void*) { is_let_go = true; });
    Answer answer;
    answer.later = [this, client, goes_on = url->path == "/events"](Answer& made) {
      if (!is_ready) return false;
      made.response = {.status = 201, .body = "came "};
      if (goes_on)
        made.more = [client, left = 2]() mutable -> std::optional<std::string> {
          return left-- > 0 ? std::optional<std::string>("more ") : std::nullopt;
        };
      return true;
    };
    return answer;
  }
};

TEST_F(ServerTest, GivesAnswersThatComeLater) {
  Later later;
  const Running server({}, [&](const auto& request, const auto& client) { return later(request, client); });
  RawClient waiting(server.port());
  waiting.say("GET /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  RawClient events(server.port());
  events.say("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(fetch({.method = "GET", .url = server.url("/")}).body, "now") << "others are answered meanwhile";
  later.is_ready = true;
  const std::string answered = waiting.hear();
  EXPECT_TRUE(answered.starts_with("HTTP/1.1 201 ")) << answered;
  EXPECT_TRUE(answered.ends_with("\r\n\r\ncame ")) << answered;
  EXPECT_TRUE(events.hear().ends_with("\r\n\r\n5\r\ncame \r\n5\r\nmore \r\n5\r\nmore \r\n0\r\n\r\n"));
}

TEST_F(ServerTest, LetsAnswersGoWhoseClientHasGone) {
  Later later;
  const Running server({}, [&](const auto& request, const auto& client) { return later(request, client); });
  {
    RawClient client(server.port());
    client.say("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(fetch({.method = "GET", .url = server.url("/")}).body, "now");
    EXPECT_FALSE(later.is_let_go);
  }
  while (!later.is_let_go) std::this_thread::yield();
}

TEST_F(ServerTest, TakesATurnWhenItIsWoken) {
  std::atomic<int> turns = 0, woken_at = 0;
  std::atomic<bool> stop = false;
  Server* raw = nullptr;
  auto server = *Server::start({}, [&](const http::Request&, const Client&) -> Answer {
    woken_at = turns.load();
    raw->wake();
    return {{.status = 200}};
  });
  raw = server.get();
  int pipe[2] = {};
  ASSERT_EQ(::pipe(pipe), 0);
  std::thread thread([&] {
    server->run(
        [&]() -> std::optional<Duration> {
          ++turns;
          return stop ? std::nullopt : std::optional<Duration>(std::chrono::hours(1));
        },
        pipe[0]);
  });
  while (turns == 0) std::this_thread::yield();
  fetch({.method = "GET", .url = "http://127.0.0.1:" + std::to_string(server->port()) + "/"});
  while (turns <= woken_at) std::this_thread::yield();
  stop = true;
  ASSERT_EQ(::write(pipe[1], "x", 1), 1);  // its descriptor is readable: the last turn comes
  thread.join();
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_F(ServerTest, ListensAtMorePorts) {
  std::uint16_t second = 0;
  const Running server({}, echo, [&](Server& before) { second = *before.listen({}); });
  const std::string authority = "127.0.0.1:" + std::to_string(second);
  EXPECT_EQ(fetch({.method = "GET", .url = "http://" + authority + "/x"}).body,
            "GET http://" + authority + "/x\n\n\n127.0.0.1");
}

class TlsTest : public ServerTest {
 protected:
  void SetUp() override {
    authority_ = *make_authority(clock_.now());
    identity_ =
        *issue(authority_, {"localhost", "127.0.0.1", "*.blob.core.windows.net", "management.azure.com"}, clock_.now());
    char name[] = "/tmp/drover-tls-XXXXXX";
    folder_ = ::mkdtemp(name);
    ASSERT_TRUE(system::write_file(ca_file(), authority_.certificate_pem));
  }
  void TearDown() override {
    ::unlink(ca_file().c_str());
    ::rmdir(folder_.c_str());
  }
  std::string ca_file() const { return folder_ + "/ca.pem"; }
  Result<http::Response> get(const std::string& url, curl::CurlOptions options) {
    curl::CurlTransport transport(clock_, std::move(options));
    return send(transport, {.method = "GET", .url = url}, 1min);
  }

  Authority authority_;
  Identity identity_;
  std::string folder_;
};

TEST_F(TlsTest, SpeaksToThoseWhoTrustTheAuthority) {
  const Running server({.tls = identity_});
  const auto response = get("https://" + server.authority() + "/x", {.ca_file = ca_file()});
  ASSERT_TRUE(response) << format_error(response.error());
  EXPECT_EQ(response->body, "GET https://" + server.authority() + "/x\n\n\n127.0.0.1");
  EXPECT_TRUE(get("https://localhost:" + std::to_string(server.port()) + "/x", {.ca_file = ca_file()}));
}

TEST_F(TlsTest, IsRefusedByThoseWhoDoNot) {
  const Running server({.tls = identity_});
  EXPECT_EQ(get("https://" + server.authority() + "/", {}).error().code, Code::failed);
  ASSERT_TRUE(system::write_file(ca_file(), make_authority(clock_.now())->certificate_pem));
  EXPECT_EQ(get("https://" + server.authority() + "/", {.ca_file = ca_file()}).error().code, Code::failed);
}

TEST_F(TlsTest, IsMetAsATransportWasToldForItAlone) {
  const Running server({.tls = identity_});
  const auto get_as = [&](TlsHost host) {
    curl::CurlTransport transport(clock_, {.ca_file = ca_file()});
    transport.set_host(server.authority(), std::move(host));
    return send(transport, {.method = "GET", .url = "https://" + server.authority() + "/x"}, 1min);
  };
  const std::string another = make_authority(clock_.now())->certificate_pem;
  EXPECT_TRUE(get_as({.authority_pem = authority_.certificate_pem}));
  EXPECT_EQ(get_as({.authority_pem = another}).error().code, Code::failed);  // whatever all others are met with
  EXPECT_TRUE(get_as({.authority_pem = another, .skip_verify = true}));
  const auto renamed = get_as({.server_name = "management.azure.com"});
  ASSERT_TRUE(renamed) << format_error(renamed.error());
  EXPECT_EQ(renamed->body, "GET https://" + server.authority() + "/x\n\n\n127.0.0.1");  // asked of the same server
  EXPECT_EQ(get_as({.server_name = "another.example"}).error().code, Code::failed);
  EXPECT_EQ(get_as({.certificate_pem = identity_.chain_pem, .key_pem = "no key"}).error().code, Code::failed);
}

TEST_F(TlsTest, TellsPlainHttpOff) {
  const Running server({.tls = identity_});
  EXPECT_EQ(get(server.url("/"), {})->status, 400);
  RawClient client(server.port());
  client.say("CONNECT management.azure.com:443 HTTP/1.1\r\nHost: management.azure.com:443\r\n\r\n");
  EXPECT_TRUE(client.hear().starts_with("HTTP/1.1 400 "));
}

TEST_F(TlsTest, StandsInForEveryHostAsAProxy) {
  const Running server({.tls = identity_, .is_proxy = true});
  for (const std::string host : {"management.azure.com", "acct.blob.core.windows.net"}) {
    const auto response = get("https://" + host + "/y", {.ca_file = ca_file(), .proxy = server.url("")});
    ASSERT_TRUE(response) << format_error(response.error());
    EXPECT_EQ(response->body, "GET https://" + host + "/y\n\n\n127.0.0.1");
  }
  EXPECT_FALSE(get("https://example.com/", {.ca_file = ca_file(), .proxy = server.url("")}));
}

}  // namespace
}  // namespace drover::server
