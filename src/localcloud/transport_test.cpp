#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

class InProcessTransport : public testing::Test {
 protected:
  void open(Physics physics) {
    world = *open_world(store, 1, physics);
    transport = std::make_unique<LocalCloudTransport>(*world, clock);
  }
  http::Request metadata() {
    return {.method = "GET", .url = "https://management.azure.com/metadata/endpoints?api-version=2022-09-01"};
  }
  MemoryStore store;
  SimClock clock{bench_start};
  std::shared_ptr<World> world;
  std::unique_ptr<LocalCloudTransport> transport;
};

TEST_F(InProcessTransport, TakesTheLatencyOfACall) {
  open({.call_latency = std::chrono::milliseconds(80)});
  const auto response = send(*transport, metadata(), std::chrono::seconds(10));
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_GT(clock.now(), bench_start + std::chrono::milliseconds(30));
  EXPECT_LT(clock.now(), bench_start + std::chrono::milliseconds(250));
}

TEST_F(InProcessTransport, TakesNoTimeWithoutLatency) {
  open({.call_latency = Duration{0}});
  ASSERT_TRUE(send(*transport, metadata(), std::chrono::seconds(10)).has_value());
  EXPECT_EQ(clock.now(), bench_start);
}

TEST_F(InProcessTransport, CompletesInTimeOrderAndTiesInOrderOfSubmission) {
  open({.call_latency = Duration{0}});
  const Instant deadline = bench_start + std::chrono::seconds(10);
  const auto first = transport->submit(metadata(), deadline);
  const auto second = transport->submit(metadata(), deadline);
  EXPECT_EQ(transport->next(deadline)->id, first);
  EXPECT_EQ(transport->next(deadline)->id, second);
  EXPECT_FALSE(transport->next(deadline).has_value());
  EXPECT_EQ(clock.now(), deadline);
}

TEST_F(InProcessTransport, SaysSoWhenTheDeadlinePassesFirst) {
  open({.call_latency = std::chrono::seconds(60)});
  const auto response = send(*transport, metadata(), std::chrono::seconds(1));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::deadline);
  EXPECT_LE(clock.now(), bench_start + std::chrono::seconds(2));
}

TEST_F(InProcessTransport, DoesNotWaitForEverWithNothingInFlight) {
  open({});
  EXPECT_FALSE(transport->next(instant_max).has_value());
  EXPECT_EQ(clock.now(), bench_start);
}

TEST_F(InProcessTransport, ForgetsWhatWasCancelled) {
  open({.call_latency = std::chrono::milliseconds(80)});
  const Instant deadline = bench_start + std::chrono::seconds(10);
  transport->cancel(transport->submit(metadata(), deadline));
  EXPECT_FALSE(transport->next(deadline).has_value());
}

TEST_F(InProcessTransport, PoursBodiesIntoTheSink) {
  struct Text final : BodySink {
    std::string text;
    bool write(std::string_view bytes) override {
      text += bytes;
      return true;
    }
  } sink;
  open({});
  const auto response = send(*transport, metadata(), std::chrono::seconds(10), &sink);
  EXPECT_EQ(response->body, "");
  EXPECT_NE(sink.text.find("LocalCloud"), std::string::npos);
}

}  // namespace
}  // namespace drover::localcloud
