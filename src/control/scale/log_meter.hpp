// The load out of a log that somebody goes on writing: read anew each time that it is asked for.
#pragma once

#include <functional>

#include "forecast/table.hpp"
#include "ports/load_meter.hpp"

namespace drover::control {

class LogMeter final : public LoadMeter {
 public:
  using Bytes = std::function<Result<std::string>()>;
  /// `column`: of the load; "" for the one that looks like it.
  LogMeter(Bytes bytes, std::string name, std::string column)
      : bytes_(std::move(bytes)), name_(std::move(name)), column_(std::move(column)) {}

  /// Time between two steps of the log. Errors: those of reading it.
  Result<Duration> step();
  Result<LoadSamples> read(Instant from, Instant to, Duration step) override;
  std::string words() const override { return name_; }

 private:
  Result<forecast::Series> series();

  Bytes bytes_;
  std::string name_, column_;
};

}  // namespace drover::control
