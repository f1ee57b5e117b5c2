// Keeping up with a collection of Kubernetes objects, without I/O: list it page by page, then watch from there, and
// begin again where the server has forgotten. What to send next, and what has changed. After the API conventions
// ("efficient detection of changes", kubernetes.io/docs/reference/using-api/api-concepts).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "protocol/http/message.hpp"

namespace drover::kubernetes {

struct WatchEvent {
  enum class Kind : std::uint8_t {
    listed,  ///< `objects` are all that there is now; whatever was known before counts no more
    added,
    modified,
    deleted,  ///< the object as it was last
  };
  Kind kind;
  std::vector<nlohmann::json> objects;  ///< of listed: any number; of the others: one
};

struct WatchOptions {
  /// Of one page of a list. client-go's own figure: a page of large pods is some MB.
  int page_size = 500;
  /// The server ends each watch after this; then it goes on where it was. Long enough to cost nothing, short enough
  /// that a connection that died silently is noticed.
  Duration watch_time = std::chrono::seconds(240);
  Duration pause_first = std::chrono::milliseconds(200);
  Duration pause_max = std::chrono::seconds(30);
  /// After this many failures without an answer in between it gives up: with the pauses above some ten minutes.
  int failures_max = 25;
  /// A line of a watch is one object, and etcd takes none above 1.5 MB.
  std::size_t line_bytes_max = 32u << 20;
};

class Watch {
 public:
  /// Send it; give on_bytes what its body brings as it comes, when `streams`, and on_end its outcome. The server is to
  /// end it within `time`.
  struct Send {
    http::Request request;
    Duration time;
    bool streams = false;
  };
  /// Then on_tick.
  struct Wait {
    Instant until;
  };
  /// An Error ends it: what was asked will not be allowed or is not there, or failures_max are reached.
  using Step = std::variant<Send, Wait, Error>;

  /// `url` is the collection's, perhaps with selectors in its query.
  Watch(std::string url, WatchOptions options, std::uint64_t seed);

  Step start();
  /// Instead of start(): goes on from a version that was kept elsewhere, without a list while the server remembers it.
  Step resume(std::string version, Instant now);
  /// A piece of the streaming body, cut anywhere. False: it is of no more use, end the exchange and say on_end.
  bool on_bytes(std::string_view bytes);
  Step on_end(const Result<http::Response>& outcome, Instant now);
  Step on_tick(Instant now);

  /// What has happened since the last call, in order.
  std::vector<WatchEvent> take_events();

  const std::string& resource_version() const { return version_; }
  /// Failures in a row, and the last of them; for those who report.
  int failures() const { return failures_; }
  const Error& last_error() const { return last_error_; }

 private:
  enum class Phase : std::uint8_t { listing, watching };

  Step list_page();
  Step watch_on(Instant now);
  Step relist(Instant now);
  Step on_page(const http::Response& response, Instant now);
  Step on_watch_end(const Result<http::Response>& outcome, Instant now);
  Step fail_softly(Error error, Instant now);
  bool take_line(std::string_view line);
  bool take_event(std::string_view type, nlohmann::json object);
  std::string with_query(const std::string& query) const;

  std::string url_;
  WatchOptions options_;
  Rng rng_;
  Phase phase_ = Phase::listing;
  std::string version_;    ///< of the last thing seen
  std::string next_page_;  ///< the list's continue token
  bool paged_ = true;      ///< false: the token expired before the last page, so all of it is asked for at once
  std::vector<nlohmann::json> page_objects_;
  std::string rest_;          ///< the line that is not whole yet
  Instant began_;             ///< this watch
  bool expired_ = false;      ///< the server has forgotten version_
  bool heard_ = false;        ///< this watch brought at least one whole event
  std::optional<Error> bad_;  ///< why the stream was cut
  int failures_ = 0;
  int expirations_ = 0;  ///< in a row, without an event in between
  Error last_error_;
  std::vector<WatchEvent> events_;
};

}  // namespace drover::kubernetes
