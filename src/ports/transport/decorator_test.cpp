// The transports that wrap another: what they repeat, what they hold back, and that ids stay the caller's own.
#include "ports/transport/decorator.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "ports/transport/faulty.hpp"
#include "ports/transport/rate_limited.hpp"
#include "ports/transport/retrying.hpp"

namespace drover {
namespace {

using namespace std::chrono_literals;

/// Answers with what it is told, 10 ms after the request.
class Scripted final : public HttpTransport {
 public:
  ExchangeId submit(http::Request request, Instant, BodySink*) override {
    seen.push_back(std::move(request));
    begun.push_back(sim.now());
    in_flight_.push_back({ExchangeId{++last_}, sim.now() + 10ms});
    return ExchangeId{last_};
  }
  std::optional<Completion> next(Instant until) override {
    if (in_flight_.empty() || in_flight_.front().second > until) {
      sim.sleep_until(until);
      return std::nullopt;
    }
    const auto [id, at] = in_flight_.front();
    in_flight_.pop_front();
    sim.sleep_until(at);
    Result<http::Response> answer = http::Response{.status = 200, .headers = {}, .body = ""};
    if (!answers.empty()) {
      answer = std::move(answers.front());
      answers.pop_front();
    }
    return Completion{id, std::move(answer)};
  }
  void cancel(ExchangeId id) override {
    std::erase_if(in_flight_, [&](const auto& entry) { return entry.first == id; });
  }
  const Clock& clock() const override { return sim; }

  SimClock sim{Instant{}};
  std::deque<Result<http::Response>> answers;
  std::vector<http::Request> seen;
  std::vector<Instant> begun;

 private:
  std::uint64_t last_ = 0;
  std::deque<std::pair<ExchangeId, Instant>> in_flight_;
};

http::Request get() {
  return {.method = "GET",
          .url = "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000001/x",
          .headers = {},
          .body = ""};
}

TEST(RetryingTransport, RepeatsUntilItIsAnswered) {
  Scripted inner;
  inner.answers = {http::Response{.status = 503}, fail(Code::unavailable, "lost"), http::Response{.status = 200}};
  RetryingTransport transport(inner, {}, 1);
  const auto answer = send(transport, get(), 10min);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(inner.seen.size(), 3U);
}

TEST(RetryingTransport, GivesUpAtTheDeadlineOfTheExchange) {
  Scripted inner;
  for (int i = 0; i < 20; ++i)
    inner.answers.push_back(http::Response{.status = 429, .headers = {{"Retry-After", "30"}}});
  RetryingTransport transport(inner, {}, 1);
  const auto answer = send(transport, get(), 1min);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 429) << "the service's own last word";
  EXPECT_LE(inner.seen.size(), 3U);
}

TEST(RateLimitedTransport, SpreadsCallsBeyondTheBurst) {
  Scripted inner;
  RateLimitedTransport transport(inner, ArmBudget{.read_burst = 2, .read_per_second = 1});
  for (int i = 0; i < 5; ++i) transport.submit(get(), instant_max);
  int answered = 0;
  while (transport.next(inner.sim.now() + 1min)) ++answered;
  EXPECT_EQ(answered, 5);
  ASSERT_EQ(inner.begun.size(), 5U);
  EXPECT_EQ(inner.begun[1], Instant{});
  EXPECT_GE(inner.begun[4], Instant{} + 3s);
}

TEST(RateLimitedTransport, CancelledExchangesAreNeverSent) {
  Scripted inner;
  RateLimitedTransport transport(inner, ArmBudget{.read_burst = 1, .read_per_second = 1});
  transport.submit(get(), instant_max);
  transport.cancel(transport.submit(get(), instant_max));
  while (transport.next(inner.sim.now() + 1min)) {
  }
  EXPECT_EQ(inner.seen.size(), 1U);
}

TEST(FaultyTransport, HidesTheRequestOrTheAnswer) {
  Scripted inner;
  FaultyTransport loses_answers(inner, {.lost_answer = 1}, 1);
  EXPECT_EQ(send(loses_answers, get(), 1min).error().code, Code::unavailable);
  EXPECT_EQ(inner.seen.back().url, get().url) << "the server saw it";
  FaultyTransport loses_requests(inner, {.lost_request = 1}, 1);
  EXPECT_EQ(send(loses_requests, get(), 1min).error().code, Code::unavailable);
  EXPECT_NE(inner.seen.back().url, get().url) << "the server did not see it";
}

}  // namespace
}  // namespace drover
