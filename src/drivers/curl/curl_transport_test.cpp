#include "drivers/curl/curl_transport.hpp"
#include "base/number.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace drover::curl {
namespace {

using namespace std::chrono_literals;

class RealClock final : public Clock {
 public:
  Instant now() const override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  void sleep_until(Instant) override { FAIL() << "the transport must not sleep on the clock"; }
};

/// Listens on a free port; takes one connection at a time and gives each the next of the answers it was made with.
/// Without answers it takes connections only into the backlog: a server that never speaks.
class OneShotServer {
 public:
  explicit OneShotServer(std::vector<std::string> answers) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    if (!answers.empty()) thread_ = std::thread([this, answers = std::move(answers)] { serve(answers); });
  }
  ~OneShotServer() {
    ::shutdown(socket_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(socket_);
  }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  /// What was asked; only after all answers were given.
  const std::vector<std::string>& requests() {
    if (thread_.joinable()) thread_.join();
    return requests_;
  }

 private:
  void serve(const std::vector<std::string>& answers) {
    for (const auto& answer : answers) {
      const int connection = ::accept(socket_, nullptr, nullptr);
      if (connection < 0) return;
      requests_.push_back(read_request(connection));
      [[maybe_unused]] const auto written = ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(connection);
    }
  }
  static std::string read_request(int connection) {
    std::string text;
    char buffer[4096];
    while (true) {
      const auto head = text.find("\r\n\r\n");
      const auto length_at = text.find("Content-Length: ");
      const std::size_t length =
          length_at < head
              ? parse_whole<std::size_t>(text.substr(length_at + 16, text.find("\r", length_at) - length_at - 16))
                    .value_or(0)
              : 0;
      if (head != std::string::npos && text.size() >= head + 4 + length) return text;
      const auto size = ::recv(connection, buffer, sizeof buffer, 0);
      if (size <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(size));
    }
  }

  int socket_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::vector<std::string> requests_;
};

class Collector final : public BodySink {
 public:
  bool write(std::string_view bytes) override {
    text += bytes;
    return !stop;
  }
  std::string text;
  bool stop = false;
};

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nX-Test: 1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class CurlTransportTest : public testing::Test {
 protected:
  RealClock clock_;
  CurlTransport transport_{clock_};
};

TEST_F(CurlTransportTest, CarriesARequestAsItWasWritten) {
  OneShotServer server({ok("hello"), ok(""), ok("")});
  const auto response = send(transport_, {.method = "GET", .url = server.url("/a%20b/../c?x=1")}, 1min);
  ASSERT_TRUE(response) << format_error(response.error());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->headers.get("x-test"), "1");
  ASSERT_TRUE(
      send(transport_, {.method = "PUT", .url = server.url("/p"), .headers = {{"X-Empty", ""}}, .body = "data"}, 1min));
  ASSERT_TRUE(send(transport_, {.method = "DELETE", .url = server.url("/d")}, 1min));
  const auto& requests = server.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_TRUE(requests[0].starts_with("GET /a%20b/../c?x=1 HTTP/1.1\r\n")) << requests[0];
  EXPECT_TRUE(requests[1].starts_with("PUT /p HTTP/1.1\r\n")) << requests[1];
  EXPECT_TRUE(requests[1].ends_with("\r\n\r\ndata")) << requests[1];
  EXPECT_NE(requests[1].find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_NE(requests[1].find("X-Empty:\r\n"), std::string::npos) << requests[1];
  EXPECT_EQ(requests[1].find("Content-Type"), std::string::npos) << requests[1];
  EXPECT_EQ(requests[1].find("Expect"), std::string::npos) << requests[1];
  EXPECT_TRUE(requests[2].starts_with("DELETE /d HTTP/1.1\r\n")) << requests[2];
}

TEST_F(CurlTransportTest, SendsALengthOfZeroForAnEmptyPut) {
  OneShotServer server({ok("")});
  ASSERT_TRUE(send(transport_, {.method = "PUT", .url = server.url("/p")}, 1min));
  EXPECT_NE(server.requests()[0].find("Content-Length: 0\r\n"), std::string::npos);
}

TEST_F(CurlTransportTest, GivesOnlyGoodBodiesToTheSink) {
  OneShotServer server({ok("stream"), "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope", ok("more")});
  Collector sink;
  const auto good = send(transport_, {.method = "GET", .url = server.url("/")}, 1min, &sink);
  ASSERT_TRUE(good);
  EXPECT_EQ(good->body, "");
  EXPECT_EQ(sink.text, "stream");
  const auto missing = send(transport_, {.method = "GET", .url = server.url("/")}, 1min, &sink);
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->body, "nope");
  EXPECT_EQ(sink.text, "stream");
  sink.stop = true;
  EXPECT_EQ(send(transport_, {.method = "GET", .url = server.url("/")}, 1min, &sink).error().code, Code::cancelled);
}

TEST_F(CurlTransportTest, NamesConnectionsThatFail) {
  std::string url;
  {
    OneShotServer gone({});
    url = gone.url("/x?sig=secret");
  }
  const auto refused = send(transport_, {.method = "GET", .url = url}, 1min);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
  OneShotServer broken({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"});
  EXPECT_EQ(send(transport_, {.method = "GET", .url = broken.url("/")}, 1min).error().code, Code::unavailable);
}

TEST_F(CurlTransportTest, KeepsDeadlinesOfItsOwn) {
  OneShotServer silent({});
  const ExchangeId slow = transport_.submit({.method = "GET", .url = silent.url("/")}, clock_.now() + 20ms);
  const auto completion = transport_.next(clock_.now() + 1min);
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->id, slow);
  EXPECT_EQ(completion->outcome.error().code, Code::deadline);
}

TEST_F(CurlTransportTest, AnswersInTheOrderOfCompletion) {
  OneShotServer silent({});
  OneShotServer quick({ok("quick")});
  const ExchangeId first = transport_.submit({.method = "GET", .url = silent.url("/")}, clock_.now() + 1h);
  const ExchangeId second = transport_.submit({.method = "GET", .url = quick.url("/")}, clock_.now() + 1min);
  const auto completion = transport_.next(clock_.now() + 1min);
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->id, second);
  transport_.cancel(first);
  EXPECT_FALSE(transport_.next(clock_.now()));
}

TEST_F(CurlTransportTest, RefusesWhatIsNoRequest) {
  const auto refuse = [&](http::Request request) {
    const auto response = send(transport_, std::move(request), 1min);
    return !response && response.error().code == Code::invalid_input;
  };
  EXPECT_TRUE(refuse({.method = "GET", .url = "no url"}));
  EXPECT_TRUE(refuse({.method = "GET", .url = "file:///etc/passwd"}));
  EXPECT_TRUE(refuse({.method = "GET", .url = "ftp://127.0.0.1/"}));
  EXPECT_TRUE(refuse({.method = "GET", .url = "http://127.0.0.1/", .headers = {{"A", "b\r\nC: d"}}}));
}

TEST_F(CurlTransportTest, StopsAtAnAnswerThatIsTooLarge) {
  OneShotServer server({ok(std::string(2000, 'x'))});
  CurlTransport narrow(clock_, {.response_bytes_max = 1000});
  EXPECT_EQ(send(narrow, {.method = "GET", .url = server.url("/")}, 1min).error().code, Code::failed);
}

}  // namespace
}  // namespace drover::curl
