#include "api/contents.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "codec/resource_json.hpp"
#include "control/contents/sources.hpp"
#include "estate/contents.hpp"

namespace drover::api {
namespace {

using control::ContentsWish;
using planning::ActionKind;
using planning::ContentsPlan;

constexpr std::string_view secret_mark = "${secret:";
/// For the API of a cluster that has just been made to answer: its name has to be known, its port open.
constexpr Duration patience = std::chrono::minutes(5);

/// Where it is kept that a cluster was given something, so that it is looked at when nothing is wanted any more.
std::string mark_of(const std::string& key) { return "contents/" + key; }

bool is_marked(Backend& backend, const std::string& key) {
  const auto kept = backend.store().get(mark_of(key));
  return kept && kept->has_value();
}

Result<std::string> password_of(const Exchange& exchange, const Loaded& loaded, const estate::RegistrySecret& secret) {
  if (!secret.password_file.value.empty())
    return exchange.backend.read_secret_file(
        control::reachable(loaded.folder, control::beside(loaded.estate.file, secret.password_file.value)));
  const std::string& said = secret.password.value;
  if (!said.starts_with(secret_mark)) return said;
  return exchange.backend.secrets().get(said.substr(secret_mark.size(), said.size() - secret_mark.size() - 1));
}

/// The objects of one cluster; errors are added.
std::vector<Manifest> manifests_of(const Exchange& exchange, const Loaded& loaded, const std::string& name,
                                   const estate::ClusterWish& wish, bool with_secrets, std::vector<Error>& errors) {
  const std::string path = join_path("clusters", name);
  estate::Passwords passwords;
  for (const auto& [secret_name, secret] : wish.registry_secrets) {
    if (!with_secrets) break;
    auto password = password_of(exchange, loaded, secret);
    if (password) {
      passwords[secret_name] = std::move(*password);
      continue;
    }
    const bool is_file = !secret.password_file.value.empty();
    Error error =
        std::move(password.error())
            .in(join_path(path + ".registry_secrets", secret_name) + (is_file ? ".password_file" : ".password"));
    error.code = Code::invalid_input;
    error.where = is_file ? secret.password_file.where : secret.password.where;
    errors.push_back(std::move(error));
  }
  auto manifests = estate::typed_contents(wish, passwords);
  auto read = control::read_manifests(exchange.backend.folders(), loaded.folder, loaded.estate.file, wish.manifests,
                                      path + ".manifests");
  if (read)
    std::ranges::move(*read, std::back_inserter(manifests));
  else
    std::ranges::move(read.error(), std::back_inserter(errors));
  return manifests;
}

/// Why a cluster cannot be asked now, by what the plan does to it; nullopt when it can be.
std::optional<std::string> not_yet(const planning::Plan& plan, const std::string& key) {
  for (const auto& action : plan.actions) {
    if (action.resource.key != key) continue;
    if (action.kind == ActionKind::create || action.kind == ActionKind::replace) return "after the cluster is there";
    if (action.kind == ActionKind::settle) return "after the cluster has settled";
  }
  return std::nullopt;
}

bool goes_away(const planning::Plan& plan, const std::string& key) {
  return std::ranges::any_of(plan.actions, [&](const auto& action) {
    return action.resource.key == key && action.kind == ActionKind::remove;
  });
}

bool does_not_answer(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::deadline || error.code == Code::throttled;
}

void tell(const Exchange& exchange, const char* what, json data) {
  if (exchange.sink) send_event(*exchange.sink, what, data);
}

}  // namespace

bool ClusterContents::is_asked(const Resource& cluster) const {
  return only_.empty() || std::ranges::any_of(only_, [&](const std::string& name) {
           return equals_ignore_case(name, cluster.name) || equals_ignore_case(name, cluster.key);
         });
}

std::expected<ClusterContents, std::vector<Error>> ClusterContents::read(const Exchange& exchange, const Loaded& loaded,
                                                                         bool with_secrets) {
  ClusterContents all(exchange);
  std::vector<Error> errors;
  const bool destroys = exchange.body.value("destroy", false);
  for (const auto& cluster : loaded.lowered.graph.resources()) {
    if (cluster.kind() != Cluster::kind || !all.is_asked(cluster)) continue;
    const auto& wish = loaded.estate.clusters.at(cluster.name);
    ContentsWish contents{.estate = loaded.estate.name.value,
                          .cluster = cluster.key,
                          .name = cluster.name,
                          .force = exchange.body.value("force_conflicts", false)};
    const bool is_wanted = !destroys && estate::wants_contents(wish);
    if (is_wanted) contents.manifests = manifests_of(exchange, loaded, cluster.name, wish, with_secrets, errors);
    if (const auto whole = control::plan_unseen(contents, ""); !whole) errors.push_back(whole.error());
    if (is_wanted || (with_secrets && is_marked(exchange.backend, cluster.key)))
      all.wishes_.push_back({&cluster, std::move(contents)});
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return all;
}

Status ClusterContents::check_unmoved(const planning::Plan& plan) const {
  for (const auto& shown : plan.contents) {
    const auto wish = std::ranges::find(wishes_, shown.cluster, [](const Wish& one) { return one.cluster->key; });
    const auto now =
        wish == wishes_.end() ? Result<ContentsPlan>(ContentsPlan{}) : control::plan_unseen(wish->contents, "");
    if (!now || now->digest != shown.digest)
      return fail(Code::conflict, "what is wanted of " + shown.cluster + " has changed since the plan was made",
                  "plan again, and read what is new");
  }
  return {};
}

Status ClusterContents::plan(const Exchange& exchange, Opened& opened, planning::Plan& plan) {
  for (const auto& wish : wishes_) {
    const std::string& key = wish.cluster->key;
    if (goes_away(plan, key)) continue;  // and takes all of it along
    auto later = not_yet(plan, key);
    const auto unseen = [&](std::string why) -> Status {
      if (wish.contents.manifests.empty()) return {};  // nothing is left of what it was given
      DROVER_TRY(made, control::plan_unseen(wish.contents, std::move(why)));
      plan.contents.push_back(std::move(made));
      return {};
    };
    if (later) {
      DROVER_CHECK(unseen(std::move(*later)));
      continue;
    }
    auto link = exchange.backend.connect_cluster(opened.connection, opened.loaded.cloud, *wish.cluster);
    auto made = link ? control::Contents(*link->cluster, *link->flows, wish.contents).plan()
                     : Result<ContentsPlan>(std::unexpected(link.error()));
    if (!made && does_not_answer(made.error())) {
      DROVER_CHECK(unseen("it does not answer: " + made.error().message));
      continue;
    }
    if (!made) return std::unexpected(std::move(made.error()).in(key));
    if (!made->is_empty()) plan.contents.push_back(std::move(*made));
  }
  return {};
}

void ClusterContents::apply(const Exchange& exchange, Opened& opened, const planning::Plan& plan,
                            control::ApplyReport& report) {
  const auto has_failed = [&](const std::string& key) {
    return std::ranges::any_of(report.failed, [&](const auto& one) { return one.first == key; }) ||
           std::ranges::find(report.skipped, key) != report.skipped.end();
  };
  for (const auto& shown : plan.contents) {
    const auto wish = std::ranges::find(wishes_, shown.cluster, [](const Wish& one) { return one.cluster->key; });
    const bool is_stopped = report.stopped || exchange.backend.stop_asked();
    if (wish != wishes_.end() && !is_stopped && !has_failed(shown.cluster)) {
      apply_one(exchange, opened, *wish, shown, report);
      continue;
    }
    report.stopped = report.stopped || is_stopped;
    report.skipped.push_back("contents of " + shown.cluster);
    const std::string why = is_stopped ? "stopped before it" : "it needs " + shown.cluster + ", which failed";
    tell(exchange, "skipped",
         {{"key", "contents of " + shown.cluster}, {"error", {{"code", "precondition"}, {"message", why}}}});
  }
  for (const auto& wish : wishes_)
    if (goes_away(plan, wish.cluster->key) && !has_failed(wish.cluster->key) && !report.stopped)
      (void)exchange.backend.store().commit(
          {{mark_of(wish.cluster->key), std::nullopt}});  // else it is looked at in vain
}

void ClusterContents::apply_one(const Exchange& exchange, Opened& opened, const Wish& wish, const ContentsPlan& shown,
                                control::ApplyReport& report) {
  const std::string& key = wish.cluster->key;
  const auto event_of = [&](const std::string& object) {
    return json{{"key", key + ": " + object}, {"cluster", wish.cluster->name}, {"object", object}};
  };
  control::ContentsOptions options;
  options.stop_asked = [&] { return exchange.backend.stop_asked(); };
  options.patience = shown.later.empty() ? Duration{0} : patience;
  options.observer = [&](const planning::ContentAction& action, const Error* error) {
    json event = event_of(planning::format_manifest(action.name));
    event["action"] = planning::content_name(action.kind);
    if (error != nullptr) event["error"] = codec::to_json(*error);
    tell(exchange, error != nullptr ? "failed" : "done", std::move(event));
  };
  options.warned = [&](const planning::ContentWarning& warning) {
    json event = event_of(planning::format_manifest(warning.name));
    event["warning"] = warning.text;
    tell(exchange, "warned", std::move(event));
  };
  const auto run = [&]() -> Result<control::ContentsReport> {
    // Before anything is there: a kill after it costs a look in vain, one before it would forget what is there.
    DROVER_CHECK(exchange.backend.store().commit({{mark_of(key), "1"}}));
    DROVER_TRY(link, exchange.backend.connect_cluster(opened.connection, opened.loaded.cloud, *wish.cluster));
    control::Contents contents(*link.cluster, *link.flows, wish.contents);
    DROVER_TRY(done, contents.apply(shown, options));
    const bool is_bare = wish.contents.manifests.empty() && done.failed.empty() && done.skipped.empty();
    if (is_bare) DROVER_CHECK(exchange.backend.store().commit({{mark_of(key), std::nullopt}}));
    return done;
  };
  auto done = run();
  if (!done) {
    json event = event_of("");
    event["key"] = "contents of " + key;
    event["error"] = codec::to_json(done.error());
    tell(exchange, "failed", std::move(event));
    report.failed.emplace_back("contents of " + key, std::move(done.error()));
    return;
  }
  report.done += done->done;
  for (auto& [object, error] : done->failed) report.failed.emplace_back(key + ": " + object, std::move(error));
  for (const auto& object : done->skipped) report.skipped.push_back(key + ": " + object);
  report.stopped = report.stopped || (!done->skipped.empty() && done->failed.empty());
}

}  // namespace drover::api
