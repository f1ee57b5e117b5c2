// Pools that the portfolio and the arbiter run: one turn, turns again and again, a person's word, and what was decided
// when.
#pragma once

#include "api/exchange.hpp"
#include "control/scale/keeper_wish.hpp"

namespace drover::api {

/// A live scaler of an estate that was opened, with all that its keeper stands on. `opened` must outlive it.
class LiveScaler {
 public:
  /// Errors: invalid_input for a load that cannot be read as it is said.
  static Result<std::unique_ptr<LiveScaler>> open(const Exchange& exchange, Opened& opened, const std::string& name,
                                                  const Resource& resource);

  /// The answer of scale. With `waits` a change that was begun is waited for, and how it ended told.
  Result<json> turn(bool dry_run, bool waits);
  Duration step() const { return wish_.pool.step; }

 private:
  LiveScaler(const Exchange& exchange, Opened& opened, std::string name)
      : exchange_(exchange), opened_(opened), name_(std::move(name)) {}
  Status find_load(const estate::Scaler& scaler);
  Status wait_for_change(json& out);

  const Exchange& exchange_;
  Opened& opened_;
  std::string name_;
  control::KeeperWish wish_;
  std::unique_ptr<LoadMeter> meter_;
  ClusterConnection cluster_;
  std::unique_ptr<control::PoolLever> lever_;
  std::unique_ptr<control::PoolKeeper> keeper_;
};

/// {"estate", "scaler", "nodes"} pins, {"pause": true} pauses, {"release": true} takes either back. "for_s": until
/// when; "reason", "by".
http::Response set_scale_hand(const Exchange& exchange);
/// {"estate", "scaler", "at", "count"} -> {"decisions"}: those up to then, newest last.
http::Response explain_scale(const Exchange& exchange);

}  // namespace drover::api
