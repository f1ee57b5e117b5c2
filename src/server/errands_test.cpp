// Errands on a clock that stands still until a test moves it.
#include "server/errands.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace drover::server {
namespace {

using namespace std::chrono_literals;

const Instant start = Instant(std::chrono::hours(1));

TEST(ErrandsTest, RunAtOnceUntilTheyWait) {
  SimClock clock(start);
  Errands errands(clock);
  std::string told;
  errands.start([&] { told += "whole"; });
  EXPECT_EQ(told, "whole");
  EXPECT_EQ(errands.count(), 0U);
  errands.start([&] {
    told += " begun";
    errands.wait_until(start + 1s);
    told += " ended";
  });
  EXPECT_EQ(told, "whole begun");
  EXPECT_EQ(errands.next_due(), start + 1s);
  errands.run_due();
  EXPECT_EQ(told, "whole begun") << "not before it is due";
  clock.advance(1s);
  errands.run_due();
  EXPECT_EQ(told, "whole begun ended");
  EXPECT_EQ(errands.next_due(), instant_max);
}

TEST(ErrandsTest, GoOnBesideEachOther) {
  SimClock clock(start);
  Errands errands(clock);
  std::string told;
  for (const char name : {'a', 'b'})
    errands.start([&told, &errands, &clock, name] {
      for (int i = 0; i < 3; ++i) {
        told += name;
        errands.wait_until(clock.now() + 1s);
      }
    });
  for (int i = 0; i < 3; ++i) {
    clock.advance(1s);
    errands.run_due();
  }
  EXPECT_EQ(told, "ababab");
  EXPECT_EQ(errands.count(), 0U);
}

TEST(ErrandsTest, StartOthers) {
  SimClock clock(start);
  Errands errands(clock);
  std::string told;
  errands.start([&] {
    errands.start([&] {
      told += "inner";
      errands.wait_until(start + 2s);
      told += " inner's end";
    });
    told += " outer";
    errands.wait_until(start + 1s);
    told += " outer's end";
  });
  EXPECT_EQ(told, "inner outer");
  clock.advance(5s);
  errands.run_due();
  EXPECT_EQ(told, "inner outer outer's end inner's end");
}

TEST(ErrandsTest, WakeForADescriptor) {
  SimClock clock(start);
  Errands errands(clock);
  const int event = ::eventfd(0, EFD_NONBLOCK);
  bool woken = false;
  errands.start([&] {
    errands.wait_until(instant_max, {{.descriptor = event}});
    woken = true;
  });
  errands.run_due();
  EXPECT_FALSE(woken);
  const std::uint64_t one = 1;
  ASSERT_EQ(::write(event, &one, sizeof one), ssize_t(sizeof one));
  errands.run_due();
  EXPECT_TRUE(woken);
  // It can be waited for again: nothing of the first time is left.
  std::uint64_t read = 0;
  ASSERT_EQ(::read(event, &read, sizeof read), ssize_t(sizeof read));
  woken = false;
  errands.start([&] {
    errands.wait_until(instant_max, {{.descriptor = event}});
    woken = true;
  });
  errands.run_due();
  EXPECT_FALSE(woken);
  errands.wake_all();
  errands.run_due();
  EXPECT_TRUE(woken);
  ::close(event);
}

TEST(ErrandsTest, AreLeftWhereTheyStand) {
  SimClock clock(start);
  bool unwound = false;
  {
    Errands errands(clock);
    errands.start([&] {
      const std::shared_ptr<void> guard(nullptr, [&](void*) { unwound = true; });
      errands.wait_until(instant_max);
    });
  }
  EXPECT_FALSE(unwound);
}

TEST(YieldingClockTest, LetsOthersGoOnWhileOneSleeps) {
  SimClock real(start);
  Errands errands(real);
  bool stop = false;
  // A world that is sixty times as fast as real time.
  SimClock* world = nullptr;
  auto inner = std::make_unique<SimClock>(start);
  world = inner.get();
  YieldingClock clock(
      std::move(inner), errands, [&](Instant instant) { return real.now() + (instant - world->now()) / 60; },
      [&] { return stop; });
  bool awake = false;
  errands.start([&] {
    clock.sleep_until(start + 60s);
    awake = true;
  });
  EXPECT_FALSE(awake);
  EXPECT_EQ(errands.next_due(), start + 1s);
  real.advance(1s);
  errands.run_due();
  EXPECT_TRUE(awake);
  // Once a stop is asked for, sleepers look again soon.
  stop = true;
  errands.start([&] { clock.sleep_until(start + std::chrono::hours(24)); });
  EXPECT_LE(errands.next_due(), real.now() + 1s);
}

/// Gives what a test put in, when it is asked.
class ScriptedTransport final : public HttpTransport {
 public:
  explicit ScriptedTransport(const Clock& clock) : clock_(clock) {}
  ExchangeId submit(http::Request, Instant, BodySink*) override { return {1}; }
  std::optional<Completion> next(Instant until) override {
    EXPECT_LE(until, clock_.now()) << "this would have blocked";
    return std::exchange(ready, std::nullopt);
  }
  void cancel(ExchangeId) override {}
  const Clock& clock() const override { return clock_; }
  std::optional<Completion> ready;

 private:
  const Clock& clock_;
};

TEST(YieldingTransportTest, NeverBlocksInAnErrand) {
  SimClock clock(start);
  Errands errands(clock);
  ScriptedTransport inner(clock);
  YieldingTransport transport(inner, errands,
                              [] { return YieldingTransport::Readiness{.at_most = std::chrono::minutes(1)}; });
  std::optional<Completion> got;
  bool over = false;
  errands.start([&] {
    got = transport.next(start + 10s);
    over = true;
  });
  EXPECT_FALSE(over);
  clock.advance(3s);
  inner.ready = Completion{{1}, http::Response{.status = 204}};
  errands.wake_all();
  errands.run_due();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->outcome->status, 204);
  over = false;
  errands.start([&] {
    got = transport.next(clock.now() + 10s);
    over = true;
  });
  EXPECT_EQ(errands.next_due(), clock.now() + 10s);
  clock.advance(10s);
  errands.run_due();
  EXPECT_TRUE(over);
  EXPECT_FALSE(got);
}

}  // namespace
}  // namespace drover::server
