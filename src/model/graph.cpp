#include "model/graph.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace drover {
namespace {

/// Follows needs from a node of a cycle until a node repeats: "a -> b -> a".
std::string spell_cycle(const std::vector<Resource>& resources, const std::vector<std::vector<std::uint32_t>>& needs,
                        const std::vector<std::uint32_t>& open, std::uint32_t start) {
  std::vector<std::uint32_t> path;
  for (std::uint32_t at = start; std::ranges::find(path, at) == path.end();) {
    path.push_back(at);
    at = *std::ranges::find_if(needs[at], [&](std::uint32_t n) { return open[n] != 0; });
    if (const auto seen = std::ranges::find(path, at); seen != path.end()) {
      path.erase(path.begin(), seen);
      break;
    }
  }
  std::string text;
  for (const auto index : path) text += resources[index].key + " -> ";
  return text + resources[path.front()].key;
}

}  // namespace

Result<ResourceGraph> ResourceGraph::make(std::vector<Resource> resources) {
  ResourceGraph graph;
  const std::size_t n = resources.size();
  graph.resources_ = std::move(resources);
  graph.needs_.resize(n);
  graph.needed_by_.resize(n);
  graph.by_key_.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    const Resource& resource = graph.resources_[i];
    if (!graph.by_key_.emplace(resource.key, i).second)
      return std::unexpected(
          Error{.code = Code::invalid_input, .message = resource.key + " is there twice", .where = resource.where});
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    for (const auto& need : graph.resources_[i].needs) {
      const auto it = graph.by_key_.find(need);
      if (it == graph.by_key_.end())
        return std::unexpected(
            Error{.code = Code::invalid_input,
                  .message = graph.resources_[i].key + " needs " + need + ", which is not in the estate",
                  .where = graph.resources_[i].where});
      graph.needs_[i].push_back(it->second);
      graph.needed_by_[it->second].push_back(i);
    }
  }
  std::vector<std::uint32_t> open(n);
  for (std::uint32_t i = 0; i < n; ++i) open[i] = static_cast<std::uint32_t>(graph.needs_[i].size());
  graph.order_.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i)
    if (open[i] == 0) graph.order_.push_back(i);
  for (std::size_t at = 0; at < graph.order_.size(); ++at)
    for (const auto next : graph.needed_by_[graph.order_[at]])
      if (--open[next] == 0) graph.order_.push_back(next);
  if (graph.order_.size() == n) return graph;
  const auto start =
      static_cast<std::uint32_t>(std::ranges::find_if(open, [](auto o) { return o != 0; }) - open.begin());
  return std::unexpected(
      Error{.code = Code::invalid_input,
            .message = "these need each other: " + spell_cycle(graph.resources_, graph.needs_, open, start),
            .where = graph.resources_[start].where});
}

const Resource* ResourceGraph::find(std::string_view key) const {
  const auto index = index_of(key);
  return index ? &resources_[*index] : nullptr;
}

const Resource* ResourceGraph::find_by_arm_id(std::string_view arm_id) const {
  const auto it =
      std::ranges::find_if(resources_, [&](const auto& one) { return equals_ignore_case(one.arm_id, arm_id); });
  return it == resources_.end() ? nullptr : &*it;
}

std::optional<std::uint32_t> ResourceGraph::index_of(std::string_view key) const {
  const auto it = by_key_.find(canonical_key(key));
  if (it == by_key_.end()) return std::nullopt;
  return it->second;
}

}  // namespace drover
