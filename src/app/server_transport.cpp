#include "app/server_transport.hpp"

#include <unistd.h>

#include <algorithm>

namespace drover::app {
namespace {

/// How soon a stop is handed on.
constexpr Duration look = std::chrono::milliseconds(200);
/// For the stop itself to be heard.
constexpr Duration stop_timeout = std::chrono::seconds(10);

/// Passes events on, and remembers the last one of those that end a stream. An answer that is no stream but an object
/// is kept whole.
class EndOfStream final : public BodySink {
 public:
  explicit EndOfStream(BodySink* reader) : reader_(reader) {}
  bool write(std::string_view bytes) override {
    if (!object_.empty() || (!is_stream_ && bytes.starts_with('{'))) {
      object_ += bytes;
      return true;
    }
    is_stream_ = true;
    tail_ += bytes;
    for (std::size_t end = 0; (end = tail_.find("\n\n")) != std::string::npos; tail_.erase(0, end + 2))
      take(std::string_view(tail_).substr(0, end));
    return reader_ == nullptr || reader_->write(bytes);
  }
  const std::string& name() const { return name_; }
  const std::string& data() const { return data_; }
  const std::string& object() const { return object_; }

 private:
  void take(std::string_view event) {
    constexpr std::string_view data_mark = "\ndata: ";
    const auto data = event.find(data_mark);
    if (data == std::string_view::npos) return;
    for (const std::string_view last : {"event: end", "event: error"})
      if (event.substr(0, data) == last) {
        name_ = last.substr(last.find(' ') + 1);
        data_ = event.substr(data + data_mark.size());
      }
  }

  BodySink* reader_;
  bool is_stream_ = false;
  std::string tail_, name_, data_, object_;
};

}  // namespace

struct ServerTransport::Exchange {
  explicit Exchange(BodySink* reader) : end(reader) {}
  EndOfStream end;
  bool streams = false;
  bool may_stop = false;  ///< it began before the user asked for a stop
  std::string name;       ///< by which the server knows it
};

ServerTransport::ServerTransport(HttpTransport& wire, std::string url, std::string token,
                                 std::function<bool()> stop_asked)
    : wire_(wire), url_(std::move(url)), token_(std::move(token)), stop_asked_(std::move(stop_asked)) {}

ServerTransport::~ServerTransport() = default;

ExchangeId ServerTransport::submit(http::Request request, Instant deadline, BodySink* sink) {
  constexpr std::string_view stand_in = "http://drover";
  request.url = url_ + request.url.substr(std::min(stand_in.size(), request.url.size()));
  if (!token_.empty()) request.headers.set("Authorization", "Bearer " + token_);
  auto exchange = std::make_unique<Exchange>(sink);
  exchange->streams = sink != nullptr;
  exchange->may_stop = !stop_asked_();
  // Unique among the clients of one server, for as long as they run.
  exchange->name = std::to_string(::getpid()) + "-" + std::to_string(clock().now().time_since_epoch().count()) + "-" +
                   std::to_string(++last_name_);
  request.headers.set("Drover-Errand", exchange->name);
  const auto id = wire_.submit(std::move(request), deadline, exchange->streams ? &exchange->end : nullptr);
  exchanges_.emplace(id, std::move(exchange));
  return id;
}

/// Tells the server of each exchange that is under way; its answer then comes by itself, soon.
void ServerTransport::hand_on_stop() {
  for (auto& [id, exchange] : exchanges_) {
    if (!std::exchange(exchange->may_stop, false)) continue;
    http::Request request{.method = "DELETE", .url = url_ + "/v1/errands/" + exchange->name, .headers = {}, .body = ""};
    if (!token_.empty()) request.headers.set("Authorization", "Bearer " + token_);
    wire_.submit(std::move(request), clock().now() + stop_timeout);  // whose outcome is passed over below
  }
}

std::optional<Completion> ServerTransport::next(Instant until) {
  while (true) {
    const Instant now = clock().now();
    if (stop_asked_()) {
      hand_on_stop();
      if (!stopped_) stopped_ = now;
    } else {
      stopped_.reset();
    }
    if (stopped_ && now >= *stopped_ + stop_timeout && !exchanges_.empty()) return give_up();
    auto completion = wire_.next(std::min(until, now + look));
    if (completion && exchanges_.contains(completion->id)) return finish(std::move(*completion));
    if (!completion && now >= until) return std::nullopt;
  }
}

/// A server that neither answers nor hears of the stop keeps nobody.
Completion ServerTransport::give_up() {
  const ExchangeId id = exchanges_.begin()->first;
  cancel(id);
  return {id, fail(Code::unavailable, "the server at " + url_ + " does not answer; what was asked may be done or not",
                   "see its log: serve.log in the state folder; drover serve --stop ends it")};
}

/// The answer that the handler gave: of a stream, its last event.
Completion ServerTransport::finish(Completion completion) {
  const auto exchange = std::move(exchanges_.extract(completion.id).mapped());
  if (!exchange->streams || !completion.outcome || !completion.outcome->ok()) return completion;
  http::Response& response = *completion.outcome;
  const auto type = response.headers.get("Content-Type");
  if (!type || !type->starts_with("text/event-stream")) {
    response.body = exchange->end.object();
    return completion;
  }
  if (exchange->end.name().empty()) {
    completion.outcome = fail(Code::unavailable, "the server ended before its answer did",
                              "run the command again: what was under way goes on or is found again");
    return completion;
  }
  response.body = exchange->end.data();
  if (exchange->end.name() == "error") response.status = 500;
  return completion;
}

void ServerTransport::cancel(ExchangeId id) {
  wire_.cancel(id);
  exchanges_.erase(id);
}

}  // namespace drover::app
