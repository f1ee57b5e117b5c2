// What has become of a job: the record beside its ARM resource, from which the next step follows. Written before
// anything is done in its name, so that a kill finds it again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "localcloud/json.hpp"

namespace drover::localcloud::ml {

enum class RunState : std::uint8_t {
  starting,    ///< taken in
  preparing,   ///< its environment is looked for, or its image built
  queued,      ///< waits for nodes
  pulling,     ///< has its nodes, which get its image; the service still says Queued
  running,     ///< its processes run, or (attached) its pods are there
  stopping,    ///< they are told to end: a cancel, a time limit, or one of them failed
  finalizing,  ///< what it made is put away
  completed,
  failed,
  canceled,
};

bool is_over(RunState state);
/// True while it has processes or pods.
bool is_live(RunState state);

struct Run {
  std::string key;      ///< of its ARM resource
  std::string uid;      ///< a GUID: of its processes and folder
  std::string compute;  ///< key of its compute
  long long order = 0;  ///< of submission, in its world
  long long instances = 1;
  long long processes = 1;  ///< on each instance
  std::string asked;        ///< what of its request cannot change any more, as JSON

  RunState state = RunState::starting;
  RunState verdict = RunState::completed;  ///< what it becomes after finalizing
  int attempt = 1;                         ///< raised when its nodes are taken back, or its processes lost
  int losses = 0;                          ///< how often its processes were lost
  bool cancel_asked = false;
  std::vector<std::string> nodes;   ///< ids, by rank
  std::map<long long, int> exits;   ///< exit codes by rank, of this attempt
  std::string error_code, message;  ///< why it ended so; "" when it ended well
  std::string note;                 ///< what it waits for

  Instant until = instant_max;                      ///< world time when its passing state ends by itself
  Instant created{}, queued{}, started{}, ended{};  ///< world time; epoch: not yet
  // In the time of its processes, which is not the world's:
  Instant began{};        ///< its processes
  Instant told_to_end{};  ///< they had their SIGTERM; epoch: not
  bool was_killed = false;

  long long ranks() const { return instances * processes; }
  std::string name() const { return key.substr(key.rfind('/') + 1); }
  /// Key of its workspace.
  std::string workspace() const { return key.substr(0, key.rfind("/jobs/")); }
};

/// The service's word for the state it is in.
const char* status_of(const Run& run);

/// "job.UID.ATTEMPT.RANK": a name that never comes twice, so that a process from before a kill is known again and none
/// is started a second time.
std::string process_name(const Run& run, long long rank);

std::string encode_run(const Run& run);
/// nullopt when the text is none.
std::optional<Run> decode_run(std::string key, std::string_view text);

}  // namespace drover::localcloud::ml
