// Resources and what each needs, as a graph: order, cycles, and who waits for whom.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "model/resource.hpp"

namespace drover {

/// A directed acyclic graph; node i is resources()[i]. Edges go from a resource to those that it needs.
class ResourceGraph {
 public:
  ResourceGraph() = default;

  /// Errors: invalid_input for a duplicate key, a need that is not in the graph, or a cycle (which is spelled out).
  static Result<ResourceGraph> make(std::vector<Resource> resources);

  const std::vector<Resource>& resources() const { return resources_; }
  std::size_t size() const { return resources_.size(); }
  const std::vector<std::uint32_t>& needs(std::size_t index) const { return needs_[index]; }
  const std::vector<std::uint32_t>& needed_by(std::size_t index) const { return needed_by_[index]; }
  /// Every resource after all that it needs.
  const std::vector<std::uint32_t>& order() const { return order_; }
  /// Null when there is none of that key; `key` in any letters.
  const Resource* find(std::string_view key) const;
  const Resource* find(Kind kind, std::string_view name) const { return find(resource_key(kind, name)); }
  /// Null when there is none of that ARM id, in any letters. Looks at every resource.
  const Resource* find_by_arm_id(std::string_view arm_id) const;
  std::optional<std::uint32_t> index_of(std::string_view key) const;

 private:
  std::vector<Resource> resources_;
  std::vector<std::vector<std::uint32_t>> needs_, needed_by_;
  std::vector<std::uint32_t> order_;
  std::unordered_map<std::string, std::uint32_t> by_key_;
};

}  // namespace drover
