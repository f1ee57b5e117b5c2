#include "app/local_world.hpp"

#include <cstdio>

#include "app/signals.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "drivers/system/clocks.hpp"

namespace drover::app {
namespace {

constexpr std::string_view clock_key = "clock";

/// Shows a clock's time, and waits for nothing.
class StillClock final : public Clock {
 public:
  explicit StillClock(const Clock& inner) : inner_(inner) {}
  Instant now() const override { return inner_.now(); }
  void sleep_until(Instant) override {}

 private:
  const Clock& inner_;
};

/// Slower than that nobody sees it move, and what waits for it does not end.
constexpr double speed_min = 0.01, speed_max = 1e6;

/// World time at a moment of real time, and how fast it went on from there.
struct Anchor {
  Instant world, real;
  double speed = 60;  ///< a minute a second: a cluster comes up in four seconds, and one still sees it happen
  bool instant = false;
};

std::string encode(const Anchor& anchor) {
  return std::to_string(anchor.world.time_since_epoch().count()) + " " +
         std::to_string(anchor.real.time_since_epoch().count()) + " " +
         (anchor.instant ? "instant" : std::to_string(anchor.speed));
}

Result<Anchor> decode(const std::string& text) {
  long long world = 0;
  long long real = 0;
  char speed[32] = {};
  if (std::sscanf(text.c_str(), "%lld %lld %31s", &world, &real, speed) != 3)
    return fail(Code::corrupt, "the local world's clock does not read",
                "restore the state folder, or delete localcloud.db to begin a new world");
  Anchor anchor{Instant(Duration(world)), Instant(Duration(real))};
  anchor.instant = std::string_view(speed) == "instant";
  if (!anchor.instant) anchor.speed = parse_real(speed).value_or(anchor.speed);
  return anchor;
}

}  // namespace

LocalWorld::~LocalWorld() {
  if (clock_) (void)save_clock();  // lost only if the disk is full: the world then ages a little less
}

Status LocalWorld::save_clock() {
  const Anchor anchor{clock_->now(), system::SystemClock().now(), kept_speed_, kept_instant_};
  return database_->store().commit({{std::string(clock_key), encode(anchor)}});
}

Status LocalWorld::open(const std::string& folder, const std::string& speed, server::Errands* errands) {
  DROVER_TRY(database, sqlite::Database::open(folder + "/localcloud.db", sqlite::Durability::kill));
  database_ = std::move(database);
  const Instant real = system::SystemClock().now();
  Anchor anchor{real, real};
  DROVER_TRY(saved, database_->store().get(clock_key));
  if (saved) {
    DROVER_TRY(decoded, decode(*saved));
    anchor = decoded;
    const double factor = anchor.instant ? 1.0 : anchor.speed;
    const double gone_us = static_cast<double>(std::max<Duration>(real - anchor.real, Duration{0}).count());
    anchor.world += Duration(static_cast<std::int64_t>(gone_us * factor));
  }
  kept_speed_ = anchor.speed;
  kept_instant_ = anchor.instant;
  if (speed == "instant" || speed == "zero") {
    anchor.instant = true;
    if (speed == "zero") physics_ = {.duration_scale = 0, .call_latency = Duration{0}};
  } else if (!speed.empty()) {
    const auto factor = parse_real(speed);
    if (!factor || *factor < speed_min || *factor > speed_max)
      return fail(Code::invalid_input,
                  "--speed " + printable(speed) + " is neither a factor from 0.01 to 1000000 nor instant nor zero",
                  "such as --speed 60");
    anchor.speed = *factor;
    anchor.instant = false;
  }
  instant_ = anchor.instant;
  speed_ = anchor.speed;
  DROVER_TRY(world, localcloud::open_world(database_->store(), 20261121, physics_));
  world_ = std::move(world);
  anchor.world = std::max(anchor.world, localcloud::world_time(*world_));
  if (instant_)
    clock_ = std::make_unique<SimClock>(anchor.world);
  else
    clock_ = std::make_unique<system::ScaledClock>(anchor.world, speed_);
  if (errands != nullptr) {
    const auto real_at = [this, errands, inner = clock_.get()](Instant instant) {
      const double left_us = static_cast<double>((instant - inner->now()).count()) / speed_;
      return instant_ ? errands->now() : errands->now() + Duration(static_cast<std::int64_t>(std::ceil(left_us)));
    };
    clock_ = std::make_unique<server::YieldingClock>(std::move(clock_), *errands, real_at,
                                                     [] { return stop_requested.load(); });
  }
  still_clock_ = std::make_unique<StillClock>(*clock_);
  return save_clock();
}

namespace {

/// Whoever asks in this process. Clusters live in real time, however fast the world ages, and their time never goes
/// back: so the first call that touches one must say what time it is, or their objects lie in every client's future.
localcloud::Peer peer_here() {
  localcloud::Peer peer;
  peer.wall = system::SystemClock().now();
  return peer;
}

}  // namespace

std::unique_ptr<HttpTransport> LocalWorld::connect_without_waiting() {
  return std::make_unique<localcloud::LocalCloudTransport>(*world_, *still_clock_, peer_here);
}

std::unique_ptr<HttpTransport> LocalWorld::connect() {
  return std::make_unique<localcloud::LocalCloudTransport>(*world_, *clock_, peer_here);
}

std::unique_ptr<HttpTransport> LocalWorld::connect_cluster(const std::string& arm_id) {
  return std::make_unique<localcloud::LocalCloudTransport>(*world_, *clock_, [cluster = to_lower(arm_id)] {
    localcloud::Peer peer = peer_here();
    peer.cluster = cluster;
    return peer;
  });
}

}  // namespace drover::app
