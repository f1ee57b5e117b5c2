// A load as somebody measures it: Prometheus, Azure Monitor, a log. One series; which one is said when it is made.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace drover {

struct LoadSamples {
  Instant start{};  ///< of the first step
  Duration step{};
  std::vector<double> values = {};  ///< of [start + i * step, start + (i + 1) * step); NaN where nothing was measured
};

/// A Prometheus, what is asked of it, and how it is told who asks.
struct PrometheusQuery {
  std::string address;  ///< http://HOST:9090, with whatever path it is served under
  std::string query;    ///< PromQL of one series
  /// The Authorization header's value, made anew for each reading, since tokens are exchanged while we run; null: none.
  /// It holds a secret.
  std::function<Result<std::string>()> authorization = nullptr;
  std::string authority_pem = {};  ///< certificates that its own may be signed by; "": the system's
};

/// Implementations retry what is transient.
class LoadMeter {
 public:
  virtual ~LoadMeter() = default;
  /// The steps that lie whole in [from, to), `step` long, the first beginning at `from`. Blocks. Errors: unavailable,
  /// deadline (nobody answered), invalid_input (what is asked for is not there, or is more than one series).
  virtual Result<LoadSamples> read(Instant from, Instant to, Duration step) = 0;
  /// "sum(rate(...)) of Prometheus at http://...", for people.
  virtual std::string words() const = 0;
};

}  // namespace drover
