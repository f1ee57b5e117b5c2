// The API over HTTP: who may ask, and each request as an errand of its own, whose answer comes when it is there or goes
// on as events.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "api/backend.hpp"
#include "app/measures.hpp"
#include "server/errands.hpp"
#include "server/file_shelf.hpp"
#include "server/server.hpp"

namespace drover::app {

class ApiService {
 public:
  struct Parts {
    api::Backend& backend;
    server::Errands& errands;
    Measures& measures;
    std::string token;
    std::int64_t pid = 0;
    Instant started{};
    /// Whether a bearer may use MLflow's API, and nothing else.
    std::function<bool(std::string_view)> is_job_token = nullptr;
    /// What a browser gets without a token: nothing of it is anybody's own.
    std::span<const server::ShelvedFile> page = {};
    /// Called after each request that was worked on: something may be due.
    std::function<void()> worked = nullptr;
  };

  explicit ApiService(Parts parts) : parts_(std::move(parts)) {}
  /// /healthz, /metrics and the page without a token; all else is api::handle's.
  server::Answer answer(const http::Request& request);
  using Ended = std::function<void(const http::Response&)>;
  /// Works on a request that no client waits for, under that name; what it tells on the way is let go.
  void host(const http::Request& request, const std::string& name, Ended ended);
  bool is_hosted(const std::string& name);
  void stop_hosted(const std::string& name);
  /// Nothing new begins from now on, and what is under way is asked to stop.
  void drain();
  /// Requests that are being worked on, their answers not yet out included.
  std::size_t under_way();

 private:
  struct Desk;
  class DeskBackend;
  class DeskSink;

  http::Response health() const;
  bool is_job_that_logs(const http::Request& request) const;
  void run(const std::shared_ptr<Desk>& desk, const http::Request& request);
  server::Answer begin(const http::Request& request);
  std::vector<std::shared_ptr<Desk>> desks();

  Parts parts_;
  std::vector<std::weak_ptr<Desk>> desks_;
  std::uint64_t last_id_ = 0;
  bool is_draining_ = false;
};

}  // namespace drover::app
