// One pool that is run live, turn by turn: looks at load, nodes and pending pods, decides, keeps the decision with all
// that it was made from, and carries it out when it is to act. Level-triggered: a turn needs nothing from the one
// before that is not in the cluster, the cloud or the store, so a kill between any two calls costs no more than time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/scale/drain.hpp"
#include "control/scale/job_queue.hpp"
#include "control/scale/pool_queue.hpp"
#include "control/scale/scale_book.hpp"
#include "control/scale/turn.hpp"
#include "ports/load_meter.hpp"
#include "scaling/live.hpp"

namespace drover::control {

struct KeeperWish {
  std::string name;  ///< of the scaler
  scaling::LivePool pool = {};
  Kind kind = NodePool::kind;
  Duration lead = {};  ///< as the estate says, until boots have told; 0: the catalog's
  Duration drain_longest = std::chrono::minutes{15};
  bool acts = false;          ///< else it only says what it would do
  bool reads_queue = true;    ///< pending pods and Drover's jobs count
  bool consolidates = false;  ///< without a load: a node whose pods fit on the others goes
  Duration wait = {};         ///< no more than 5 of 100 pods and jobs should wait longer; 0: nothing is kept free
  QueueTerms queue = {};
  std::vector<PoolTarget> job_targets = {};  ///< whose jobs end up on its nodes
};

struct KeeperParts {
  PoolLever& lever;
  LoadMeter* meter = nullptr;  ///< none: no load is read
  ClusterLink link = {};
  ScaleBook book;
  /// Jobs of Drover's own queue that are about to come; null: there is none.
  std::function<Result<JobsAhead>()> jobs = nullptr;
};

class PoolKeeper {
 public:
  PoolKeeper(KeeperParts parts, KeeperWish wish) : parts_(std::move(parts)), wish_(std::move(wish)) {}

  /// Errors: what the cloud and the store say; a load or a cluster that cannot be read is a note in the turn, and then
  /// nothing is taken away.
  Result<Turn> turn(Instant now, bool dry_run);

 private:
  struct Seen;
  bool note_boots(Seen& seen) const;
  void read_load(Seen& seen);
  static void note_no_loads(Seen& seen, LoadSamples& samples);
  void begin_portfolio(const Seen& seen, Instant from);
  void judge(Seen& seen);
  Status carry_out(Seen& seen);
  Status grow(Seen& seen, int nodes);
  Status shrink(Seen& seen, int nodes);
  Status empty_nodes(Seen& seen);

  // keeper_demand.cpp
  void note_stock(Seen& seen, bool has_new_nodes) const;
  bool ask_quota(Seen& seen) const;
  void read_jobs(Seen& seen);
  void look_at_demand(Seen& seen, bool is_first);
  void consolidate(Seen& seen, Queue& queue);
  static void note_drain(Seen& seen, const DrainTurn& step);
  scaling::ArbiterInput input_of(const Seen& seen) const;

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

}  // namespace drover::control
