// Brings one cluster to hold what its estate wants, and nothing of what it wanted before: looks, decides with
// planning/, applies, prunes. A kill at any moment loses nothing and forgets nothing: the inventory names all that may
// be there before it is applied, and forgets only what is gone.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control/contents/inventory.hpp"
#include "control/contents/looks.hpp"
#include "model/manifest.hpp"
#include "planning/contents.hpp"
#include "ports/cluster.hpp"

namespace drover::control {

struct ContentsWish {
  std::string estate;
  std::string cluster;              ///< key of the resource
  std::string name;                 ///< of the cluster, as the estate spells it
  std::vector<Manifest> manifests;  ///< they may hold secrets
  bool force = false;               ///< take over fields that other managers own
};

struct ContentsReport {
  std::size_t done = 0;
  std::vector<std::pair<std::string, Error>> failed;  ///< by "Deployment.apps train/web"
  std::vector<std::string> skipped;
};

struct ContentsOptions {
  /// Called after each object; the error is null for what went well.
  std::function<void(const planning::ContentAction&, const Error*)> observer;
  /// Called before that for what the plan did not say, since the cluster could not be asked then.
  std::function<void(const planning::ContentWarning&)> warned = nullptr;
  std::function<bool()> stop_asked;
  /// A cluster that has just been made may not answer yet: it is asked again for so long.
  Duration patience{};
};

/// The plan of a cluster that cannot be asked: all that is wanted; `later` says why. Errors: invalid_input when one
/// object is wanted twice, with the places of both.
Result<planning::ContentsPlan> plan_unseen(const ContentsWish& wish, std::string later);

class Contents {
 public:
  /// All waiting happens in `flows`. Both must outlive it.
  Contents(kubernetes::Cluster& cluster, Flows& flows, ContentsWish wish);

  /// Errors: invalid_input (one object twice, a kind that the cluster does not have: with the place), and whatever
  /// keeps the cluster from being asked.
  Result<planning::ContentsPlan> plan();
  /// Looks again and does what is to be done, if that is what `shown` says. What the cluster does not take is in the
  /// report, and then nothing is pruned. Errors: conflict when things have moved since `shown`; precondition when the
  /// plan has refusals; those of plan().
  Result<ContentsReport> apply(const planning::ContentsPlan& shown, const ContentsOptions& options);

 private:
  struct Look;
  Result<Look> look();
  Result<Look> look_patiently(const ContentsOptions& options);
  Status check(const planning::ContentsPlan& shown, const planning::ContentsPlan& now) const;
  void carry_out(const Look& look, const ContentsOptions& options, ContentsReport& report);
  Status put(const Manifest& manifest, const planning::ManifestName& name);
  Status take(const planning::ManifestName& name, const std::set<planning::ManifestName>& known);
  Status release(const planning::ManifestName& name);
  Status await_gone(const planning::ManifestName& name);
  Status await_established(const planning::ManifestName& name);
  void await_account(const std::string& space);

  kubernetes::Cluster& cluster_;
  Flows& flows_;
  ContentsWish wish_;
  Coming coming_;
  Inventory inventory_;
  std::string digest_;  ///< of what is wanted, before it is marked as this estate's
};

}  // namespace drover::control
