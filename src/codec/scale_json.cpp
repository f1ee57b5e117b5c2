#include "codec/scale_json.hpp"

#include <nlohmann/json.hpp>

namespace drover::codec {

using nlohmann::json;

json to_json(const std::optional<Instant>& instant) { return instant ? json(format_iso(*instant)) : json(); }

std::optional<Instant> read_instant(const json& from, const char* key) {
  const auto found = from.find(key);
  if (found == from.end() || !found->is_string()) return std::nullopt;
  return parse_iso(found->get<std::string>());
}

namespace {

/// A number of seconds, or null.
json seconds(const std::optional<Duration>& duration) { return duration ? json(to_seconds(*duration)) : json(); }

template <class T>
void put(json& into, const char* key, const std::optional<T>& value) {
  if (value) into[key] = *value;
}

json terms_json(const scaling::ArbiterTerms& terms) {
  json out = {{"floor", terms.floor},
              {"ceiling", terms.ceiling},
              {"zero_allowed", terms.zero_allowed},
              {"shrink_after_growth_s", to_seconds(terms.shrink_after_growth)},
              {"metrics_age_max_s", seconds(terms.metrics_age_max)}};
  put(out, "ceiling_raised", terms.ceiling_raised);
  put(out, "quota", terms.quota);
  if (!terms.quota_words.empty()) out["quota_words"] = terms.quota_words;
  if (!terms.stock_out.empty()) out["stock_out"] = terms.stock_out;
  if (terms.clock_offset != Duration{0}) out["clock_offset_s"] = seconds(terms.clock_offset);
  json budgets = json::array();
  for (const auto& budget : terms.budgets) {
    json one = json::object();
    put(one, "nodes", budget.nodes);
    put(one, "percent", budget.percent);
    if (budget.opens) {
      one["at"] = budget.opens->text;
      one["for_s"] = to_seconds(budget.open_for);
    }
    budgets.push_back(std::move(one));
  }
  out["budgets"] = std::move(budgets);
  return out;
}

}  // namespace

json to_json(const scaling::Wish& wish) {
  json out = {{"source", scaling::wish_source_name(wish.source)}, {"reason", wish.reason}};
  put(out, "at_least", wish.at_least);
  put(out, "at_most", wish.at_most);
  put(out, "keep", wish.keep);
  if (wish.ends) out["ends"] = format_iso(*wish.ends);
  return out;
}

json to_json(const scaling::ArbiterMemory& memory) {
  json wanted = json::array();
  for (const auto& [at, nodes] : memory.wanted) {
    json pair = json::array();
    pair.push_back(format_iso(at));
    pair.push_back(nodes);
    wanted.push_back(std::move(pair));
  }
  return {
      {"last_growth", to_json(memory.last_growth)}, {"last_shrink", to_json(memory.last_shrink)}, {"wanted", wanted}};
}

json to_json(const scaling::Arbitration& decision) {
  json wishes = json::array(), bounds = json::array();
  for (const auto& wish : decision.input.wishes) wishes.push_back(to_json(wish));
  for (const auto bound : decision.bounds) bounds.push_back(scaling::bound_name(bound));
  json out = {{"from", decision.from},
              {"to", decision.to},
              {"wanted", decision.wanted},
              {"ceiling", decision.ceiling},
              {"sentence", decision.sentence},
              {"bounds", bounds},
              {"wishes", wishes},
              {"terms", terms_json(decision.input.terms)},
              {"leaving", decision.input.leaving},
              {"metrics_at", to_json(decision.input.metrics_at)},
              {"memory", to_json(decision.input.memory)}};
  if (decision.winner) out["winner"] = to_json(*decision.winner);
  if (decision.alert) out["alert"] = *decision.alert;
  return out;
}

json to_json(const scaling::Boot& boot) {
  json out = {{"requested", format_iso(boot.requested)}};
  if (boot.ready) out["ready"] = format_iso(*boot.ready);
  if (boot.failed) out["failed"] = format_iso(*boot.failed);
  if (boot.out_of_stock) out["out_of_stock"] = true;
  return out;
}

Result<scaling::ArbiterMemory> read_arbiter_memory(const json& from) {
  scaling::ArbiterMemory memory{.last_growth = read_instant(from, "last_growth"),
                                .last_shrink = read_instant(from, "last_shrink")};
  try {
    for (const auto& pair : from.at("wanted"))
      if (const auto at = parse_iso(pair.at(0).get<std::string>())) memory.wanted.emplace_back(*at, pair.at(1));
  } catch (const json::exception& error) {
    return fail(Code::corrupt, std::string("what was remembered of a pool does not read: ") + error.what());
  }
  return memory;
}

Result<scaling::Boot> read_boot(const json& from) {
  const auto requested = read_instant(from, "requested");
  if (!requested) return fail(Code::corrupt, "a boot without a time");
  return scaling::Boot{.requested = *requested,
                       .ready = read_instant(from, "ready"),
                       .failed = read_instant(from, "failed"),
                       .out_of_stock = from.value("out_of_stock", false)};
}

}  // namespace drover::codec
