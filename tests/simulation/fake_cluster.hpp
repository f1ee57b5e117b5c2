// A Kubernetes cluster of the imagination, for simulations: Jobs make pods, pods run and end, are drained, evicted and
// deleted as chance will have it, and calls fail before or after they took effect.
#pragma once

#include <list>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/rng.hpp"
#include "ports/cluster.hpp"

namespace drover::simulation {

using nlohmann::json;

/// What outlives the programs that speak to it.
class ClusterWorld {
 public:
  explicit ClusterWorld(Rng& rng) : rng_(rng) {}

  /// A moment of the cluster's own life.
  void step(Instant now);
  bool is_calm = false;  ///< nothing is evicted and no call fails any more
  bool is_away = false;  ///< nobody is let in; what runs, runs on
  bool is_deaf = false;  ///< who watches hears nothing, and does not know it
  std::map<std::string, json> jobs, pods;
  std::set<std::string> secrets;
  /// Attempts whose command ran to its end, by name; those that ended well.
  std::multiset<std::string> ended, succeeded;
  std::map<std::string, Duration> took;  ///< the commands of attempts that ended
  std::map<std::string, int> pods_made;  ///< by attempt; more than one where others were lost
  /// Attempts whose outputs have been read by a program to their end.
  std::set<std::string> handed_over;
  /// Of one job of Drover two pods ran at the same time.
  bool ran_twice = false;

  struct Watcher {
    std::string kind;
    kubernetes::WatchObserver observer;
  };
  std::list<Watcher> watchers;
  void tell(const std::string& kind, kubernetes::WatchEvent::Kind what, const json& object);
  bool fails(double odds) { return !is_calm && rng_.uniform() < odds; }
  bool refuses(double odds) { return is_away || fails(odds); }

 private:
  void control(json& job);
  bool live(json& pod);
  void end_main(json& pod, int code);
  std::map<std::string, json>::iterator remove_pod(std::map<std::string, json>::iterator pod);

  Rng& rng_;
  Instant now_{};
  int made_ = 0;
};

/// One program's connection to it.
class FakeCluster final : public kubernetes::Cluster {
 public:
  FakeCluster(ClusterWorld& world, Flows& flows) : world_(world), flows_(flows) {}

  Flow<Result<kubernetes::ApiResource>> discover(kubernetes::ObjectKind kind) override;
  Flow<Result<std::string>> server_version() override;
  Flow<Result<json>> get(kubernetes::ObjectName name) override;
  Flow<Result<std::vector<json>>> list(kubernetes::ObjectSelection selection) override;
  Flow<Status> watch(kubernetes::ObjectSelection selection, kubernetes::WatchObserver observer) override;
  Flow<Result<json>> apply(json object, kubernetes::ApplyOptions options) override;
  Flow<Result<json>> create(json object, kubernetes::Warnings* warnings = nullptr) override;
  Flow<Result<json>> patch(kubernetes::ObjectName name, kubernetes::PatchKind kind, json change,
                           std::string subresource) override;
  Flow<Result<bool>> remove(kubernetes::ObjectName name, kubernetes::DeleteOptions options) override;
  Flow<Status> logs(kubernetes::ObjectName pod, kubernetes::LogOptions options, BodySink& sink) override;
  Flow<Status> evict(kubernetes::ObjectName pod, std::optional<std::int64_t> grace_seconds) override;
  Instant now() const override { return flows_.now(); }

 private:
  ClusterWorld& world_;
  Flows& flows_;
};

}  // namespace drover::simulation
