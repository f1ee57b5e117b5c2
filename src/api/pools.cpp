#include "api/pools.hpp"

#include "api/live_scaling.hpp"
#include "api/scaling.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "codec/scale_json.hpp"
#include "control/scale/scale_book.hpp"

namespace drover::api {
namespace {

using control::ScaleBook;

/// Of decisions that changed something or said something else than the one before; the newest first.
constexpr std::size_t told_most = 20;

/// What a chart needs of a turn.
json point_of(const json& turn) {
  json point = {
      {"at", turn.value("at", "")}, {"asked", turn.value("asked", 0)}, {"to", turn["decision"].value("to", 0)}};
  for (const char* name : {"ready", "load"})
    if (turn.contains(name)) point[name] = turn[name];
  return point;
}

bool tells_more(const json& turn, const json& before) {
  const json& decision = turn["decision"];
  return decision["from"] != decision["to"] || !turn["done"].empty() || before.is_null() ||
         before["alerts"] != turn["alerts"] || before["decision"]["bounds"] != decision["bounds"] ||
         before["acts"] != turn["acts"];
}

/// The turns of the last hours: all as points, and those worth a sentence.
void add_past(json& pool, const std::vector<json>& turns) {
  pool["points"] = json::array();
  pool["decisions"] = json::array();
  json before;
  std::vector<json> told;
  for (const auto& turn : turns) {
    pool["points"].push_back(point_of(turn));
    if (tells_more(turn, before))
      told.push_back({{"at", turn.value("at", "")},
                      {"from", turn["decision"].value("from", 0)},
                      {"to", turn["decision"].value("to", 0)},
                      {"sentence", turn["decision"].value("sentence", "")},
                      {"done", turn["done"]},
                      {"acts", turn["acts"]}});
    before = turn;
  }
  const std::size_t skipped = told.size() - std::min(told.size(), told_most);
  for (std::size_t i = told.size(); i > skipped; --i) pool["decisions"].push_back(std::move(told[i - 1]));
}

Result<json> pool_json(Store& store, const std::string& name, const json& last) {
  ScaleBook book(store, name);
  DROVER_TRY(hand, book.hand());
  DROVER_TRY(turns, book.recent(parse_iso(last.value("at", "")).value_or(Instant{})));
  DROVER_TRY(watch, store.get(watch_prefix + to_lower(name)));
  const json& terms = last["decision"]["terms"];
  json pool = {{"scaler", last.value("scaler", name)},
               {"at", last["at"]},
               {"asked", last["asked"]},
               {"leaving", last.value("leaving", 0)},
               {"acts", last["acts"]},
               {"observes_because", last.value("observes_because", "")},
               {"floor", terms.value("floor", 0)},
               {"ceiling", last["decision"].value("ceiling", 0)},
               {"sentence", last["decision"].value("sentence", "")},
               {"to", last["decision"].value("to", 0)},
               {"wishes", last["decision"]["wishes"]},
               {"lead_words", last.value("lead_words", "")},
               {"notes", last["notes"]},
               {"alerts", last["alerts"]},
               {"is_kept", watch.has_value()}};
  for (const char* optional : {"ready", "load"})
    if (last.contains(optional)) pool[optional] = last[optional];
  if (last.contains("trial")) pool["trial"] = {{"won", last["trial"]["won"]}, {"words", last["trial"]["words"]}};
  // A word whose time is over is nobody's any more.
  if (hand && (!hand->until || *hand->until > parse_iso(last.value("at", "")).value_or(Instant{}))) {
    pool["hand"] = {{"reason", hand->reason}, {"by", hand->by}, {"until", codec::to_json(hand->until)}};
    if (hand->pinned) pool["hand"]["nodes"] = *hand->pinned;
  }
  add_past(pool, turns);
  return pool;
}

}  // namespace

http::Response list_pools(const Exchange& exchange) {
  auto& store = exchange.backend.store();
  const auto kept = store.scan(control::last_turn_prefix);
  if (!kept) return refuse(Error(kept.error()));
  json pools = json::array();
  for (const auto& [key, text] : *kept) {
    const json last = parse_json(text);
    if (!last.is_object() || !last.contains("decision")) continue;
    auto pool = pool_json(store, key.substr(std::string(control::last_turn_prefix).size()), last);
    if (!pool) return refuse(std::move(pool.error()));
    pools.push_back(std::move(*pool));
  }
  return answer({{"pools", pools}});
}

http::Response set_pool_hand(const Exchange& exchange) {
  const std::string name = exchange.body.value("scaler", "");
  auto watch = exchange.backend.store().get(watch_prefix + to_lower(name));
  if (!watch) return refuse(std::move(watch.error()));
  if (!*watch)
    return refuse(Error{.code = Code::precondition,
                        .message = "the server does not scale " + name + " by itself, so it knows no estate of it",
                        .hint = "drover scale pin and pause work beside the estate; drover scale watch --background "
                                "gives it to the server"});
  const json kept = parse_json(**watch);
  json body = exchange.body;
  body["estate"] = kept.value("estate", json::object());
  body["cloud"] = kept.value("cloud", "");
  if (body.value("by", "").empty()) body["by"] = "somebody at the page";
  return set_scale_hand({body, exchange.backend, exchange.sink});
}

}  // namespace drover::api
