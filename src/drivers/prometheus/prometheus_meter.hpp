// A load out of a Prometheus, by its HTTP API (query_range of /api/v1, stable since 2.0).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ports/http_transport.hpp"
#include "ports/load_meter.hpp"

namespace drover::prometheus {

class PrometheusMeter final : public LoadMeter {
 public:
  /// `transport` must outlive the meter, and know of the authority that signed its certificate.
  PrometheusMeter(HttpTransport& transport, PrometheusQuery query);

  /// A step's value is the query's at the end of the step. Errors: invalid_input when Prometheus refuses the query or
  /// it gives several series; unauthenticated and permission_denied when it does not let us in, and what the
  /// credentials' file says. None repeats a credential.
  Result<LoadSamples> read(Instant from, Instant to, Duration step) override;
  std::string words() const override { return asked_.query + " of " + asked_.address; }

 private:
  Status read_piece(Instant from, Instant to, LoadSamples& into);
  Error refusal(const http::Response& response) const;
  Status take_points(const nlohmann::json& body, LoadSamples& into) const;

  HttpTransport& transport_;
  PrometheusQuery asked_;
};

}  // namespace drover::prometheus
