#include "localcloud/ml/nodes.hpp"

#include <algorithm>
#include <array>

namespace drover::localcloud::ml {
namespace {

/// A node that was taken back is still counted as such for so long.
constexpr Duration preempted_shown = std::chrono::minutes(1);

constexpr std::array<std::pair<NodeState, const char*>, 6> names = {{{NodeState::allocating, "allocating"},
                                                                     {NodeState::preparing, "preparing"},
                                                                     {NodeState::idle, "idle"},
                                                                     {NodeState::running, "running"},
                                                                     {NodeState::leaving, "leaving"},
                                                                     {NodeState::preempted, "preempted"}}};

NodeState parse_node_state(const std::string& text) {
  for (const auto& [state, name] : names)
    if (text == name) return state;
  return NodeState::idle;
}

void make_idle(Node& node, Instant now) {
  node.state = NodeState::idle;
  node.until = instant_max;
  node.idle_since = now;
  node.run.clear();
}

void leave(Node& node, Instant now, const Chance& chance) {
  node.state = NodeState::leaving;
  node.until = now + chance.draw(Step::release);
}

/// Those that are to stay: neither going nor gone.
long long staying(const Pool& pool) {
  return std::ranges::count_if(pool.nodes, [](const Node& node) {
    return node.state != NodeState::leaving && node.state != NodeState::preempted;
  });
}

void note_allocation(Pool& pool, Instant now) {
  const bool resizing = count_of(pool, NodeState::allocating) + count_of(pool, NodeState::leaving) > 0;
  if (resizing != pool.resizing) pool.moved = now;
  pool.resizing = resizing;
}

}  // namespace

const char* node_state_name(NodeState state) {
  for (const auto& [candidate, name] : names)
    if (candidate == state) return name;
  return "";
}

long long count_of(const Pool& pool, NodeState state) { return std::ranges::count(pool.nodes, state, &Node::state); }

long long present_count(const Pool& pool) {
  return std::ssize(pool.nodes) - count_of(pool, NodeState::allocating) - count_of(pool, NodeState::preempted);
}

long long target_count(const Pool& pool) { return staying(pool); }

std::set<std::string> advance_nodes(Pool& pool, const Bounds& bounds, Instant now, const Chance& chance) {
  std::set<std::string> bereft;
  for (auto& node : pool.nodes) {
    if (node.state == NodeState::allocating && node.until <= now) {
      node.state = NodeState::preparing;
      node.until = now + chance.draw(Step::prepare);
      const Duration wanted = bounds.low_priority ? chance.until_wanted() : Duration::max();
      if (wanted != Duration::max()) node.taken_back = now + wanted;
    } else if (node.state == NodeState::preparing && node.until <= now) {
      make_idle(node, now);
    }
    const bool is_there = node.state == NodeState::idle || node.state == NodeState::running;
    if (is_there && node.taken_back <= now) {
      if (!node.run.empty()) bereft.insert(node.run);
      node.run.clear();
      node.state = NodeState::preempted;
      node.until = now + preempted_shown;
    }
  }
  std::erase_if(pool.nodes, [&](const Node& node) {
    return (node.state == NodeState::leaving || node.state == NodeState::preempted) && node.until <= now;
  });
  for (const auto& run : bereft) free_nodes(pool, run, now);
  note_allocation(pool, now);
  return bereft;
}

void resize(Pool& pool, const Bounds& bounds, long long wanted, Instant now, const Chance& chance) {
  const long long busy = count_of(pool, NodeState::running);
  const long long needed = std::clamp(busy + wanted, bounds.least, std::max(bounds.least, bounds.most));
  for (long long have = staying(pool); have < needed; ++have)
    pool.nodes.push_back({.id = chance.id(), .until = now + chance.draw(Step::allocate)});
  pool.needed = needed;
  const long long most = std::max(bounds.least, bounds.most);
  for (auto node = pool.nodes.begin(); node != pool.nodes.end();)
    node = node->state == NodeState::allocating && staying(pool) > most ? pool.nodes.erase(node) : node + 1;
  for (auto& node : pool.nodes) {
    const bool is_over = staying(pool) > most || (staying(pool) > needed && node.idle_since + bounds.idle <= now);
    if (node.state == NodeState::idle && is_over) leave(node, now, chance);
  }
  note_allocation(pool, now);
}

std::optional<std::vector<std::string>> hold_nodes(Pool& pool, long long count, const std::string& run) {
  if (count_of(pool, NodeState::idle) < count) return std::nullopt;
  std::vector<std::string> held;
  for (auto& node : pool.nodes) {
    if (node.state != NodeState::idle || std::ssize(held) == count) continue;
    node.state = NodeState::running;
    node.run = run;
    held.push_back(node.id);
  }
  return held;
}

void free_nodes(Pool& pool, const std::string& run, Instant now) {
  for (auto& node : pool.nodes)
    if (node.state == NodeState::running && node.run == run) make_idle(node, now);
}

Instant next_change(const Pool& pool, const Bounds& bounds) {
  Instant next = instant_max;
  for (const auto& node : pool.nodes) {
    next = std::min(next, node.until);
    if (node.state == NodeState::idle || node.state == NodeState::running) next = std::min(next, node.taken_back);
    if (node.state == NodeState::idle && staying(pool) > pool.needed)
      next = std::min(next, node.idle_since + bounds.idle);
  }
  return next;
}

std::string encode_pool(const Pool& pool) {
  Json record = {{"moved", pool.moved.time_since_epoch().count()}, {"resizing", pool.resizing}};
  record["nodes"] = Json::array();
  for (const auto& node : pool.nodes)
    record["nodes"].push_back({{"id", node.id},
                               {"state", node_state_name(node.state)},
                               {"until", node.until.time_since_epoch().count()},
                               {"idle", node.idle_since.time_since_epoch().count()},
                               {"back", node.taken_back.time_since_epoch().count()},
                               {"run", node.run},
                               {"images", node.images}});
  return dump(record);
}

Pool decode_pool(std::string_view text) {
  Pool pool;
  const auto record = parse_body(text);
  if (!record) return pool;
  const auto instant = [](const Json& from, const char* name) {
    return Instant(Duration(number_at(from, {name}).value_or(0)));
  };
  pool.moved = instant(*record, "moved");
  pool.resizing = true_at(*record, {"resizing"});
  const Json* nodes = member(*record, "nodes");
  for (std::size_t i = 0; nodes != nullptr && i < nodes->size(); ++i) {
    const Json& from = (*nodes)[i];
    Node node{.id = text_at(from, {"id"}),
              .state = parse_node_state(text_at(from, {"state"})),
              .until = instant(from, "until"),
              .idle_since = instant(from, "idle"),
              .taken_back = instant(from, "back"),
              .run = text_at(from, {"run"})};
    if (const Json* images = member(from, "images"))
      for (const auto& image : *images) node.images.insert(image.get<std::string>());
    pool.nodes.push_back(std::move(node));
  }
  return pool;
}

}  // namespace drover::localcloud::ml
