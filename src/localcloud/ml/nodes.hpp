// The nodes of an AmlCompute cluster: they come when jobs wait for them, and go when nothing has run on them for a
// while. Values and functions of values; who calls them keeps them.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "localcloud/json.hpp"
#include "localcloud/ml/durations.hpp"

namespace drover::localcloud::ml {

enum class NodeState : std::uint8_t { allocating, preparing, idle, running, leaving, preempted };

struct Node {
  std::string id;
  NodeState state = NodeState::allocating;
  Instant until = instant_max;       ///< end of a passing state
  Instant idle_since{};              ///< with `idle`
  Instant taken_back = instant_max;  ///< a low-priority one: when the region wants it back
  std::string run;                   ///< uid of the job that it is held for, with `running`
  std::set<std::string> images;      ///< that it has got
};

struct Pool {
  std::vector<Node> nodes;
  Instant moved{};  ///< when its allocation last became steady or stopped being so
  bool resizing = false;
  long long needed = 0;  ///< how many resize() saw reason for
};

/// What its owner asked for.
struct Bounds {
  long long least = 0;
  long long most = 1;
  Duration idle{0};  ///< after which a node that nobody needs goes
  bool low_priority = false;
};

/// How chance comes in.
struct Chance {
  std::function<Duration(Step)> draw;
  std::function<std::string()> id;         ///< of a new node
  std::function<Duration()> until_wanted;  ///< until a low-priority node is taken back; Duration::max(): never
};

/// Ends the passing states that are due at `now`. Returns the uids of jobs whose nodes were taken back; all their nodes
/// are free again.
std::set<std::string> advance_nodes(Pool& pool, const Bounds& bounds, Instant now, const Chance& chance);
/// Lets nodes come and go, so that `wanted` more than those that run are there, within the bounds.
void resize(Pool& pool, const Bounds& bounds, long long wanted, Instant now, const Chance& chance);
/// Holds `count` idle nodes for a job; nothing when there are not so many.
std::optional<std::vector<std::string>> hold_nodes(Pool& pool, long long count, const std::string& run);
/// The job's nodes are idle again.
void free_nodes(Pool& pool, const std::string& run, Instant now);

long long count_of(const Pool& pool, NodeState state);
/// Nodes that are there: all but those only asked for or taken back.
long long present_count(const Pool& pool);
/// The number of nodes that it is going to.
long long target_count(const Pool& pool);
/// When the next of them changes by time alone.
Instant next_change(const Pool& pool, const Bounds& bounds);
/// "idle" and so on, as listNodes says it.
const char* node_state_name(NodeState state);

std::string encode_pool(const Pool& pool);
Pool decode_pool(std::string_view text);

}  // namespace drover::localcloud::ml
