// What is remembered of a pool that is run live: a person's pin or pause, what the last decision leaves for the next,
// the boots that it has seen, and every decision with what it was made from.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ports/store.hpp"
#include "scaling/arbiter.hpp"
#include "scaling/lead_time.hpp"

namespace drover::control {

/// `drover scale pin` and `pause`: a person's word.
struct ScaleHand {
  std::optional<int> pinned = {};  ///< nullopt: paused, the count stays as it is
  std::optional<Instant> until = {};
  std::string reason;
  std::string by;
  Instant since = {};
};

/// So many nodes were ready at the begin of each step of the load in [from, to).
struct ReadyRun {
  Instant from = {}, to = {};
  int nodes = 0;
};

struct ScaleMemory {
  scaling::ArbiterMemory arbiter = {};
  std::vector<scaling::Boot> boots = {};  ///< the newest last
  std::set<std::string> nodes = {};       ///< that were there when it was looked last
  std::vector<ReadyRun> ready = {};       ///< while it was acting; the newest last
  std::optional<Instant> decided = {};    ///< when the last decision was made

  /// Nullopt for steps in which it did not act, or nobody looked.
  std::optional<int> ready_at(Instant step) const;
  void note_ready(Instant step, Duration length, int count);
};

/// Ready counts are kept for so long: as far back as missed steps count against the portfolio.
inline constexpr Duration ready_kept = std::chrono::hours{14 * 24};
/// Decisions that are older are forgotten, at the turn of an hour.
inline constexpr Duration decisions_kept = std::chrono::hours{7 * 24};
inline constexpr std::size_t boots_max = 200;

class ScaleBook {
 public:
  /// `name`: of the scaler, "cluster/pool".
  ScaleBook(Store& store, std::string name) : store_(store), prefix_("scale/" + std::move(name) + "/") {}

  Result<std::optional<ScaleHand>> hand();
  Status set_hand(const std::optional<ScaleHand>& hand);
  Result<ScaleMemory> memory();
  /// Both or neither: what was decided, and what it leaves behind.
  Status keep(ScaleMemory& memory, Instant at, const nlohmann::json& decision);
  /// Decisions in [from, to], oldest first; at most `most`, the newest ones.
  Result<std::vector<nlohmann::json>> decisions(Instant from, Instant to, std::size_t most);

 private:
  Store& store_;
  std::string prefix_;
};

}  // namespace drover::control
