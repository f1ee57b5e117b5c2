// What is remembered of a pool that is run live: a person's pin or pause, what the last decision leaves for the next,
// the boots that it has seen, and every decision with what it was made from.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "ports/store.hpp"
#include "scaling/arbiter.hpp"
#include "scaling/lead_time.hpp"
#include "scaling/stock_out.hpp"

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

/// Nodes that the subscription's quotas leave room for, these included, as they were asked last.
struct QuotaRoom {
  Instant at = {};
  std::optional<int> nodes = {};  ///< nullopt: none bounds it
  std::string words = {};         ///< which one: "standardDSv3Family in eastus: 92 of 100 cores are in use"
};

/// How long those that come to a pool wait, learned by telling a headroom of each once.
struct WaitMemory {
  double free = 0;                  ///< to be kept free: GPUs, or CPUs where nodes have none
  std::set<std::string> told = {};  ///< pods and jobs of which the headroom has been told, as long as they are there
  bool has_begun = false;           ///< what was there at first is left out
};

struct ScaleMemory {
  scaling::ArbiterMemory arbiter = {};
  std::vector<scaling::Boot> boots = {};  ///< the newest last
  std::set<std::string> nodes = {};       ///< that were there when it was looked last
  std::vector<ReadyRun> ready = {};       ///< while it was acting; the newest last
  std::optional<Instant> decided = {};    ///< when the last decision was made
  scaling::StockOut stock = {};
  QuotaRoom quota = {};
  WaitMemory waits = {};
  /// A node that was to be emptied for the others was not: no other is tried until then.
  std::optional<Instant> rests_until = {};

  /// Nullopt for steps in which it did not act, or nobody looked.
  std::optional<int> ready_at(Instant step) const;
  void note_ready(Instant step, Duration length, int count);
};

/// Ready counts are kept for so long: as far back as missed steps count against the portfolio.
inline constexpr Duration ready_kept = std::chrono::hours{14 * 24};
/// Decisions that are older are forgotten, at the turn of an hour.
inline constexpr Duration decisions_kept = std::chrono::hours{7 * 24};
inline constexpr std::size_t boots_max = 200;

/// Below it, by name of the scaler: the last turn of every pool, so that all of them are found at once.
inline constexpr const char* last_turn_prefix = "scaled/";

class ScaleBook {
 public:
  /// `name`: of the scaler, "cluster/pool", in any letters: records are kept by the lower-case one.
  ScaleBook(Store& store, std::string name) : store_(store), name_(to_lower(name)), prefix_("scale/" + name_ + "/") {}
  /// Of another scaler in the same store.
  ScaleBook beside(const std::string& name) const { return {store_, name}; }

  Result<std::optional<ScaleHand>> hand();
  Status set_hand(const std::optional<ScaleHand>& hand);
  Result<ScaleMemory> memory();
  /// Both or neither: what was decided, and what it leaves behind.
  Status keep(ScaleMemory& memory, Instant at, const nlohmann::json& decision);
  /// Decisions in [from, to], oldest first; at most `most`, the newest ones.
  Result<std::vector<nlohmann::json>> decisions(Instant from, Instant to, std::size_t most);
  /// The decisions of that hour and the one before, oldest first.
  Result<std::vector<nlohmann::json>> recent(Instant at);

 private:
  Store& store_;
  std::string name_, prefix_;
};

}  // namespace drover::control
