// What the clusters of an estate are to hold, within the routes that plan, apply and destroy: read before anything is
// called, planned after the resources, applied once they are there.
#pragma once

#include "api/exchange.hpp"
#include "control/apply/executor.hpp"
#include "control/contents/contents.hpp"

namespace drover::api {

class ClusterContents {
 public:
  /// Reads manifests and, `with_secrets`, passwords, of all clusters that want something, or were given something
  /// earlier. Errors: all that is wrong, each with its place; nothing has been called then.
  static std::expected<ClusterContents, std::vector<Error>> read(const Exchange& exchange, const Loaded& loaded,
                                                                 bool with_secrets);

  /// conflict when something else is wanted of a cluster than when `plan` was made.
  Status check_unmoved(const planning::Plan& plan) const;
  /// Adds to `plan` what would become of them. Errors: invalid_input (with the place), and what a cluster refuses
  /// outright; one that does not answer is none.
  Status plan(const Exchange& exchange, Opened& opened, planning::Plan& plan);
  /// Does what `plan` says of them, and adds to the report; `plan`'s resources have been seen to.
  void apply(const Exchange& exchange, Opened& opened, const planning::Plan& plan, control::ApplyReport& report);

 private:
  struct Wish {
    const Resource* cluster;
    control::ContentsWish contents;
  };
  explicit ClusterContents(const Exchange& exchange) : only_(texts(exchange.body, "only")) {}
  bool is_asked(const Resource& cluster) const;
  void apply_one(const Exchange& exchange, Opened& opened, const Wish& wish, const planning::ContentsPlan& shown,
                 control::ApplyReport& report);

  std::vector<std::string> only_;
  std::vector<Wish> wishes_;
};

}  // namespace drover::api
