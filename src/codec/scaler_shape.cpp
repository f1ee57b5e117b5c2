#include "codec/scaler_shape.hpp"

namespace drover::codec {
namespace {

using namespace estate;

Shape<ScaleWindow> window_shape(const char* doc, bool may_be_percent) {
  Shape<ScaleWindow> shape(doc);
  shape.text("name", DROVER_MEMBER(name), "What people call it")
      .text("at", DROVER_MEMBER(at), "When it opens: cron, five fields, by timezone; always open if absent")
      .duration("for", DROVER_MEMBER(open_for), "How long it stays open")
      .whole("nodes", DROVER_MEMBER(nodes), "How many nodes", 0, nodes_max)
      .placed([](ScaleWindow& it, const SourceSpan& where) { it.where = where; });
  if (may_be_percent) shape.whole("percent", DROVER_MEMBER(percent), "Or so many of a hundred of the pool's", 0, 100);
  return shape;
}

Shape<ScaleEvent> event_shape() {
  Shape<ScaleEvent> shape("Nodes for something that is known beforehand");
  shape.text("name", DROVER_MEMBER(name), "What people call it")
      .instant("from", DROVER_MEMBER(from), "From when on they are to be ready")
      .instant("to", DROVER_MEMBER(to), "Until when")
      .whole("nodes", DROVER_MEMBER(nodes), "At least so many", 0, nodes_max)
      .placed([](ScaleEvent& it, const SourceSpan& where) { it.where = where; });
  return shape;
}

Shape<Scaler> load_shape() {
  Shape<Scaler> load("Where the load is read from");
  load.text("log", DROVER_MEMBER(log), "A log: blob://ACCOUNT/CONTAINER/NAME, or a file")
      .text("target", DROVER_MEMBER(target), "Column of the log: avg_completion_time, or what loads the nodes")
      .text("prometheus", DROVER_MEMBER(prometheus), "Address of a Prometheus: http://HOST:9090")
      .text("query", DROVER_MEMBER(query), "PromQL of one series: sum(rate(http_requests_total[1m]))")
      .text("username", DROVER_MEMBER(username), "Who asks that Prometheus, where it wants to know")
      .secret("password", DROVER_MEMBER(password), "The password: ${secret:name} or ${ENV}")
      .text("password_file", DROVER_MEMBER(password_file), "Or a file that only you can read (mode 0600)")
      .text("token_file", DROVER_MEMBER(token_file), "Or a bearer token in a file that only you can read (mode 0600)")
      .text("ca", DROVER_MEMBER(authority), "File of the certificates that its own is signed by (PEM)")
      .text("metric", DROVER_MEMBER(metric), "Name of a metric of Azure Monitor")
      .text("of", DROVER_MEMBER(of), "Whose metric: KIND/NAME of this estate (cluster/lab), or an ARM id")
      .text("aggregation", DROVER_MEMBER(aggregation), "How Azure Monitor sums up a minute",
            {"average", "count", "maximum", "minimum", "total"})
      .number("per_node", DROVER_MEMBER(per_node), "Load that one node carries as the SLO wants it", 1e-9, 1e15);
  return load;
}

/// Whether what waits counts; or that it does, and how long it should wait at most.
void read_queue(Scaler& into, const Node& node, const std::string& path, Reading& reading,
                const Shape<Scaler>& of_waits) {
  if (node.kind == Node::Kind::scalar) {
    if (const auto counts = reading.flag(node, path)) into.queue = {*counts, reading.span(node)};
  } else {
    of_waits.read(into, node, path, reading, reading.span(node));
  }
}

/// A share of minutes, or what is wanted of a target.
void read_slo(Scaler& into, const Node& node, const std::string& path, Reading& reading,
              const Shape<Scaler>& of_target) {
  if (node.kind == Node::Kind::scalar) {
    if (const auto share = reading.share(node, path)) into.kept = {*share, reading.span(node)};
  } else {
    of_target.read(into, node, path, reading, reading.span(node));
  }
}

}  // namespace

Shape<Scaler> scaler_shape() {
  Shape<Scaler> slo("What is wanted of the target");
  slo.duration("below", DROVER_MEMBER(below), "Wanted value of the target")
      .duration("band", DROVER_MEMBER(band), "How far off it may be before nodes change");
  const nlohmann::json share = {{"type", "string"}, {"pattern", "^[0-9.]+ ?%$"}};
  const nlohmann::json slo_schema = {{"oneOf", {share, slo.schema()}}};
  Shape<Scaler> waits("Pending pods and jobs ask for nodes, and some room is kept free for the next ones");
  waits.duration("wait", DROVER_MEMBER(wait), "As long as 95 of 100 of them may wait");
  const nlohmann::json flag = {{"type", "boolean"}};
  const nlohmann::json queue_schema = {{"oneOf", {flag, waits.schema()}}};
  Shape<Scaler> shape("Nodes of the pool CLUSTER/POOL, or of an Azure ML compute, scaled ahead of demand");
  const auto self = [](Scaler& it) -> Scaler& { return it; };
  shape.section("load", self, load_shape(), "Where the load is read from")
      .field("slo", "Share of minutes with nodes enough (99.5%); or what is wanted of the target, for a daily forecast",
             slo_schema,
             [slo](Scaler& into, const Node& node, const std::string& path, Reading& reading) {
               read_slo(into, node, path, reading, slo);
             })
      .text("policy", DROVER_MEMBER(policy),
            "With a target: target (default), or workshop for the original's arithmetic", {"target", "workshop"})
      .text("mode", DROVER_MEMBER(mode), "observe (default) says what it would do; act does it", {"observe", "act"})
      .range("nodes", DROVER_MEMBER(nodes), "floor..ceiling", 0, nodes_max)
      .whole("raise_to", DROVER_MEMBER(raise_to), "The ceiling may go here while the load needs it, and comes back", 1,
             nodes_max)
      .duration("lead", DROVER_MEMBER(lead),
                "From asking for a node until it is ready, until the pool's boots have told")
      .duration("drain", DROVER_MEMBER(drain), "How long a node that goes may take to be empty; 15m if absent")
      .duration("stale_after", DROVER_MEMBER(stale), "Older metrics never take nodes away; 5m if absent")
      .field("queue", "Whether pending pods and Drover's waiting jobs ask for nodes; true if absent", queue_schema,
             [waits](Scaler& into, const Node& node, const std::string& path, Reading& reading) {
               read_queue(into, node, path, reading, waits);
             })
      .flag("consolidate", DROVER_MEMBER(consolidate),
            "Without a load: a node whose pods fit on the others is emptied and goes; false if absent")
      .text("timezone", DROVER_MEMBER(timezone),
            "Whose days its load and schedules go by: Europe/Berlin; UTC if absent")
      .texts("holidays", DROVER_MEMBER(holidays), "Days there that are like Sundays: 2026-12-25")
      .text("replicas", DROVER_MEMBER(replicas),
            "Instead of the pool's count, spec.replicas of this object of the cluster: karpenter.sh/NodePool/NAME")
      .list("schedule", DROVER_MEMBER(schedule), window_shape("At least so many nodes while it is open", false),
            "Floors at certain hours")
      .list("events", DROVER_MEMBER(events), event_shape(), "Floors for what is known beforehand")
      .list("disruption", DROVER_MEMBER(disruption),
            window_shape("No more than so many nodes may be on their way out while it is open", true),
            "Budgets, as Karpenter has them")
      .whole("step", DROVER_MEMBER(step), "With a target: nodes added or taken at once", 1, 1000)
      .duration("cooldown", DROVER_MEMBER(cooldown), "With a target: least time between two changes; 10m if absent")
      .placed([](Scaler& it, const SourceSpan& where) {
        if (!it.where) it.where = where;
      });
  return shape;
}

}  // namespace drover::codec
