#include "control/scale/scale_book.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "codec/scale_json.hpp"

namespace drover::control {
namespace {

using nlohmann::json;

json to_json(const ScaleMemory& memory) {
  json boots = json::array(), ready = json::array();
  const std::size_t skipped = memory.boots.size() - std::min(memory.boots.size(), boots_max);
  for (std::size_t i = skipped; i < memory.boots.size(); ++i) boots.push_back(codec::to_json(memory.boots[i]));
  for (const auto& run : memory.ready) {
    json entry = json::array();
    entry.push_back(format_iso(run.from));
    entry.push_back(format_iso(run.to));
    entry.push_back(run.nodes);
    ready.push_back(std::move(entry));
  }
  json out = {{"arbiter", codec::to_json(memory.arbiter)},
              {"boots", boots},
              {"nodes", memory.nodes},
              {"ready", ready},
              {"decided", codec::to_json(memory.decided)},
              {"rests_until", codec::to_json(memory.rests_until)}};
  if (memory.stock.refusals > 0)
    out["stock"] = {{"refusals", memory.stock.refusals},
                    {"since", format_iso(memory.stock.since)},
                    {"until", format_iso(memory.stock.until)},
                    {"reason", memory.stock.reason}};
  if (memory.quota.nodes)
    out["quota"] = {{"at", format_iso(memory.quota.at)}, {"nodes", *memory.quota.nodes}, {"words", memory.quota.words}};
  if (memory.waits.has_begun) out["waits"] = {{"free", memory.waits.free}, {"told", memory.waits.told}};
  return out;
}

/// What came later than the rest: older memories have none of it.
void read_more(const json& from, ScaleMemory& memory) {
  memory.rests_until = codec::read_instant(from, "rests_until");
  if (from.contains("stock")) {
    const json& stock = from["stock"];
    memory.stock = {.refusals = stock.at("refusals"),
                    .since = codec::read_instant(stock, "since").value_or(Instant{}),
                    .until = codec::read_instant(stock, "until").value_or(Instant{}),
                    .reason = stock.at("reason")};
  }
  if (from.contains("quota")) {
    const json& quota = from["quota"];
    memory.quota = {.at = codec::read_instant(quota, "at").value_or(Instant{}),
                    .nodes = quota.at("nodes").get<int>(),
                    .words = quota.at("words")};
  }
  if (from.contains("waits"))
    memory.waits = {.free = from["waits"].at("free"), .told = from["waits"].at("told"), .has_begun = true};
}

Result<ScaleMemory> parse_memory(const std::string& text) {
  const json from = parse_json(text);
  ScaleMemory memory{.decided = from.is_object() ? codec::read_instant(from, "decided") : std::nullopt};
  try {
    DROVER_TRY(arbiter, codec::read_arbiter_memory(from.at("arbiter")));
    memory.arbiter = std::move(arbiter);
    for (const auto& entry : from.at("boots")) {
      DROVER_TRY(boot, codec::read_boot(entry));
      memory.boots.push_back(boot);
    }
    memory.nodes = from.at("nodes").get<std::set<std::string>>();
    for (const auto& run : from.at("ready"))
      memory.ready.push_back({parse_iso(run.at(0).get<std::string>()).value_or(Instant{}),
                              parse_iso(run.at(1).get<std::string>()).value_or(Instant{}), run.at(2)});
    read_more(from, memory);
  } catch (const json::exception& error) {
    return fail(Code::corrupt, std::string("what was remembered of a pool does not read: ") + error.what());
  }
  return memory;
}

}  // namespace

std::optional<int> ScaleMemory::ready_at(Instant step) const {
  for (auto run = ready.rbegin(); run != ready.rend() && step < run->to; ++run)
    if (step >= run->from) return run->nodes;
  return std::nullopt;
}

void ScaleMemory::note_ready(Instant step, Duration length, int count) {
  if (!ready.empty() && step < ready.back().to) return;  // that step is counted already
  if (!ready.empty() && ready.back().to == step && ready.back().nodes == count)
    ready.back().to = step + length;
  else
    ready.push_back({step, step + length, count});
}

Result<std::optional<ScaleHand>> ScaleBook::hand() {
  DROVER_TRY(text, store_.get(prefix_ + "hand"));
  if (!text) return std::optional<ScaleHand>{};
  const json from = parse_json(*text);
  if (!from.is_object()) return fail(Code::corrupt, prefix_ + "hand in the store does not read");
  ScaleHand hand{.until = codec::read_instant(from, "until"),
                 .reason = from.value("reason", ""),
                 .by = from.value("by", ""),
                 .since = codec::read_instant(from, "since").value_or(Instant{})};
  if (from.contains("pinned")) hand.pinned = from["pinned"].get<int>();
  return std::optional(std::move(hand));
}

Status ScaleBook::set_hand(const std::optional<ScaleHand>& hand) {
  if (!hand) return store_.commit({{prefix_ + "hand", std::nullopt}});
  json out = {{"reason", hand->reason},
              {"by", hand->by},
              {"since", format_iso(hand->since)},
              {"until", codec::to_json(hand->until)}};
  if (hand->pinned) out["pinned"] = *hand->pinned;
  return store_.commit({{prefix_ + "hand", out.dump()}});
}

Result<ScaleMemory> ScaleBook::memory() {
  DROVER_TRY(text, store_.get(prefix_ + "memory"));
  return text ? parse_memory(*text) : ScaleMemory{};
}

Status ScaleBook::keep(ScaleMemory& memory, Instant at, const json& decision) {
  using std::chrono::hours;
  const bool new_hour = !memory.decided || std::chrono::floor<hours>(*memory.decided) != std::chrono::floor<hours>(at);
  memory.decided = at;
  std::erase_if(memory.ready, [&](const ReadyRun& run) { return run.to + ready_kept < at; });
  std::vector<StoreWrite> writes = {{prefix_ + "memory", to_json(memory).dump()},
                                    {prefix_ + "decision/" + format_iso(at), decision.dump()},
                                    {last_turn_prefix + name_, decision.dump()}};
  if (new_hour) {
    DROVER_TRY(kept, store_.scan(prefix_ + "decision/"));
    const std::string oldest = prefix_ + "decision/" + format_iso(at - decisions_kept);
    for (const auto& [key, text] : kept)
      if (key < oldest) writes.push_back({key, std::nullopt});
  }
  return store_.commit(writes);
}

Result<std::vector<json>> ScaleBook::recent(Instant at) {
  constexpr std::size_t hour_length = 13;  // 2026-11-22T10
  std::vector<json> found;
  for (const Instant hour : {at - std::chrono::hours{1}, at}) {
    DROVER_TRY(kept, store_.scan(prefix_ + "decision/" + format_iso(hour).substr(0, hour_length)));
    for (const auto& [key, text] : kept) found.push_back(parse_json(text));
  }
  return found;
}

Result<std::vector<json>> ScaleBook::decisions(Instant from, Instant to, std::size_t most) {
  DROVER_TRY(kept, store_.scan(prefix_ + "decision/"));
  std::vector<json> found;
  const std::size_t begin = (prefix_ + "decision/").size();
  for (const auto& [key, text] : kept) {
    const auto at = parse_iso(key.substr(begin));
    if (!at || *at < from || *at > to) continue;
    found.push_back(parse_json(text));
  }
  if (found.size() > most) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(most));
  return found;
}

}  // namespace drover::control
