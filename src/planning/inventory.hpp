// What lies where: everything that a plan knows of, sorted by ARM id, so that all that a deletion would take along is
// found without a look at every resource.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/resource.hpp"

namespace drover::planning {

/// A resource that the estate or the past knows (`key`), or one that only a list showed (`member`).
struct Placed {
  std::string id;                  ///< ARM id in lower case
  std::string key;                 ///< "" for what only a list showed
  const Member* member = nullptr;  ///< null for what is known
};

class Inventory {
 public:
  void add(std::string_view arm_id, const std::string& key);
  /// `member` must outlive this. Of those with one id the first known one stays, or the first at all.
  void add(const Member& member);
  /// Once, after the last add and before the first question.
  void sort();

  /// The container itself, where it is known, and all that lies in it, at any depth.
  std::vector<const Placed*> in(std::string_view container) const;
  /// Whether it lies in something known that is no resource group: an online endpoint in a workspace, for instance.
  bool lies_in_known_resource(std::string_view arm_id) const;
  const std::vector<Placed>& all() const { return placed_; }

 private:
  bool is_known(std::string_view id) const;

  std::vector<Placed> placed_;
};

}  // namespace drover::planning
