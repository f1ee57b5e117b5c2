// validate, plan, apply, destroy, status: the handlers of what is provisioned.
#include "api/provisioning.hpp"

#include <utility>

#include "api/contents.hpp"
#include "codec/resource_json.hpp"
#include "control/apply/provisioner.hpp"

namespace drover::api {
namespace {

control::PlanWish wish_of(const Opened& opened, const json& body) {
  return {.estate = opened.loaded.estate.name.value,
          .cloud = opened.loaded.cloud,
          .graph = &opened.loaded.lowered.graph,
          .only = texts(body, "only"),
          .except = texts(body, "except"),
          .also = texts(body, "also"),
          .destroy = body.value("destroy", false)};
}

const char* event_name(control::ApplyEvent::What what) {
  using What = control::ApplyEvent::What;
  switch (what) {
    case What::started:
      return "started";
    case What::done:
      return "done";
    case What::failed:
      return "failed";
    case What::skipped:
      return "skipped";
    case What::tick:
      return "tick";
  }
  return "";
}

json to_json(const control::ApplyEvent& event) {
  json out = {{"at_us", event.at.time_since_epoch().count()}};
  if (!event.key.empty()) out["key"] = event.key;
  if (!event.action.empty()) out["action"] = event.action;
  if (event.took > Duration{0}) out["took_s"] = to_seconds(event.took);
  if (event.expected > Duration{0}) out["expected_s"] = to_seconds(event.expected);
  if (event.what == control::ApplyEvent::What::failed || event.what == control::ApplyEvent::What::skipped)
    out["error"] = codec::to_json(event.error);
  return out;
}

json to_json(const control::ApplyReport& report) {
  json out = {{"done", report.done},       {"skipped", report.skipped}, {"took_s", to_seconds(report.took)},
              {"stopped", report.stopped}, {"ok", report.ok()},         {"failed", json::array()}};
  for (const auto& [key, error] : report.failed) {
    json entry = codec::to_json(error);
    entry["key"] = key;
    out["failed"].push_back(std::move(entry));
  }
  return out;
}

std::vector<Error> refusals_of(const planning::Plan& plan) {
  std::vector<Error> errors;
  for (const auto& refusal : plan.refusals)
    errors.push_back(
        {.code = Code::precondition, .message = refusal.key + ": " + refusal.reason, .hint = refusal.hint});
  for (const auto& contents : plan.contents)
    for (const auto& refusal : contents.refusals)
      errors.push_back(
          {.code = Code::precondition,
           .message = contents.cluster + ": " + planning::format_manifest(refusal.name) + ": " + refusal.reason,
           .hint = refusal.hint,
           .where = refusal.where});
  return errors;
}

const char* presence_name(Presence presence) {
  switch (presence) {
    case Presence::absent:
      return "absent";
    case Presence::settled:
      return "ready";
    case Presence::busy:
      return "busy";
    case Presence::failed:
      return "failed";
    case Presence::soft_deleted:
      return "soft-deleted";
  }
  return "";
}

json to_json(const control::ResourceStatus& row) {
  json out = codec::to_json(row.resource);
  out["state"] = presence_name(row.seen.presence);
  out["service_state"] = row.seen.state;
  out["origin"] = row.is_known ? (row.origin == planning::Origin::created ? "created" : "adopted") : "unknown";
  out["outputs"] = row.seen.outputs;
  out["usd_per_hour"] = row.seen.presence == Presence::absent ? 0.0 : planning::hourly_cost(row.seen.spec).dollars();
  out["observed"] = json::object();
  if (row.seen.presence != Presence::absent)
    for (const auto& [field, value] : describe(row.seen.spec)) out["observed"][field] = value;
  out["drift"] = json::array();
  for (const auto& change : row.drift)
    out["drift"].push_back({{"field", change.field}, {"wanted", change.after}, {"is", change.before}});
  return out;
}

}  // namespace

http::Response validate(const Exchange& exchange) {
  auto loaded = load(exchange.body);
  if (!loaded) return refuse(loaded.error());
  if (const auto contents = ClusterContents::read(exchange, *loaded, false); !contents) return refuse(contents.error());
  return answer({{"estate", loaded->estate.name.value},
                 {"resources", loaded->lowered.graph.size()},
                 {"notes", loaded->lowered.notes}});
}

http::Response plan(const Exchange& exchange) {
  auto loaded = load(exchange.body);
  if (!loaded) return refuse(loaded.error());
  auto contents = ClusterContents::read(exchange, *loaded, true);
  if (!contents) return refuse(contents.error());
  auto opened = open(exchange, std::move(*loaded));
  if (!opened) return refuse(opened.error());
  control::Provisioner provisioner(*opened->connection.cloud, opened->journal);
  auto made = provisioner.plan(wish_of(*opened, exchange.body));
  if (!made) return refuse(std::move(made.error()));
  if (auto planned = contents->plan(exchange, *opened, *made); !planned) return refuse(std::move(planned.error()));
  made->notes = opened->loaded.lowered.notes;
  // Only a plan that is kept needs to know later what it was made from; for 10,000 resources that is half its size.
  if (!exchange.body.value("keep", true)) made->fingerprints.clear();
  return answer(codec::to_json(*made));
}

http::Response apply(const Exchange& exchange) {
  auto loaded = load(exchange.body);
  if (!loaded) return refuse(loaded.error());
  const auto claim =
      exchange.backend.claim((exchange.body.value("destroy", false) ? "a destroy of estate " : "an apply of estate ") +
                             loaded->estate.name.value);
  if (!claim) return refuse(Error(claim.error()));
  auto contents = ClusterContents::read(exchange, *loaded, true);
  if (!contents) return refuse(contents.error());
  auto opened = open(exchange, std::move(*loaded));
  if (!opened) return refuse(opened.error());
  control::Provisioner provisioner(*opened->connection.cloud, opened->journal);
  planning::Plan plan;
  if (const auto saved = exchange.body.find("plan"); saved != exchange.body.end()) {
    auto read = codec::plan_from_json(*saved);
    if (!read) return refuse(std::move(read.error()));
    if (read->cloud != opened->loaded.cloud || read->estate != opened->loaded.estate.name.value)
      return refuse(Error{
          .code = Code::conflict,
          .message = "the plan is for estate " + read->estate + " on the " + read->cloud + " cloud, not for this one",
          .hint = "plan again"});
    if (auto unmoved = contents->check_unmoved(*read); !unmoved) return refuse(std::move(unmoved.error()));
    if (auto unmoved = provisioner.check_unmoved(*read); !unmoved) return refuse(std::move(unmoved.error()));
    plan = std::move(*read);
  } else {
    auto made = provisioner.plan(wish_of(*opened, exchange.body));
    if (!made) return refuse(std::move(made.error()));
    plan = std::move(*made);
    if (auto planned = contents->plan(exchange, *opened, plan); !planned) return refuse(std::move(planned.error()));
    plan.notes = opened->loaded.lowered.notes;
  }
  if (plan.is_refused()) return refuse(refusals_of(plan));
  control::ApplyOptions options{.tick = exchange.sink ? opened->connection.tick : Duration{0}};
  options.stop_asked = [&] { return exchange.backend.stop_asked(); };
  if (exchange.sink) {
    const auto read = std::exchange(plan.fingerprints, {});  // checked by now; the reader of events has no use for them
    send_event(*exchange.sink, "plan", codec::to_json(plan));
    options.observer = [&](const control::ApplyEvent& event) {
      send_event(*exchange.sink, event_name(event.what), to_json(event));
    };
  }
  auto report = provisioner.apply(plan, options);
  if (!report) return refuse(std::move(report.error()));
  contents->apply(exchange, *opened, plan, *report);
  const json body = to_json(*report);
  if (exchange.sink) send_event(*exchange.sink, "end", body);
  return answer(body);
}

http::Response status(const Exchange& exchange) {
  auto opened = open(exchange);
  if (!opened) return refuse(opened.error());
  control::Provisioner provisioner(*opened->connection.cloud, opened->journal);
  auto rows = provisioner.status(opened->loaded.lowered.graph);
  if (!rows) return refuse(std::move(rows.error()));
  json list = json::array(), unmanaged = json::array();
  for (const auto& row : rows->resources) list.push_back(to_json(row));
  for (const auto& one : rows->unmanaged) unmanaged.push_back(codec::to_json(one));
  return answer({{"estate", opened->loaded.estate.name.value},
                 {"cloud", opened->loaded.cloud},
                 {"at", format_iso(opened->connection.cloud->now())},
                 {"clock", clock_words(opened->connection)},
                 {"resources", list},
                 {"unmanaged", unmanaged}});
}

http::Response history(const Exchange& exchange) {
  auto lines = control::Journal::history(exchange.backend.log());
  if (!lines) return refuse(std::move(lines.error()));
  json list = json::array();
  for (const auto& line : *lines)
    list.push_back({{"sequence", line.sequence}, {"at", format_iso(line.at)}, {"text", line.text}});
  return answer({{"history", list}});
}

}  // namespace drover::api
