// What somebody wants of a pool's node count, whoever it is: what arbiter.hpp takes in, any number of them at a time.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace drover::scaling {

/// From the weakest to the strongest: the first five are what the load asks for, a person's word stands above them, and
/// what governance forbids above that.
enum class WishSource : std::uint8_t {
  forecast,
  queue,
  headroom,  ///< kept free, so that whoever comes next need not wait
  schedule,
  event,       ///< one that is known beforehand: a course, a release, a deadline
  pin,         ///< `drover scale pin`: a person's count
  pause,       ///< `drover scale pause`: the count stays as it is
  governance,  ///< a stop: a budget used up, an idle pool, an off-hours rule
};

const char* wish_source_name(WishSource source);

struct Wish {
  WishSource source = WishSource::forecast;
  std::string reason;  ///< in words, without the count: "3 pending jobs of 8 GPUs"
  std::optional<int> at_least = {};
  std::optional<int> at_most = {};   ///< below its own at_least or another's of the same strength, it is what counts
  std::optional<int> keep = {};      ///< nodes that may stay if they are there, though nobody would ask for them anew
  std::optional<Instant> ends = {};  ///< from then on it counts no more; nullopt: until it is taken back

  static Wish exactly(WishSource source, int nodes, std::string reason, std::optional<Instant> ends = {}) {
    return {.source = source, .reason = std::move(reason), .at_least = nodes, .at_most = nodes, .ends = ends};
  }
  friend auto operator<=>(const Wish&, const Wish&) = default;
};

}  // namespace drover::scaling
