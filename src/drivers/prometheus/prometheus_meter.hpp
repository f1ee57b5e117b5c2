// A load out of a Prometheus, by its HTTP API (query_range of /api/v1, stable since 2.0).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ports/http_transport.hpp"
#include "ports/load_meter.hpp"

namespace drover::prometheus {

class PrometheusMeter final : public LoadMeter {
 public:
  /// `address`: http://HOST:9090, with whatever path it is served under. `transport` must outlive the meter.
  PrometheusMeter(HttpTransport& transport, std::string address, std::string query);

  /// A step's value is the query's at the end of the step. Errors: invalid_input when Prometheus refuses the query or
  /// it gives several series.
  Result<LoadSamples> read(Instant from, Instant to, Duration step) override;
  std::string words() const override { return query_ + " of " + address_; }

 private:
  Status read_piece(Instant from, Instant to, LoadSamples& into);
  Status take_points(const nlohmann::json& body, LoadSamples& into) const;

  HttpTransport& transport_;
  std::string address_, query_;
};

}  // namespace drover::prometheus
