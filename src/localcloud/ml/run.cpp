#include "localcloud/ml/run.hpp"

#include <array>

namespace drover::localcloud::ml {
namespace {

struct StateName {
  RunState state;
  const char* kept;    ///< in records
  const char* status;  ///< in answers
};
constexpr std::array states = {
    StateName{RunState::starting, "starting", "Starting"},
    StateName{RunState::preparing, "preparing", "Preparing"},
    StateName{RunState::queued, "queued", "Queued"},
    StateName{RunState::pulling, "pulling", "Queued"},
    StateName{RunState::running, "running", "Running"},
    StateName{RunState::stopping, "stopping", "Finalizing"},
    StateName{RunState::finalizing, "finalizing", "Finalizing"},
    StateName{RunState::completed, "completed", "Completed"},
    StateName{RunState::failed, "failed", "Failed"},
    StateName{RunState::canceled, "canceled", "Canceled"},
};

const StateName& line_of(RunState state) {
  for (const auto& line : states)
    if (line.state == state) return line;
  return states.front();
}

RunState parse_state(const std::string& kept) {
  for (const auto& line : states)
    if (kept == line.kept) return line.state;
  return RunState::failed;
}

std::int64_t count(Instant instant) { return instant.time_since_epoch().count(); }
Instant instant_at(const Json& record, std::string_view name, Instant otherwise = {}) {
  const auto value = number_at(record, {name});
  return value ? Instant(Duration(*value)) : otherwise;
}

}  // namespace

const char* status_of(const Run& run) {
  const bool ends_by_cancel = run.state == RunState::finalizing || run.state == RunState::stopping;
  if (ends_by_cancel) return run.verdict == RunState::canceled ? "CancelRequested" : "Finalizing";
  return line_of(run.state).status;
}

bool is_over(RunState state) {
  return state == RunState::completed || state == RunState::failed || state == RunState::canceled;
}

bool is_live(RunState state) { return state == RunState::running || state == RunState::stopping; }

std::string process_name(const Run& run, long long rank) {
  return "job." + run.uid + "." + std::to_string(run.attempt) + "." + std::to_string(rank);
}

std::string encode_run(const Run& run) {
  Json record = {{"uid", run.uid},
                 {"compute", run.compute},
                 {"order", run.order},
                 {"instances", run.instances},
                 {"processes", run.processes},
                 {"asked", run.asked},
                 {"state", line_of(run.state).kept},
                 {"verdict", line_of(run.verdict).kept},
                 {"attempt", run.attempt},
                 {"losses", run.losses},
                 {"cancel", run.cancel_asked},
                 {"nodes", run.nodes},
                 {"error", run.error_code},
                 {"message", run.message},
                 {"note", run.note},
                 {"killed", run.was_killed}};
  record["exits"] = Json::array();
  for (const auto& [rank, code] : run.exits) record["exits"].push_back({rank, code});
  for (const auto& [name, value] :
       {std::pair("until", run.until), std::pair("created", run.created), std::pair("queued", run.queued),
        std::pair("started", run.started), std::pair("ended", run.ended), std::pair("began", run.began),
        std::pair("told", run.told_to_end)})
    record[name] = count(value);
  return dump(record);
}

std::optional<Run> decode_run(std::string key, std::string_view text) {
  const auto record = parse_body(text);
  if (!record || text_at(*record, {"uid"}).empty()) return std::nullopt;
  Run run{.key = std::move(key),
          .uid = text_at(*record, {"uid"}),
          .compute = text_at(*record, {"compute"}),
          .order = number_at(*record, {"order"}).value_or(0),
          .instances = number_at(*record, {"instances"}).value_or(1),
          .processes = number_at(*record, {"processes"}).value_or(1),
          .asked = text_at(*record, {"asked"}),
          .state = parse_state(text_at(*record, {"state"})),
          .verdict = parse_state(text_at(*record, {"verdict"})),
          .attempt = static_cast<int>(number_at(*record, {"attempt"}).value_or(1)),
          .losses = static_cast<int>(number_at(*record, {"losses"}).value_or(0)),
          .cancel_asked = true_at(*record, {"cancel"})};
  if (const Json* nodes = member(*record, "nodes"); nodes != nullptr && nodes->is_array())
    for (const auto& node : *nodes)
      if (node.is_string()) run.nodes.push_back(node.get<std::string>());
  if (const Json* exits = member(*record, "exits"); exits != nullptr && exits->is_array())
    for (const auto& exit : *exits)
      if (exit.is_array() && exit.size() == 2 && exit[0].is_number() && exit[1].is_number())
        run.exits[exit[0].get<long long>()] = exit[1].get<int>();
  run.error_code = text_at(*record, {"error"});
  run.message = text_at(*record, {"message"});
  run.note = text_at(*record, {"note"});
  run.was_killed = true_at(*record, {"killed"});
  run.until = instant_at(*record, "until", instant_max);
  run.created = instant_at(*record, "created");
  run.queued = instant_at(*record, "queued");
  run.started = instant_at(*record, "started");
  run.ended = instant_at(*record, "ended");
  run.began = instant_at(*record, "began");
  run.told_to_end = instant_at(*record, "told");
  return run;
}

}  // namespace drover::localcloud::ml
