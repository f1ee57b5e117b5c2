#include "control/contents/contents.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/digest.hpp"
#include "control/contents/fields.hpp"

namespace drover::control {
namespace {

using nlohmann::json;
using planning::ContentAction;
using planning::ContentKind;
using planning::ContentsPlan;
using planning::ManifestName;

/// Looks under way at once: a round trip apart from each other they would take minutes, and more than this would only
/// wait for the client-side rate.
constexpr std::size_t looks_at_once = 16;
/// For what is being deleted to be gone: a pod's grace is 30 s, a namespace takes all in it along.
constexpr Duration gone_max = std::chrono::minutes(2);
/// For a definition to be served: seconds on a real server (kubectl wait --for=condition=Established has 30 s).
constexpr Duration established_max = std::chrono::seconds(60);
/// For a namespace to have its service account; a real cluster takes no pod before.
constexpr Duration account_max = std::chrono::seconds(10);
constexpr Duration poll = std::chrono::milliseconds(250);

/// Runs them to their ends, `looks_at_once` at a time; outcomes in the same order.
template <class T>
std::vector<T> finish_all(Flows& flows, std::vector<Flow<T>> all) {
  std::size_t begun = 0, first_open = 0;
  while (first_open < all.size()) {
    for (; begun < all.size() && begun < first_open + looks_at_once; ++begun) all[begun].start();
    if (all[first_open].done())
      ++first_open;
    else
      flows.step(flows.now() + std::chrono::seconds(1));
  }
  std::vector<T> outcomes;
  for (auto& flow : all) outcomes.push_back(std::move(flow.value()));
  return outcomes;
}

void pause(Flows& flows) {
  const Instant until = flows.now() + poll;
  while (flows.now() < until) flows.step(until);
}

/// A secret's data is not digested: short passwords could be guessed from a plan that is kept in a file.
json without_secrets(json object) {
  if (text_at(object, "kind") != "Secret") return object;
  for (const char* part : {"data", "stringData"})
    if (field_at(object, part).is_object())
      for (auto& [key, value] : object[part].items()) value = nullptr;
  return object;
}

Error at(Error error, const Manifest& manifest) {
  error.where = manifest.where;
  return error;
}

bool is_established(const json& definition) {
  return std::ranges::any_of(field_at(definition, "status/conditions"), [](const json& condition) {
    return text_at(condition, "type") == "Established" && text_at(condition, "status") == "True";
  });
}

std::string digest_of(const ContentsWish& wish) {
  json all = json::array();
  for (const auto& manifest : wish.manifests) all.push_back(without_secrets(manifest.object));
  return sha256_hex(all.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

Result<ContentsPlan> plan_unseen(const ContentsWish& wish, std::string later) {
  ContentsPlan plan{.cluster = wish.cluster, .name = wish.name, .later = std::move(later), .digest = digest_of(wish)};
  std::vector<planning::WantedManifest> wanted;
  for (const auto& manifest : wish.manifests) {
    const json& object = manifest.object;
    const std::string api_version = text_at(object, "apiVersion");
    const auto slash = api_version.find('/');
    wanted.push_back({{.group = slash == std::string::npos ? "" : api_version.substr(0, slash),
                       .kind = text_at(object, "kind"),
                       .space = text_at(object, "metadata/namespace"),
                       .name = text_at(object, "metadata/name")},
                      manifest.where});
  }
  DROVER_TRY(ordered, planning::plan_manifests(wanted, {}));
  for (const std::size_t i : ordered.apply) plan.actions.push_back({.kind = ContentKind::add, .name = wanted[i].name});
  return plan;
}

struct Contents::Look {
  std::vector<planning::WantedManifest> wanted;
  planning::ManifestPlan manifests;
  KeptObjects held, left;  ///< the inventory while it goes on, and afterwards
  std::set<ManifestName> known;
  ContentsPlan plan;
};

Contents::Contents(kubernetes::Cluster& cluster, Flows& flows, ContentsWish wish)
    : cluster_(cluster),
      flows_(flows),
      wish_(std::move(wish)),
      coming_(coming_of(wish_.manifests)),
      inventory_(cluster, wish_.estate),
      digest_(digest_of(wish_)) {
  for (auto& manifest : wish_.manifests) {
    json& notes = manifest.object["metadata"]["annotations"];
    if (notes.is_null() || notes.is_object()) notes[planning::estate_annotation] = wish_.estate;
  }
}

Result<Contents::Look> Contents::look() {
  Look look;
  DROVER_CHECK(finish(flows_, inventory_.read()));
  std::vector<Flow<Result<ManifestName>>> naming;
  for (const auto& manifest : wish_.manifests) naming.push_back(name_in_cluster(cluster_, manifest, coming_));
  auto names = finish_all(flows_, std::move(naming));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Manifest& manifest = wish_.manifests[i];
    if (!names[i]) return std::unexpected(at(std::move(names[i].error()), manifest));
    look.wanted.push_back({*names[i], manifest.where});
  }
  std::vector<ManifestName> kept;
  for (const auto& [name, how] : inventory_.objects()) kept.push_back(name);
  DROVER_TRY(manifests, planning::plan_manifests(look.wanted, kept));
  look.manifests = std::move(manifests);
  look.known.insert(look.manifests.held.begin(), look.manifests.held.end());

  std::vector<Flow<Result<planning::WantedLook>>> looking;
  for (std::size_t i = 0; i < look.wanted.size(); ++i)
    looking.push_back(look_at_wanted(cluster_, wish_.manifests[i], look.wanted[i].name, coming_, wish_.force));
  std::vector<planning::WantedLook> looks;
  for (auto& outcome : finish_all(flows_, std::move(looking))) {
    if (!outcome) return std::unexpected(std::move(outcome.error()));
    looks.push_back(std::move(*outcome));
  }
  std::vector<Flow<Result<planning::PruneLook>>> leaving;
  for (const auto& name : look.manifests.prune)
    leaving.push_back(look_at_unwanted(cluster_, name, wish_.estate, look.known));
  std::vector<planning::PruneLook> prunes;
  for (auto& outcome : finish_all(flows_, std::move(leaving))) {
    if (!outcome) return std::unexpected(std::move(outcome.error()));
    const auto& name = look.manifests.prune[prunes.size()];
    outcome->is_adopted = inventory_.objects().at(name) == Kept::adopted;
    prunes.push_back(std::move(*outcome));
  }
  look.plan = planning::plan_contents(look.wanted, kept, look.manifests, looks, prunes);
  look.plan.cluster = wish_.cluster;
  look.plan.name = wish_.name;
  look.plan.digest = digest_;
  // What was there when it was first looked at is adopted; what is kept already stays what it was.
  look.held = inventory_.objects();
  for (std::size_t i = 0; i < look.wanted.size(); ++i) {
    const auto& name = look.wanted[i].name;
    look.held.emplace(name, looks[i].is_there ? Kept::adopted : Kept::made);
    look.left[name] = look.held.at(name);
  }
  return look;
}

Result<ContentsPlan> Contents::plan() {
  DROVER_TRY(seen, look());
  return std::move(seen.plan);
}

Result<Contents::Look> Contents::look_patiently(const ContentsOptions& options) {
  const Instant until = flows_.now() + options.patience;
  while (true) {
    auto seen = look();
    const bool is_over = seen || seen.error().code != Code::unavailable || flows_.now() >= until;
    if (is_over || (options.stop_asked && options.stop_asked())) return seen;
    pause(flows_);
  }
}

Status Contents::check(const ContentsPlan& shown, const ContentsPlan& now) const {
  if (!now.refusals.empty()) {
    const auto& first = now.refusals.front();
    return std::unexpected(Error{.code = Code::precondition,
                                 .message = planning::format_manifest(first.name) + ": " + first.reason,
                                 .hint = first.hint,
                                 .where = first.where});
  }
  const bool is_same = shown.digest == now.digest && (!shown.later.empty() || shown.actions == now.actions);
  if (is_same) return {};
  return fail(Code::conflict,
              shown.digest == now.digest ? "the cluster has moved since the plan was made"
                                         : "what is wanted of the cluster has changed since the plan was made",
              "plan again, and read what is new");
}

Result<ContentsReport> Contents::apply(const ContentsPlan& shown, const ContentsOptions& options) {
  DROVER_TRY(seen, look_patiently(options));
  DROVER_CHECK(check(shown, seen.plan));
  if (options.warned && !shown.later.empty())
    for (const auto& warning : seen.plan.warnings) options.warned(warning);
  ContentsReport report;
  DROVER_CHECK(finish(flows_, inventory_.write(seen.held)));
  carry_out(seen, options, report);
  // With anything undone the inventory goes on naming all that may be there, and the next apply goes on from here.
  if (report.failed.empty() && report.skipped.empty()) DROVER_CHECK(finish(flows_, inventory_.write(seen.left)));
  return report;
}

void Contents::carry_out(const Look& look, const ContentsOptions& options, ContentsReport& report) {
  std::map<ManifestName, const Manifest*> by_name;
  for (std::size_t i = 0; i < look.wanted.size(); ++i) by_name[look.wanted[i].name] = &wish_.manifests[i];
  for (const auto& action : look.plan.actions) {
    const std::string shown = planning::format_manifest(action.name);
    const bool takes = action.kind == ContentKind::prune || action.kind == ContentKind::forget;
    const bool is_stopped = options.stop_asked && options.stop_asked();
    if (is_stopped || (takes && !report.failed.empty())) {
      report.skipped.push_back(shown);
      continue;
    }
    Status done;
    if (action.kind == ContentKind::prune)
      done = take(action.name, look.known);
    else if (action.kind == ContentKind::forget)
      done = planning::is_of_kubernetes(action.name) ? release(action.name) : Status{};
    else
      done = put(*by_name.at(action.name), action.name);
    if (options.observer) options.observer(action, done ? nullptr : &done.error());
    if (done)
      ++report.done;
    else
      report.failed.emplace_back(shown, std::move(done.error()));
  }
}

/// Crash after this: it is there, and in the inventory already.
Status Contents::put(const Manifest& manifest, const ManifestName& name) {
  if (name.kind == "Pod" && name.group.empty()) await_account(name.space);
  json object = manifest.object;
  if (!name.space.empty()) object["metadata"]["namespace"] = name.space;
  kubernetes::ApplyOptions options;
  options.field_manager = field_manager;
  options.force = wish_.force;
  while (true) {
    auto made = finish(flows_, cluster_.apply(object, options));
    if (!made) return std::unexpected(at(spoken(std::move(made.error()), name), manifest));
    if (!has_field(*made, "metadata/deletionTimestamp")) break;
    DROVER_CHECK(await_gone(name));  // and then it is made anew
  }
  return name.kind == "CustomResourceDefinition" ? await_established(name) : Status{};
}

Status Contents::take(const ManifestName& name, const std::set<ManifestName>& known) {
  DROVER_TRY(look, finish(flows_, look_at_unwanted(cluster_, name, wish_.estate, known)));
  if (!look.is_there) return {};
  if (!look.strangers.empty())
    return fail(Code::precondition, "meanwhile it holds " + look.strangers.front() + ", which Drover did not put there",
                "plan again");
  kubernetes::DeleteOptions options;
  options.uid = look.uid;
  auto gone = finish(flows_, cluster_.remove(object_name(name), options));
  if (!gone) return std::unexpected(spoken(std::move(gone.error()), name));
  return {};
}

/// An apply that wants nothing but the object itself gives up all fields that earlier ones set.
Status Contents::release(const ManifestName& name) {
  json object = {{"apiVersion", "v1"}, {"kind", name.kind}, {"metadata", {{"name", name.name}}}};
  kubernetes::ApplyOptions options;
  options.field_manager = field_manager;
  auto released = finish(flows_, cluster_.apply(std::move(object), options));
  if (!released) return std::unexpected(std::move(released.error()));
  return {};
}

Status Contents::await_gone(const ManifestName& name) {
  const Instant until = flows_.now() + gone_max;
  while (flows_.now() < until) {
    auto live = finish(flows_, cluster_.get(object_name(name)));
    if (!live && live.error().code == Code::not_found) return {};
    if (!live) return std::unexpected(std::move(live.error()));
    if (!has_field(*live, "metadata/deletionTimestamp")) return {};
    pause(flows_);
  }
  return fail(Code::deadline, "it is still being deleted after " + format_human(gone_max),
              "see what holds it: kubectl describe; then apply again");
}

Status Contents::await_established(const ManifestName& name) {
  const Instant until = flows_.now() + established_max;
  while (flows_.now() < until) {
    auto live = finish(flows_, cluster_.get(object_name(name)));
    if (!live) return std::unexpected(std::move(live.error()));
    kubernetes::ObjectKind kind{text_at(*live, "spec/group"), text_at(*live, "spec/names/kind")};
    if (is_established(*live) && finish(flows_, cluster_.discover(std::move(kind)))) return {};
    pause(flows_);
  }
  return fail(Code::deadline, "the definition is not established after " + format_human(established_max),
              "its conditions say why: kubectl get crd " + name.name + " -o yaml");
}

void Contents::await_account(const std::string& space) {
  const Instant until = flows_.now() + account_max;
  while (flows_.now() < until) {
    const auto account = finish(flows_, cluster_.get({{"", "ServiceAccount"}, space, "default"}));
    if (account || account.error().code != Code::not_found) return;
    pause(flows_);
  }
}

}  // namespace drover::control
