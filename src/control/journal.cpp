#include "control/journal.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "codec/resource_json.hpp"

namespace drover::control {
namespace {

using nlohmann::json;
using planning::Holding;
using planning::Origin;

constexpr std::array verbs = {Verb::create, Verb::update, Verb::remove, Verb::adopt, Verb::forget, Verb::scale};

std::optional<Verb> parse_verb(const std::string& name) {
  for (const auto verb : verbs)
    if (name == verb_name(verb)) return verb;
  return std::nullopt;
}

std::optional<catalog::Verb> catalog_verb(Verb verb) {
  switch (verb) {
    case Verb::create:
      return catalog::Verb::create;
    case Verb::update:
      return catalog::Verb::update;
    case Verb::scale:
      return catalog::Verb::scale;
    case Verb::remove:
      return catalog::Verb::remove;
    case Verb::adopt:
    case Verb::forget:
      break;
  }
  return std::nullopt;
}

std::string encode(const Intent& intent, Instant now) {
  json entry = {{"intent", verb_name(intent.verb)},
                {"at", now.time_since_epoch().count()},
                {"resource", codec::to_json(intent.resource)}};
  if (!intent.detail.empty()) entry["detail"] = intent.detail;
  return entry.dump();
}

std::string encode(const IntentOutcome& outcome, Instant now) {
  json entry = {{"outcome", verb_name(outcome.verb)},
                {"at", now.time_since_epoch().count()},
                {"of", outcome.intent},
                {"key", outcome.key},
                {"ok", outcome.ok},
                {"took_us", outcome.took.count()}};
  if (!outcome.ok) entry["error"] = outcome.error;
  return entry.dump();
}

}  // namespace

const char* verb_name(Verb verb) {
  switch (verb) {
    case Verb::create:
      return "create";
    case Verb::update:
      return "update";
    case Verb::remove:
      return "remove";
    case Verb::adopt:
      return "adopt";
    case Verb::forget:
      return "forget";
    case Verb::scale:
      return "scale";
  }
  return "";
}

Result<Journal> Journal::open(Log& log) {
  Journal journal(log);
  DROVER_TRY(entries, log.read(0));
  for (const auto& entry : entries) DROVER_CHECK(journal.fold(entry));
  return journal;
}

void Journal::apply_intent(Verb verb, Resource resource) {
  const std::string key = resource.key;
  switch (verb) {
    case Verb::create:
      // Ours from now on: written only after a look that found nothing, so what comes to be is this.
      holdings_[key] = Holding{std::move(resource), Origin::created};
      break;
    case Verb::adopt:
      if (!holdings_.contains(key))
        holdings_[key] = Holding{.resource = std::move(resource), .origin = Origin::adopted, .is_made = true};
      break;
    case Verb::forget:
      holdings_.erase(key);
      break;
    case Verb::update:
      if (const auto it = holdings_.find(key); it != holdings_.end()) it->second.resource = std::move(resource);
      break;
    case Verb::remove:
    case Verb::scale:
      break;
  }
}

void Journal::apply_outcome(const IntentOutcome& outcome, Instant at) {
  if (!outcome.ok) return;  // a failed creation may have left something: it stays open, and is looked for
  remember_time(outcome);
  if (outcome.verb == Verb::create) deleted_.erase(outcome.key);
  if (outcome.verb == Verb::create)
    if (const auto it = holdings_.find(outcome.key); it != holdings_.end()) it->second.is_made = true;
  if (outcome.verb == Verb::remove && holdings_.erase(outcome.key) > 0) deleted_.insert(outcome.key);
  if (outcome.verb == Verb::scale) scaled_at_[outcome.key] = at;
}

void Journal::remember_time(const IntentOutcome& outcome) {
  const auto kind = parse_kind(std::string_view(outcome.key).substr(0, outcome.key.find('/')));
  const auto verb = catalog_verb(outcome.verb);
  // What came with something else took no time of its own, nor does anything in a world where nothing does.
  if (!kind || !verb || outcome.took <= Duration{0}) return;
  constexpr std::size_t kept_max = 9;  // enough for a median that one bad day does not move
  auto& times = took_[{*kind, *verb}];
  times.push_back(outcome.took);
  if (times.size() > kept_max) times.pop_front();
}

planning::MeasuredTimes Journal::measured() const {
  planning::MeasuredTimes medians;
  for (const auto& [what, times] : took_) {
    std::vector<Duration> sorted(times.begin(), times.end());
    std::ranges::sort(sorted);
    medians[what] = sorted[sorted.size() / 2];
  }
  return medians;
}

Status Journal::fold(const LogEntry& entry) {
  const auto corrupt = [&](const std::string& why) {
    return fail(Code::corrupt, "journal entry " + std::to_string(entry.sequence) + ": " + why,
                "the state folder is damaged: restore it from a backup");
  };
  const json value = parse_json(entry.bytes);
  if (!value.is_object()) return corrupt("not JSON");
  try {
    if (!value.at("at").is_number_integer()) return corrupt("its time is not a whole number");
    const Instant at(Duration(value.at("at").get<std::int64_t>()));
    if (const auto it = value.find("intent"); it != value.end()) {
      const auto verb = parse_verb(it->get<std::string>());
      if (!verb) return corrupt("unknown verb");
      auto resource = codec::resource_from_json(value.at("resource"));
      if (!resource) return corrupt(resource.error().message);
      apply_intent(*verb, std::move(*resource));
      return {};
    }
    const auto verb = parse_verb(value.at("outcome").get<std::string>());
    if (!verb) return corrupt("unknown verb");
    apply_outcome({.intent = value.at("of"),
                   .verb = *verb,
                   .key = canonical_key(value.at("key").get_ref<const std::string&>()),
                   .ok = value.at("ok"),
                   .error = "",
                   .took = Duration(value.value("took_us", std::int64_t{0}))},
                  at);
    return {};
  } catch (const json::exception& error) {
    return corrupt(error.what());
  }
}

Result<std::vector<std::uint64_t>> Journal::intend(const std::vector<Intent>& intents, Instant now) {
  std::vector<std::string> entries;
  entries.reserve(intents.size());
  for (const auto& intent : intents) entries.push_back(encode(intent, now));
  DROVER_TRY(last, log_->append(entries));
  std::vector<std::uint64_t> sequences;
  for (std::size_t i = 0; i < intents.size(); ++i) {
    sequences.push_back(last - intents.size() + 1 + i);
    apply_intent(intents[i].verb, intents[i].resource);
  }
  return sequences;
}

Status Journal::conclude(const std::vector<IntentOutcome>& outcomes, Instant now) {
  std::vector<std::string> entries;
  entries.reserve(outcomes.size());
  for (const auto& outcome : outcomes) entries.push_back(encode(outcome, now));
  DROVER_CHECK(log_->append(entries));
  for (const auto& outcome : outcomes) apply_outcome(outcome, now);
  return {};
}

namespace {

std::string text_of(const json& value) {
  if (const auto it = value.find("intent"); it != value.end())
    return "will " + it->get<std::string>() + " " + value.at("resource").value("key", "") + " " +
           value.value("detail", "");
  const bool ok = value.value("ok", false);
  return value.value("outcome", "") + " " + value.value("key", "") + (ok ? " done in " : " failed after ") +
         format_human(Duration(value.value("took_us", std::int64_t{0}))) + (ok ? "" : ": " + value.value("error", ""));
}

}  // namespace

Result<std::vector<JournalLine>> Journal::history(Log& log) {
  DROVER_TRY(entries, log.read(0));
  std::vector<JournalLine> lines;
  for (const auto& entry : entries) {
    const json value = parse_json(entry.bytes);
    if (!value.is_object()) continue;
    try {
      lines.push_back({entry.sequence, Instant(Duration(value.value("at", std::int64_t{0}))), text_of(value)});
    } catch (const json::exception& error) {
      return fail(Code::corrupt, "journal entry " + std::to_string(entry.sequence) + ": " + error.what(),
                  "the state folder is damaged: restore it from a backup");
    }
  }
  return lines;
}

}  // namespace drover::control
