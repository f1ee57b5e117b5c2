#include "control/scale/turn.hpp"

#include <nlohmann/json.hpp>

#include "codec/scale_json.hpp"

namespace drover::control {

nlohmann::json to_json(const Turn& turn) {
  using nlohmann::json;
  json out = {{"at", format_iso(turn.at)},
              {"decision", codec::to_json(turn.decision)},
              {"asked", turn.asked},
              {"leaving", turn.leaving},
              {"lead_s", to_seconds(turn.lead_used)},
              {"lead_words", turn.lead.words},
              {"acts", turn.acts},
              {"observes_because", turn.observes_because},
              {"done", turn.done},
              {"notes", turn.notes},
              {"alerts", turn.alerts}};
  if (turn.ready) out["ready"] = *turn.ready;
  if (turn.load) out["load"] = *turn.load;
  if (turn.lead_told) out["lead_words"] = "a boot is told to take " + format_duration(turn.lead_used);
  if (turn.forecast)
    out["forecast"] = {{"up_to", turn.forecast->up_to},
                       {"down_to", turn.forecast->down_to},
                       {"policy", scaling::candidate_words(turn.forecast->chosen)},
                       {"share_allowed", turn.share_allowed.value_or(0)}};
  if (const auto& trial = turn.trial) {
    const auto side = [](const scaling::TrialSide& one) {
      return json{{"node_hours", one.node_hours},
                  {"violation_percent", 100 * one.violation_share},
                  {"scale_ups", one.scale_ups}};
    };
    out["trial"] = {
        {"span_s", to_seconds(trial->span)}, {"portfolio", side(trial->ours)}, {"reactive", side(trial->reactive)},
        {"as_it_is", side(trial->as_it_is)}, {"won", trial->is_won},           {"words", trial->words}};
  }
  return out;
}

}  // namespace drover::control
