#include "drivers/prometheus/prometheus_meter.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "protocol/http/status.hpp"

namespace drover::prometheus {
namespace {

using nlohmann::json;

/// Prometheus refuses a range of more points than 11,000.
constexpr int points_max = 10'000;
constexpr Duration timeout = std::chrono::seconds(30);

std::string seconds(Instant instant) { return format_fixed(to_seconds(instant.time_since_epoch()), 3); }

/// A certificate that nobody known to us has signed.
bool is_about_certificates(const Error& error) {
  return error.message.contains("certificate") || error.message.contains("SSL");
}

}  // namespace

PrometheusMeter::PrometheusMeter(HttpTransport& transport, PrometheusQuery query)
    : transport_(transport), asked_(std::move(query)) {
  while (asked_.address.ends_with('/')) asked_.address.pop_back();
}

Error PrometheusMeter::refusal(const http::Response& response) const {
  const json body = parse_json(response.body);
  const std::string said = body.is_object() ? body.value("error", "") : "";
  Error error{.code = response.status == 400 || response.status == 422 ? Code::invalid_input
                                                                       : http::code_of_status(response.status),
              .message = "Prometheus at " + asked_.address + " answers " + std::to_string(response.status) +
                         (said.empty() ? "" : ": " + said)};
  const bool says_who = asked_.authorization != nullptr;
  if (response.status == 401) {
    error.message += says_who ? ": it does not know the credentials that it was given" : ": it wants to know who asks";
    error.hint = says_who ? "check username and password, or the token, under load:"
                          : "say username and password_file, or token_file, under load:";
  } else if (response.status == 403) {
    error.message += ": it knows who asks, and does not let them read";
    error.hint = "whoever runs it has to allow queries (GET and POST /api/v1/query_range)";
  }
  return error;
}

Result<LoadSamples> PrometheusMeter::read(Instant from, Instant to, Duration step) {
  LoadSamples samples{.start = from, .step = step};
  const auto count = to > from ? (to - from) / step : 0;
  samples.values.assign(static_cast<std::size_t>(count), std::numeric_limits<double>::quiet_NaN());
  const Instant end = from + count * step;
  for (Instant begin = from; begin < end; begin += points_max * step)
    DROVER_CHECK(read_piece(begin, std::min(end, begin + points_max * step), samples));
  return samples;
}

Status PrometheusMeter::read_piece(Instant from, Instant to, LoadSamples& into) {
  http::Request request{.method = "POST", .url = asked_.address + "/api/v1/query_range"};
  request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.body = http::format_form({{"query", asked_.query},
                                    {"start", seconds(from + into.step)},
                                    {"end", seconds(to)},
                                    {"step", format_fixed(to_seconds(into.step), 3)}});
  if (asked_.authorization) {
    DROVER_TRY(authorization, asked_.authorization());
    request.headers.set("Authorization", authorization);
  }
  auto response = send(transport_, std::move(request), timeout);
  if (!response) {
    if (is_about_certificates(response.error()))
      response.error().hint = "say ca: FILE under load:, with the certificates that its own is signed by";
    return std::unexpected(std::move(response.error()));
  }
  if (!response->ok()) return std::unexpected(refusal(*response));
  try {
    return take_points(parse_json(response->body), into);
  } catch (const json::exception&) {
    return fail(Code::corrupt, "what answers at " + asked_.address + " is no Prometheus",
                "give the address under which its own page is, such as http://HOST:9090");
  }
}

/// Throws what nlohmann does for an answer of another form.
Status PrometheusMeter::take_points(const json& body, LoadSamples& into) const {
  const json& series = body.at("data").at("result");
  if (series.size() > 1)
    return fail(Code::invalid_input, "the query gives " + std::to_string(series.size()) + " series, a load is one",
                "sum them up: sum(" + asked_.query + ")");
  if (series.empty()) return {};
  for (const auto& point : series.at(0).at("values")) {
    const Instant at(from_seconds(point.at(0).get<double>()));
    const auto index = (at - into.start + into.step / 2) / into.step - 1;
    const double value = std::strtod(point.at(1).get_ref<const std::string&>().c_str(), nullptr);
    // NaN and +Inf come from divisions by nothing: nothing was measured.
    if (index >= 0 && index < static_cast<std::ptrdiff_t>(into.values.size()) && std::isfinite(value))
      into.values[static_cast<std::size_t>(index)] = value;
  }
  return {};
}

}  // namespace drover::prometheus
