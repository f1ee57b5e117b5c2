#include "ports/flow.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

using namespace std::chrono_literals;

/// Never answers; remembers what was cancelled.
class SilentTransport final : public HttpTransport {
 public:
  ExchangeId submit(http::Request, Instant, BodySink*) override { return ExchangeId{++last_}; }
  std::optional<Completion> next(Instant until) override {
    clock_.sleep_until(until);
    return std::nullopt;
  }
  void cancel(ExchangeId id) override { cancelled.push_back(id); }
  const Clock& clock() const override { return clock_; }

  std::vector<ExchangeId> cancelled;

 private:
  SimClock clock_{Instant{}};
  std::uint64_t last_ = 0;
};

Flow<int> ask(Flows& flows, http::Request request) {
  auto outcome = co_await flows.exchange(std::move(request), 1h);
  co_return outcome ? 1 : 0;
}
Flow<int> ask_within(Flows& flows, http::Request request) {
  const int inner = co_await ask(flows, std::move(request));
  co_return inner;
}
Flow<int> rest(Flows& flows, int& resumed) {
  co_await flows.pause_until(Instant{} + 10s);
  ++resumed;
  co_return 1;
}

TEST(Flow, GivesUpItsExchangeWhenItIsDestroyed) {
  SilentTransport transport;
  Flows flows(transport);
  {
    auto flow = ask_within(flows, {.method = "GET", .url = "https://x/", .headers = {}, .body = ""});
    flow.start();
    EXPECT_FALSE(flows.idle());
  }
  EXPECT_TRUE(flows.idle());
  EXPECT_EQ(transport.cancelled, std::vector<ExchangeId>{ExchangeId{1}});
}

TEST(Flow, GivesUpItsPauseAloneWhenItIsDestroyed) {
  SilentTransport transport;
  Flows flows(transport);
  int resumed = 0;
  auto stays = rest(flows, resumed);
  stays.start();
  {
    auto goes = rest(flows, resumed);
    goes.start();
  }
  while (flows.step(Instant{} + 20s)) {
  }
  EXPECT_EQ(resumed, 1);
  EXPECT_TRUE(stays.done());
  EXPECT_TRUE(transport.cancelled.empty());
}

}  // namespace
}  // namespace drover
