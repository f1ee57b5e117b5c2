// Many conversations on one transport and one thread: each is a coroutine that awaits exchanges and pauses.
#pragma once

#include <coroutine>
#include <exception>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "ports/http_transport.hpp"

namespace drover {

/// A coroutine that gives a T. Lazy: it begins when awaited or started by Flows. Parameters must be values or outlive
/// it. Destroying one that waits gives up what it waits for.
template <class T>
class Flow {
 public:
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> continuation;

    Flow get_return_object() { return Flow(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Resume {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
        auto next = self.promise().continuation;
        return next ? next : std::noop_coroutine();
      }
      void await_resume() noexcept {}
    };
    Resume final_suspend() noexcept { return {}; }
    template <class U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
    void unhandled_exception() { std::terminate(); }  // rooms do not throw; see base/result.hpp
  };

  Flow(Flow&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Flow& operator=(Flow&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Flow() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    handle_.promise().continuation = caller;
    return handle_;
  }
  T await_resume() { return std::move(*handle_.promise().value); }

  void start() { handle_.resume(); }
  bool done() const { return handle_.done(); }
  T& value() { return *handle_.promise().value; }

 private:
  explicit Flow(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

/// Wakes flows when their exchange completes or their pause is over.
class Flows {
 public:
  explicit Flows(HttpTransport& transport) : transport_(transport) {}

  struct Exchanging {
    Flows& flows;
    http::Request request;
    Duration timeout;
    BodySink* sink;
    Result<http::Response> outcome = std::unexpected(Error{});
    ExchangeId waiting_for = {};  ///< none before it is sent and after its end
    Exchanging(Flows& owner, http::Request what, Duration time, BodySink* body)
        : flows(owner), request(std::move(what)), timeout(time), sink(body) {}
    Exchanging(const Exchanging&) = delete;
    Exchanging& operator=(const Exchanging&) = delete;
    ~Exchanging() {
      if (waiting_for) flows.give_up(waiting_for);
    }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle);
    Result<http::Response> await_resume() { return std::move(outcome); }
  };
  struct Pausing {
    Flows& flows;
    Instant until;
    std::coroutine_handle<> waiting = {};
    Pausing(Flows& owner, Instant time) : flows(owner), until(time) {}
    Pausing(const Pausing&) = delete;
    Pausing& operator=(const Pausing&) = delete;
    ~Pausing() {
      if (waiting) flows.give_up(until, waiting);
    }
    bool await_ready() const noexcept { return until <= flows.now(); }
    void await_suspend(std::coroutine_handle<> handle) {
      waiting = handle;
      flows.pauses_.emplace(until, handle);
    }
    void await_resume() noexcept { waiting = {}; }
  };

  /// Awaiting it sends `request` and gives the outcome; the deadline is `timeout` from the moment of sending.
  Exchanging exchange(http::Request request, Duration timeout, BodySink* sink = nullptr) {
    return Exchanging(*this, std::move(request), timeout, sink);
  }
  Pausing pause_until(Instant until) { return Pausing(*this, until); }

  /// Waits for the next event until `until` and resumes the flow that it belongs to; false when none came.
  bool step(Instant until);
  bool idle() const { return exchanges_.empty() && pauses_.empty(); }
  Instant now() const { return transport_.clock().now(); }

 private:
  void give_up(ExchangeId id);
  void give_up(Instant until, std::coroutine_handle<> waiting);

  HttpTransport& transport_;
  struct Waiting {
    std::coroutine_handle<> handle;
    Exchanging* exchanging;
  };
  std::unordered_map<ExchangeId, Waiting> exchanges_;
  std::multimap<Instant, std::coroutine_handle<>> pauses_;
};

/// Runs `flow` to its end, and others of `flows` meanwhile.
template <class T>
T finish(Flows& flows, Flow<T> flow) {
  flow.start();
  while (!flow.done()) flows.step(flows.now() + std::chrono::seconds(1));
  return std::move(flow.value());
}

}  // namespace drover
