#include "protocol/kubernetes_watch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "protocol/kubernetes_status.hpp"
#include "protocol/retry.hpp"

namespace drover::kubernetes {
namespace {

using nlohmann::json;

constexpr Duration list_time = std::chrono::seconds(60);     // client-go's; a page takes well under a second
constexpr Duration watch_margin = std::chrono::seconds(20);  // over the time after which the server ends a watch
// A watch that ends sooner without a word is a server that is going down; client-go's figure.
constexpr Duration watch_time_min = std::chrono::seconds(1);
constexpr Duration retry_after_max = std::chrono::minutes(5);

std::string text_at(const json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

std::string metadata_text(const json& object, const char* key) {
  const auto it = object.find("metadata");
  return it == object.end() ? "" : text_at(*it, key);
}

std::string status_reason(const http::Response& response) {
  const json body = parse_json(response.body);
  return text_at(body, "reason");
}

/// Passing trouble of the server or the way to it; anything else will be the same next time.
bool is_passing(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::throttled || error.code == Code::deadline ||
         error.code == Code::corrupt;
}

}  // namespace

Watch::Watch(std::string url, WatchOptions options, std::uint64_t seed)
    : url_(std::move(url)), options_(options), rng_(seed) {}

std::string Watch::with_query(const std::string& query) const {
  return url_ + (url_.find('?') == std::string::npos ? "?" : "&") + query;
}

Watch::Step Watch::start() { return list_page(); }

Watch::Step Watch::resume(std::string version, Instant now) {
  version_ = std::move(version);
  return watch_on(now);
}

Watch::Step Watch::on_tick(Instant now) { return phase_ == Phase::listing ? list_page() : watch_on(now); }

std::vector<WatchEvent> Watch::take_events() { return std::exchange(events_, {}); }

Watch::Step Watch::list_page() {
  phase_ = Phase::listing;
  std::string url = paged_ ? with_query("limit=" + std::to_string(options_.page_size)) : url_;
  if (paged_ && !next_page_.empty()) url += "&continue=" + percent_encode(next_page_);
  http::Request request{.method = "GET", .url = std::move(url), .headers = {}, .body = ""};
  request.headers.add("Accept", "application/json");
  return Send{std::move(request), list_time, false};
}

Watch::Step Watch::watch_on(Instant now) {
  phase_ = Phase::watching;
  began_ = now;
  rest_.clear();
  expired_ = heard_ = false;
  bad_.reset();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.watch_time).count();
  http::Request request{.method = "GET",
                        .url = with_query("watch=1&allowWatchBookmarks=true&resourceVersion=" +
                                          percent_encode(version_) + "&timeoutSeconds=" + std::to_string(seconds)),
                        .headers = {},
                        .body = ""};
  request.headers.add("Accept", "application/json");
  return Send{std::move(request), options_.watch_time + watch_margin, true};
}

Watch::Step Watch::relist(Instant now) {
  phase_ = Phase::listing;
  next_page_.clear();
  page_objects_.clear();
  // Once at once; a server that forgets faster than we list is not to be hammered.
  if (++expirations_ == 1) return list_page();
  return fail_softly({.code = Code::unavailable, .message = "the server forgets changes sooner than they are read"},
                     now);
}

Watch::Step Watch::fail_softly(Error error, Instant now) {
  last_error_ = std::move(error);
  if (!is_passing(last_error_)) return last_error_;
  if (++failures_ > options_.failures_max) {
    Error last = last_error_;
    return std::move(last).in("gave up after " + std::to_string(options_.failures_max) + " failures");
  }
  Duration pause = options_.pause_first;
  for (int i = 1; i < failures_ && pause < options_.pause_max; ++i) pause *= 2;
  pause = std::min(pause, options_.pause_max);
  // Full jitter on the upper half keeps many watchers from coming back together.
  pause = pause / 2 + Duration(static_cast<std::int64_t>(rng_.uniform() * static_cast<double>(pause.count()) / 2));
  if (last_error_.retry_after_ms > 0)
    pause = std::max(pause, std::min<Duration>(retry_after_max, std::chrono::milliseconds(last_error_.retry_after_ms)));
  return Wait{now + pause};
}

Watch::Step Watch::on_end(const Result<http::Response>& outcome, Instant now) {
  if (phase_ == Phase::watching) return on_watch_end(outcome, now);
  if (!outcome) return fail_softly(outcome.error(), now);
  return on_page(*outcome, now);
}

Watch::Step Watch::on_page(const http::Response& response, Instant now) {
  if (response.status == 410) {  // the token is too old: all that was read so far is worth nothing
    paged_ = next_page_.empty();
    return relist(now);
  }
  if (!response.ok()) {
    Error error = error_of(response);
    if (const auto asked = retry_after(response, now)) error.retry_after_ms = asked->count() / 1000;
    return fail_softly(std::move(error), now);
  }
  json page = parse_json(response.body);
  const auto items = page.is_object() ? page.find("items") : page.end();
  const std::string version = page.is_object() ? metadata_text(page, "resourceVersion") : "";
  // No items at all is how some servers write an empty list.
  const bool has_items = page.is_object() && items != page.end() && !items->is_null();
  if (version.empty() || (has_items && !items->is_array())) {
    next_page_.clear();
    page_objects_.clear();
    return fail_softly({.code = Code::corrupt, .message = "the answer is no list of Kubernetes objects"}, now);
  }
  if (has_items)
    for (auto& item : *items) page_objects_.push_back(std::move(item));
  next_page_ = metadata_text(page, "continue");
  if (!next_page_.empty() && paged_) return list_page();
  next_page_.clear();
  version_ = version;
  paged_ = true;
  if (expirations_ == 0) failures_ = 0;
  events_.push_back({WatchEvent::Kind::listed, std::exchange(page_objects_, {})});
  return watch_on(now);
}

bool Watch::on_bytes(std::string_view bytes) {
  if (bad_ || expired_) return false;
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (rest_.size() + std::min(end, bytes.size()) > options_.line_bytes_max) {
      bad_ = Error{.code = Code::corrupt, .message = "a line of the watch is longer than any object may be"};
      return false;
    }
    if (end == std::string_view::npos) {
      rest_ += bytes;
      return true;
    }
    rest_ += bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    const std::string line = std::exchange(rest_, {});
    if (!trim(line).empty() && !take_line(line)) return false;
  }
  return true;
}

