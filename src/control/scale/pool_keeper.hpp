// One pool that is run live, turn by turn: looks at load, nodes and pending pods, decides, keeps the decision with all
// that it was made from, and carries it out when it is to act. Level-triggered: a turn needs nothing from the one
// before that is not in the cluster, the cloud or the store, so a kill between any two calls costs no more than time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/scale/drain.hpp"
#include "control/scale/scale_book.hpp"
#include "ports/load_meter.hpp"
#include "scaling/live.hpp"
#include "scaling/trial.hpp"

namespace drover::control {

/// Another pool of the same cluster that a pending pod could go to as well.
struct PoolNeighbour {
  std::string name;
  std::string selector;
  std::string vm_size;
  int nodes_max = 0;
};

struct KeeperWish {
  std::string name;  ///< of the scaler
  scaling::LivePool pool = {};
  Kind kind = Kind::node_pool;
  Duration lead = {};  ///< as the estate says, until boots have told; 0: the catalog's
  Duration drain_longest = std::chrono::minutes{15};
  bool acts = false;        ///< else it only says what it would do
  bool reads_queue = true;  ///< pending pods count
  std::string vm_size = {};
  std::vector<PoolNeighbour> neighbours = {};
};

struct KeeperParts {
  PoolLever& lever;
  LoadMeter* meter = nullptr;  ///< none: no load is read
  ClusterLink link = {};
  ScaleBook book;
};

struct Turn {
  Instant at = {};
  scaling::Arbitration decision;
  int asked = 0;  ///< of the cloud, before
  std::optional<int> ready = {};
  int leaving = 0;
  std::optional<double> load = {};  ///< of the last step that was measured
  scaling::LeadTime lead;
  Duration lead_used = {};
  bool lead_told = false;  ///< by the estate, not learned
  std::optional<scaling::NodeWish> forecast = {};
  std::optional<double> share_allowed = {};  ///< of steps, that the followed candidate may have missed
  std::optional<scaling::Trial> trial = {};
  bool acts = false;                     ///< it may change something
  std::string observes_because;          ///< why it may not; "" when it may
  std::vector<std::string> done = {};    ///< what was begun or done: "asked for 5 nodes"
  std::vector<std::string> notes = {};   ///< what was not seen, or stands in the way
  std::vector<std::string> alerts = {};  ///< for those on call
};

class PoolKeeper {
 public:
  PoolKeeper(KeeperParts parts, KeeperWish wish) : parts_(std::move(parts)), wish_(std::move(wish)) {}

  /// Errors: what the cloud and the store say; a load or a cluster that cannot be read is a note in the turn, and then
  /// nothing is taken away.
  Result<Turn> turn(Instant now, bool dry_run);

 private:
  struct Seen;
  void note_boots(Seen& seen) const;
  void read_load(Seen& seen);
  void begin_portfolio(const Seen& seen, Instant from);
  std::optional<scaling::Wish> queue_wish(Seen& seen) const;
  scaling::ArbiterInput input_of(Seen& seen);
  void judge(Seen& seen);
  Status carry_out(Seen& seen);
  Status grow(Seen& seen, int nodes);
  Status shrink(Seen& seen, int nodes);
  Status empty_nodes(Seen& seen);

  KeeperParts parts_;
  KeeperWish wish_;
  std::unique_ptr<scaling::Portfolio> portfolio_;
  Duration lead_used_{};
  Instant next_step_{};              ///< the first that the portfolio has not been told
  std::vector<double> load_;         ///< what it was told, the newest last
  std::optional<Instant> measured_;  ///< the end of the last step that was measured
  std::optional<scaling::Trial> trial_;
  std::string no_trial_;  ///< why there is none
  std::optional<Instant> tried_;
};

/// The audit's record of a turn.
nlohmann::json to_json(const Turn& turn);

}  // namespace drover::control
