#include "codec/contents_json.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "model/resource.hpp"

namespace drover::codec {
namespace {

using nlohmann::json;
using planning::ContentAction;
using planning::ContentKind;

constexpr std::array kinds = {ContentKind::add, ContentKind::adopt, ContentKind::change, ContentKind::prune,
                              ContentKind::forget};

ContentKind read_kind(const std::string& name, const json& from) {
  for (const auto kind : kinds)
    if (name == planning::content_name(kind)) return kind;
  throw json::other_error::create(501, "unknown action " + name, &from);
}

planning::ManifestName read_name(const json& from) {
  const auto name = planning::parse_manifest(from.at("object").get_ref<const std::string&>());
  if (!name) throw json::other_error::create(501, "not the name of an object", &from);
  return *name;
}

}  // namespace

json to_json(const planning::ContentsPlan& plan) {
  json out = {{"cluster", plan.cluster},   {"name", plan.name},           {"later", plan.later},
              {"digest", plan.digest},     {"unchanged", plan.unchanged}, {"actions", json::array()},
              {"refusals", json::array()}, {"warnings", json::array()}};
  for (const auto& action : plan.actions) {
    json entry = {{"action", planning::content_name(action.kind)}, {"object", planning::format_manifest(action.name)}};
    if (!action.fields.empty()) entry["fields"] = action.fields;
    if (!action.reason.empty()) entry["reason"] = action.reason;
    out["actions"].push_back(std::move(entry));
  }
  for (const auto& refusal : plan.refusals) {
    json entry = {
        {"object", planning::format_manifest(refusal.name)}, {"reason", refusal.reason}, {"hint", refusal.hint}};
    if (refusal.where)
      entry["where"] = {{"file", *refusal.where.file}, {"line", refusal.where.line}, {"column", refusal.where.column}};
    out["refusals"].push_back(std::move(entry));
  }
  for (const auto& warning : plan.warnings)
    out["warnings"].push_back({{"object", planning::format_manifest(warning.name)}, {"text", warning.text}});
  return out;
}

planning::ContentsPlan read_contents(const json& from) {
  planning::ContentsPlan plan{.cluster = canonical_key(from.at("cluster").get_ref<const std::string&>()),
                              .name = from.value("name", ""),
                              .later = from.at("later"),
                              .digest = from.at("digest"),
                              .unchanged = from.at("unchanged")};
  for (const auto& entry : from.at("actions"))
    plan.actions.push_back({.kind = read_kind(entry.at("action"), entry),
                            .name = read_name(entry),
                            .fields = entry.value("fields", std::vector<std::string>{}),
                            .reason = entry.value("reason", "")});
  for (const auto& entry : from.at("refusals")) {
    planning::ContentRefusal refusal{read_name(entry), entry.at("reason"), entry.at("hint")};
    if (const auto where = entry.find("where"); where != entry.end())
      refusal.where = {std::make_shared<const std::string>(where->value("file", "")), where->value("line", 0u),
                       where->value("column", 0u)};
    plan.refusals.push_back(std::move(refusal));
  }
  // A plan that an earlier Drover wrote has none.
  if (const auto warnings = from.find("warnings"); warnings != from.end())
    for (const auto& entry : *warnings) plan.warnings.push_back({read_name(entry), entry.at("text")});
  return plan;
}

}  // namespace drover::codec
