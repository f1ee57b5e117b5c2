#include "control/scale/log_meter.hpp"

#include <cmath>
#include <limits>

#include "codec/load_log.hpp"
#include "forecast/load_choice.hpp"

namespace drover::control {

Result<forecast::Series> LogMeter::series() {
  DROVER_TRY(text, bytes_());
  DROVER_TRY(log, codec::read_load_log(text, name_));
  auto chosen = forecast::choose_load(log.load, {.column = column_});
  if (!chosen) return std::unexpected(std::move(chosen.error()).in(name_));
  return std::move(chosen->series);
}

Result<Duration> LogMeter::step() {
  DROVER_TRY(load, series());
  return load.step;
}

Result<LoadSamples> LogMeter::read(Instant from, Instant to, Duration step) {
  DROVER_TRY(load, series());
  LoadSamples samples{.start = from, .step = step};
  for (Instant at = from; at + step <= to; at += step) {
    const auto index = at < load.start ? -1 : (at - load.start) / load.step;
    const bool is_there = index >= 0 && index < static_cast<std::ptrdiff_t>(load.values.size());
    samples.values.push_back(is_there ? load.values[static_cast<std::size_t>(index)]
                                      : std::numeric_limits<double>::quiet_NaN());
  }
  return samples;
}

}  // namespace drover::control
