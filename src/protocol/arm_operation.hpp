// One ARM long-running operation, without I/O: what to send, when to look again, and how it ended. Both of ARM's styles
// (Azure-AsyncOperation and Location) and the plain polling of provisioningState, as the RPC contract has them and as
// the recordings of the real service show them (shared reference, sections 3 and 4).
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/result.hpp"
#include "base/time.hpp"
#include "protocol/http/message.hpp"

namespace drover::arm {

/// When to look at an operation that says nothing of Retry-After: rarely at first, often near the expected end.
struct PollSchedule {
  Duration expected{};  ///< median duration; zero = unknown
  Duration interval_min = std::chrono::milliseconds(250);
  Duration interval_max = std::chrono::seconds(15);
  /// First look at this share of the expected duration: with the spreads of the catalog fewer than 1 in 50 end earlier.
  double first_share = 0.70;
  /// Then every this share of the time gone by: a late answer costs half of it on average.
  double interval_share = 0.01;

  /// Pause before the next look, `elapsed` after the operation began.
  Duration pause(Duration elapsed) const;
};

/// terminal_state("Succeeded") and so on: exactly Succeeded, Failed, Canceled (compared without case).
bool is_terminal(std::string_view state);

class Operation {
 public:
  struct Send {
    http::Request request;
  };
  struct Wait {
    Instant until;
  };
  struct Done {
    http::Response
        response;  ///< of the last call: for PUT the resource itself, for DELETE whatever said that it is gone
  };
  using Step = std::variant<Send, Wait, Done, Error>;

  /// `first` is the PUT, PATCH, DELETE or POST; `resource_url` reads the resource afterwards (its GET). Gives up with
  /// Code::deadline at `deadline`, leaving the service to go on.
  Operation(http::Request first, std::string resource_url, PollSchedule schedule, Instant now, Instant deadline);

  Step start();
  /// The answer to the last Send. Answers that only say "could not read the status" (429, 5xx after the transport's own
  /// retries) make it look again, a few times.
  Step on_response(const Result<http::Response>& outcome, Instant now);
  /// The Wait is over.
  Step on_tick(Instant now);

  /// Last state the service named; for progress and for the message when the deadline passes.
  const std::string& state() const { return state_; }

 private:
  enum class Watching : std::uint8_t { first, async_operation, location, resource, final_read };

  Step on_first(const http::Response& response, Instant now);
  Step on_async(const http::Response& response, Instant now);
  Step on_location(const http::Response& response, Instant now);
  Step on_resource(const http::Response& response, Instant now);
  Step on_unreadable(const Result<http::Response>& outcome, Instant now);
  Step look_later(const http::Response* response, Instant now);
  Step look();
  Step finish(http::Response response);
  Step read_final();
  bool is_removal() const { return method_ == "DELETE"; }

  http::Request first_;
  std::string method_, resource_url_;
  std::string async_url_, location_url_;
  PollSchedule schedule_;
  Instant begun_at_, deadline_;
  Watching watching_ = Watching::first;
  std::string state_ = "Accepted";
  int unreadable_ = 0;
};

}  // namespace drover::arm
