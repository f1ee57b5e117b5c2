// Seeded randomness: the only source of it in Drover, so that a seed replays a run exactly.
#pragma once

#include <cstdint>
#include <string>

namespace drover {

/// SplitMix64 (Steele, Lea, Flood 2014): tiny, fast, and good enough for jitter, ids and simulated faults; not for
/// secrets.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  /// Standard normal (Box-Muller, one value a call).
  double normal();
  bool chance(double probability) { return uniform() < probability; }
  /// A version 4 UUID (RFC 9562), lower case.
  std::string uuid();
  /// An independent stream; the parent moves on by one draw.
  Rng fork() { return Rng(next()); }
  std::uint64_t state() const { return state_; }

 private:
  std::uint64_t state_;
};

}  // namespace drover
