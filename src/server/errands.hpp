// Many errands on one thread, each straight-line code on a stack of its own that gives way where it would wait. So what
// blocks a command (api/, control/) does not block a server, and is the same code. Whoever runs the thread calls
// run_due(), and sleeps until next_due() or until descriptor() is readable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ports/clock.hpp"
#include "ports/http_transport.hpp"
#include "ports/processes.hpp"

namespace drover::server {

using ErrandId = Id<struct ErrandTag>;

/// A descriptor that an errand waits for beside a time.
struct Awaited {
  int descriptor = -1;
  bool reads = true;
  bool writes = false;
};

class Errands {
 public:
  /// `clock` is real time; it must outlive this.
  explicit Errands(const Clock& clock);
  /// Errands that have not ended are left where they stand, their stacks too: what they were about must be safe to
  /// leave as kill -9 leaves it.
  ~Errands();
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;

  /// Runs `work` until it first waits. It must not throw.
  ErrandId start(std::function<void()> work);
  /// Gives way until `until`, one of `awaited` is ready (each may be waited for by one errand at a time), or wake().
  /// Only inside an errand.
  void wait_until(Instant until, const std::vector<Awaited>& awaited = {});
  /// Lets others have a turn, if this one has gone on for long.
  void be_fair();
  bool is_inside() const { return current_ != nullptr; }

  void wake(ErrandId id);
  void wake_all();
  /// Runs all that need not wait any more, each once.
  void run_due();
  /// When run_due() has something to do, unless descriptor() says so before.
  Instant next_due() const;
  int descriptor() const { return epoll_; }
  std::size_t count() const { return errands_.size(); }
  Instant now() const { return clock_.now(); }

 private:
  struct Errand;
  void resume(Errand& errand);

  const Clock& clock_;
  int epoll_ = -1;
  std::uint64_t last_id_ = 0;
  std::vector<std::unique_ptr<Errand>> errands_;
  Errand* current_ = nullptr;
};

/// The clock of a world, in which errands that sleep give way. `real_at` says when, in real time, it will be that late;
/// a world whose waiting takes no time says now.
class YieldingClock final : public Clock {
 public:
  using RealAt = std::function<Instant(Instant)>;
  YieldingClock(std::unique_ptr<Clock> inner, Errands& errands, RealAt real_at, std::function<bool()> stop_asked)
      : inner_(std::move(inner)), errands_(errands), real_at_(std::move(real_at)), stop_asked_(std::move(stop_asked)) {}
  Instant now() const override { return inner_->now(); }
  void sleep_until(Instant instant) override;

 private:
  std::unique_ptr<Clock> inner_;
  Errands& errands_;
  RealAt real_at_;
  std::function<bool()> stop_asked_;
};

/// A transport over the network, whose next() gives way instead of blocking. Its clock is real time.
class YieldingTransport final : public HttpTransport {
 public:
  /// What `inner` waits for just now: descriptors, and how long at most.
  struct Readiness {
    std::vector<Awaited> awaited;
    Duration at_most{};
  };
  YieldingTransport(HttpTransport& inner, Errands& errands, std::function<Readiness()> readiness)
      : inner_(inner), errands_(errands), readiness_(std::move(readiness)) {}
  ExchangeId submit(http::Request request, Instant deadline, BodySink* sink = nullptr) override {
    return inner_.submit(std::move(request), deadline, sink);
  }
  std::optional<Completion> next(Instant until) override;
  void cancel(ExchangeId id) override { inner_.cancel(id); }
  const Clock& clock() const override { return inner_.clock(); }

 private:
  HttpTransport& inner_;
  Errands& errands_;
  std::function<Readiness()> readiness_;
};

/// Processes, for whose ends errands wait by giving way.
class YieldingProcesses final : public Processes {
 public:
  YieldingProcesses(Processes& inner, Errands& errands) : inner_(inner), errands_(errands) {}
  const Isolation& isolation() const override { return inner_.isolation(); }
  Status start(const ProcessSpec& spec) override { return inner_.start(spec); }
  void terminate(const std::string& name) override { inner_.terminate(name); }
  void terminate_first(const std::string& name) override { inner_.terminate_first(name); }
  void kill(const std::string& name) override { inner_.kill(name); }
  std::vector<std::string> running() const override { return inner_.running(); }
  std::int64_t number_of(const std::string& name) const override { return inner_.number_of(name); }
  std::vector<ProcessEnd> take_ended() override { return inner_.take_ended(); }
  bool wait(Instant until) override;
  void forget(const std::string& name) override { inner_.forget(name); }
  int descriptor() const override { return inner_.descriptor(); }

 private:
  Processes& inner_;
  Errands& errands_;
};

}  // namespace drover::server