bool Watch::take_line(std::string_view line) {
  json event = parse_json(line);
  const auto object = event.is_object() ? event.find("object") : event.end();
  if (!event.is_object() || object == event.end() || !object->is_object()) {
    bad_ = Error{.code = Code::corrupt, .message = "a line of the watch is no event"};
    return false;
  }
  return take_event(text_at(event, "type"), std::move(*object));
}

bool Watch::take_event(std::string_view type, json object) {
  if (type == "ERROR") {
    Error error = status_error(object, 500);
    // Whatever else it was: what came after it is unknown, so all is listed anew.
    expired_ = true;
    const auto code = object.find("code");
    const bool is_gone = code != object.end() && code->is_number_integer() && *code == 410;
    if (!is_gone && error.service_code != "Expired" && error.service_code != "Gone") bad_ = std::move(error);
    return false;
  }
  const std::string version = metadata_text(object, "resourceVersion");
  if (version.empty()) {
    bad_ = Error{.code = Code::corrupt, .message = "an event of the watch has no resource version"};
    return false;
  }
  version_ = version;
  heard_ = true;
  failures_ = expirations_ = 0;
  const auto tell = [&](WatchEvent::Kind kind) {
    WatchEvent event{kind, {}};
    event.objects.push_back(std::move(object));
    events_.push_back(std::move(event));
  };
  if (type == "ADDED") tell(WatchEvent::Kind::added);
  if (type == "MODIFIED") tell(WatchEvent::Kind::modified);
  if (type == "DELETED") tell(WatchEvent::Kind::deleted);
  return true;  // BOOKMARK has told its version; kinds of event that are yet to be invented are not for us
}

Watch::Step Watch::on_watch_end(const Result<http::Response>& outcome, Instant now) {
  if (expired_ && !bad_) return relist(now);
  if (expired_ || bad_) {
    const bool forget = expired_;
    Error error = std::move(*bad_);
    // A server that sends what is no event is met with the bounded back-off, whatever code it gave.
    if (!is_passing(error)) error.code = Code::unavailable;
    if (forget) phase_ = Phase::listing;
    return fail_softly(std::move(error), now);
  }
  if (!outcome) {
    // Broken after it brought something: go on from there at once. The half line is lost with it, and comes again.
    if (heard_ && is_passing(outcome.error())) return watch_on(now);
    return fail_softly(outcome.error(), now);
  }
  if (outcome->status == 410 || (outcome->status == 400 && status_reason(*outcome) == "Expired")) return relist(now);
  if (!outcome->ok()) {
    Error error = error_of(*outcome);
    if (const auto asked = retry_after(*outcome, now)) error.retry_after_ms = asked->count() / 1000;
    return fail_softly(std::move(error), now);
  }
  if (!heard_ && now - began_ < watch_time_min)
    return fail_softly({.code = Code::unavailable, .message = "the server ended the watch at once"}, now);
  failures_ = expirations_ = 0;  // its time was over
  return watch_on(now);
}

}  // namespace drover::kubernetes
