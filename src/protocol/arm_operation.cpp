#include "protocol/arm_operation.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "protocol/arm_error.hpp"
#include "protocol/retry.hpp"

namespace drover::arm {
namespace {

using nlohmann::json;

/// Looks that may fail in a row before the operation is given up: beyond the transport's own retries this spans
/// minutes.
constexpr int unreadable_max = 8;

json parse_body(const http::Response& response) {
  // 202 may carry the literal `null` (reference 2.2), and deletes carry nothing.
  if (response.body.empty()) return {};
  json body = parse_json(response.body);
  return body.is_object() ? body : json{};
}

std::string text_at(const json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

/// properties.provisioningState, or the top-level one of Azure Storage's older answers.
std::string provisioning_state(const json& body) {
  if (!body.is_object()) return "";
  if (const auto it = body.find("properties"); it != body.end())
    if (auto state = text_at(*it, "provisioningState"); !state.empty()) return state;
  return text_at(body, "provisioningState");
}

Error ended_badly(const std::string& state, const json& body) {
  const auto error = body.is_object() ? body.find("error") : body.end();
  if (!body.is_object() || error == body.end() || !error->is_object()) return operation_error(state, "", "");
  return operation_error(state, text_at(*error, "code"), text_at(*error, "message"));
}

}  // namespace

bool is_terminal(std::string_view state) {
  return equals_ignore_case(state, "Succeeded") || equals_ignore_case(state, "Failed") ||
         equals_ignore_case(state, "Canceled");
}

Duration PollSchedule::pause(Duration elapsed) const {
  const auto share = [](Duration whole, double part) {
    return Duration(static_cast<std::int64_t>(static_cast<double>(whole.count()) * part));
  };
  const Duration first = share(expected, first_share);
  if (elapsed < first) return std::max(first - elapsed, interval_min);
  // Long overdue: the estimate was wrong, so look less often.
  const double part = elapsed > 2 * expected ? 5 * interval_share : interval_share;
  return std::clamp(share(elapsed, part), interval_min, interval_max);
}

Operation::Operation(http::Request first, std::string resource_url, PollSchedule schedule, Instant now,
                     Instant deadline)
    : first_(std::move(first)),
      method_(first_.method),
      resource_url_(std::move(resource_url)),
      schedule_(schedule),
      begun_at_(now),
      deadline_(deadline) {}

Operation::Step Operation::start() { return Send{std::move(first_)}; }

Operation::Step Operation::look() {
  const std::string* url = &resource_url_;
  if (watching_ == Watching::async_operation) url = &async_url_;
  if (watching_ == Watching::location) url = &location_url_;
  return Send{{.method = "GET", .url = *url, .headers = {{"Accept", "application/json"}}, .body = ""}};
}

Operation::Step Operation::on_tick(Instant) { return look(); }

Operation::Step Operation::look_later(const http::Response* response, Instant now) {
  const auto asked = response ? retry_after(*response, now) : std::nullopt;
  const bool obeyed = asked && *asked > Duration{0};  // 0 counts as absent, as the Azure SDKs take it
  const Instant at = now + (obeyed ? *asked : schedule_.pause(now - begun_at_));
  if (at >= deadline_)
    return Error{
        .code = Code::deadline,
        .message = "still " + state_ + " after " + format_human(now - begun_at_) + "; the service may yet finish it",
        .hint = "run the same command again: it looks first and goes on from there"};
  return Wait{at};
}

Operation::Step Operation::finish(http::Response response) { return Done{std::move(response)}; }

Operation::Step Operation::read_final() {
  watching_ = Watching::final_read;
  return look();
}

Operation::Step Operation::on_response(const Result<http::Response>& outcome, Instant now) {
  const bool unreadable = !outcome || outcome->status == 429 || outcome->status >= 500;
  if (watching_ == Watching::first) {
    if (!outcome) return outcome.error();
    return on_first(*outcome, now);
  }
  if (unreadable) return on_unreadable(outcome, now);
  unreadable_ = 0;
  if (watching_ == Watching::async_operation) return on_async(*outcome, now);
  if (watching_ == Watching::location) return on_location(*outcome, now);
  return on_resource(*outcome, now);
}

Operation::Step Operation::on_first(const http::Response& response, Instant now) {
  if (is_removal() && response.status == 404) return finish(response);
  if (!response.ok()) return error_of(response);
  if (const auto url = response.headers.get("Azure-AsyncOperation")) async_url_ = *url;
  if (const auto url = response.headers.get("Location")) location_url_ = *url;
  const json body = parse_body(response);
  const std::string state = provisioning_state(body);
  if (!state.empty()) state_ = state;
  if (response.status == 204) return finish(response);
  if (response.status == 202) {
    watching_ = !async_url_.empty()      ? Watching::async_operation
                : !location_url_.empty() ? Watching::location
                                         : Watching::resource;
    return look_later(&response, now);
  }
  if (is_removal() || state.empty() || is_terminal(state)) {
    if (is_terminal(state) && !equals_ignore_case(state, "Succeeded")) return ended_badly(state, body);
    // 200 or 201 with a settled resource and no operation to follow: it was synchronous.
    if (async_url_.empty() || is_terminal(state) || is_removal()) return finish(response);
  }
  watching_ = async_url_.empty() ? Watching::resource : Watching::async_operation;
  return look_later(&response, now);
}

Operation::Step Operation::on_async(const http::Response& response, Instant now) {
  if (!response.ok()) {
    // The status resource may be gone before we looked (they expire): the resource itself still knows.
    async_url_.clear();
    watching_ = Watching::resource;
    return look();
  }
  const json body = parse_body(response);
  std::string state = text_at(body, "status");
  if (state.empty()) state = provisioning_state(body);
  if (!state.empty()) state_ = state;
  if (!is_terminal(state)) return look_later(&response, now);
  if (!equals_ignore_case(state, "Succeeded")) return ended_badly(state, body);
  return is_removal() || method_ == "POST" ? finish(response) : read_final();
}

Operation::Step Operation::on_location(const http::Response& response, Instant now) {
  if (response.status == 202) {
    if (const auto url = response.headers.get("Location")) location_url_ = *url;
    return look_later(&response, now);
  }
  if (is_removal() && response.status == 404) return finish(response);
  if (!response.ok()) return error_of(response);
  if (is_removal() || method_ == "POST") return finish(response);
  // Storage answers the resource here, others only 200: then its own URL is the one that every type has.
  const json body = parse_body(response);
  if (!text_at(body, "id").empty() && equals_ignore_case(provisioning_state(body), "Succeeded"))
    return finish(response);
  return read_final();
}

Operation::Step Operation::on_resource(const http::Response& response, Instant now) {
  if (response.status == 404) {
    if (is_removal()) return finish(response);
    return Error{.code = Code::failed,
                 .message = "the resource went away while it was being made",
                 .service_code = "ResourceNotFound"};
  }
  if (!response.ok()) return error_of(response);
  const json body = parse_body(response);
  const std::string state = provisioning_state(body);
  if (!state.empty()) state_ = state;
  if (is_removal() || (!state.empty() && !is_terminal(state))) return look_later(&response, now);
  if (!state.empty() && !equals_ignore_case(state, "Succeeded")) return ended_badly(state, body);
  return finish(response);
}

Operation::Step Operation::on_unreadable(const Result<http::Response>& outcome, Instant now) {
  if (++unreadable_ > unreadable_max) return outcome ? error_of(*outcome) : outcome.error();
  return look_later(outcome ? &*outcome : nullptr, now);
}

}  // namespace drover::arm
