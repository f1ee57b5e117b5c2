// The load as Azure Monitor has it.
#pragma once

#include "ports/cloud.hpp"

namespace drover::control {

class CloudMeter final : public LoadMeter {
 public:
  CloudMeter(Cloud& cloud, MetricQuery query) : cloud_(cloud), query_(std::move(query)) {}

  Result<LoadSamples> read(Instant from, Instant to, Duration step) override {
    return cloud_.metric(query_, from, to, step);
  }
  std::string words() const override { return query_.name + " of " + query_.resource_id; }

 private:
  Cloud& cloud_;
  MetricQuery query_;
};

}  // namespace drover::control
