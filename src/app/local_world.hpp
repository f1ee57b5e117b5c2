// The local cloud of one state folder: its world, and the clock by which the world ages, between commands too.
#pragma once

#include <memory>
#include <string>

#include "drivers/sqlite/database.hpp"
#include "localcloud/cloud.hpp"
#include "ports/clock.hpp"
#include "server/errands.hpp"

namespace drover::app {

class LocalWorld {
 public:
  ~LocalWorld();

  /// `speed` as typed: a factor above 0, "instant" (waiting takes no real time), "zero" (nor does anything take world
  /// time: for benchmarks), or "" for the folder's last one (60 at first: a minute a second).
  /// With errands, its clock lets others go on while one sleeps.
  Status open(const std::string& folder, const std::string& speed, server::Errands* errands = nullptr);
  Clock& clock() { return *clock_; }
  std::unique_ptr<HttpTransport> connect();
  /// To the Kubernetes API of one of its clusters, by ARM id.
  std::unique_ptr<HttpTransport> connect_cluster(const std::string& arm_id);
  /// One whose next() never waits, and so never lets others go on: for whoever looks again and again.
  std::unique_ptr<HttpTransport> connect_without_waiting();
  bool is_instant() const { return instant_; }
  /// Nothing takes time in it, so neither is there a number of calls a second to keep to.
  bool is_timeless() const { return physics_.duration_scale == 0; }
  double speed() const { return speed_; }
  localcloud::World& world() { return *world_; }
  void set_physics(localcloud::Physics physics) { physics_ = physics; }

 private:
  Status save_clock();

  std::unique_ptr<sqlite::Database> database_;
  std::shared_ptr<localcloud::World> world_;
  std::unique_ptr<Clock> clock_, still_clock_;
  localcloud::Physics physics_;
  double speed_ = 60;
  bool instant_ = false;
  /// How it goes on between commands: what one command was told holds for that command alone.
  double kept_speed_ = 60;
  bool kept_instant_ = false;
};

}  // namespace drover::app
