#include "localcloud/kubernetes/cluster.hpp"

#include <algorithm>
#include <charconv>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// Changes remembered for watches: at a few hundred bytes of pointers each, and shared objects, some megabytes.
constexpr std::size_t changes_max = 4096;

std::string shelf_of(std::string_view key) { return "kubernetes/object" + std::string(key) + "|"; }

bool same_but_revision(const Json& a, Json b) {
  b["metadata"]["resourceVersion"] = text_at(a, {"metadata", "resourceVersion"});
  return a == b;
}

}  // namespace

Cluster::Cluster(World& world, std::string key) : world_(world), key_(std::move(key)) {
  const std::string shelf = shelf_of(key_);
  const auto& documents = world_.documents();
  for (auto it = documents.lower_bound(shelf); it != documents.end() && it->first.starts_with(shelf); ++it) {
    const auto parts = split(std::string_view(it->first).substr(shelf.size()), '|');
    auto object = parse_body(it->second);
    if (parts.size() != 3 || !object) continue;
    const ResourceType& type = type_named(parts[0]);
    objects_[{type.plural, std::string(parts[1]), std::string(parts[2])}] =
        std::make_shared<const Json>(std::move(*object));
  }
  const std::string kept = note("revision");
  std::from_chars(kept.data(), kept.data() + kept.size(), revision_);
  oldest_ = revision_;
}

std::string Cluster::document_key(const Key& key) const {
  return shelf_of(key_) + std::string(key.plural) + "|" + key.space + "|" + key.name;
}

Object Cluster::find(const ResourceType& type, std::string_view space, std::string_view name) const {
  const auto it = objects_.find({type.plural, std::string(space), std::string(name)});
  return it == objects_.end() ? nullptr : it->second;
}

std::vector<Object> Cluster::list(const ResourceType& type, std::string_view space) const {
  std::vector<Object> found;
  for (auto it = objects_.lower_bound({type.plural, std::string(space), ""});
       it != objects_.end() && it->first.plural == type.plural; ++it) {
    if (!space.empty() && it->first.space != space) break;
    found.push_back(it->second);
  }
  return found;
}

std::vector<Object> Cluster::list_at(const ResourceType& type, std::string_view space, std::uint64_t revision) const {
  std::map<std::pair<std::string, std::string>, Object> then;
  for (auto& object : list(type, space)) then[{space_of(*object), name_of(*object)}] = object;
  for (auto it = changes_.rbegin(); it != changes_.rend() && it->revision > revision; ++it) {
    const Json& any = it->after ? *it->after : *it->before;
    if (it->type != &type || (!space.empty() && space_of(any) != space)) continue;
    if (it->before)
      then[{space_of(any), name_of(any)}] = it->before;
    else
      then.erase({space_of(any), name_of(any)});
  }
  std::vector<Object> found;
  for (auto& [key, object] : then) found.push_back(std::move(object));
  return found;
}

void Cluster::record(const ResourceType& type, Object before, Object after) {
  set_note("revision", std::to_string(revision_));
  changes_.push_back({.revision = revision_, .type = &type, .before = std::move(before), .after = std::move(after)});
  if (changes_.size() <= changes_max) return;
  oldest_ = changes_.front().revision;
  changes_.pop_front();
}

void Cluster::compact() {
  changes_.clear();
  oldest_ = revision_;
}

Object Cluster::create(const ResourceType& type, Json object) {
  object["apiVersion"] = type.api_version();
  object["kind"] = type.kind;
  Json& metadata = object["metadata"];
  if (text_at(metadata, {"uid"}).empty()) metadata["uid"] = world_.rng().uuid();
  if (text_at(metadata, {"creationTimestamp"}).empty()) metadata["creationTimestamp"] = time_text(now_);
  metadata["resourceVersion"] = std::to_string(++revision_);
  const Key key{type.plural, space_of(object), name_of(object)};
  world_.set_document(document_key(key), dump(object));
  const auto stored = std::make_shared<const Json>(std::move(object));
  objects_[key] = stored;
  record(type, nullptr, stored);
  return stored;
}

Object Cluster::update(const ResourceType& type, Json object) {
  const Key key{type.plural, space_of(object), name_of(object)};
  const auto it = objects_.find(key);
  if (it == objects_.end()) return nullptr;
  if (same_but_revision(*it->second, object)) return it->second;
  object["metadata"]["resourceVersion"] = std::to_string(++revision_);
  world_.set_document(document_key(key), dump(object));
  const Object before = it->second;
  it->second = std::make_shared<const Json>(std::move(object));
  record(type, before, it->second);
  return it->second;
}

void Cluster::remove(const ResourceType& type, std::string_view space, std::string_view name) {
  const Key key{type.plural, std::string(space), std::string(name)};
  const auto it = objects_.find(key);
  if (it == objects_.end()) return;
  Json last = *it->second;
  last["metadata"]["resourceVersion"] = std::to_string(++revision_);
  objects_.erase(it);
  world_.erase_document(document_key(key));
  record(type, std::make_shared<const Json>(std::move(last)), nullptr);
}

Object Cluster::edit(const ResourceType& type, std::string_view space, std::string_view name,
                     const std::function<void(Json&)>& edit) {
  const Object present = find(type, space, name);
  if (!present) return nullptr;
  Json next = *present;
  edit(next);
  return update(type, std::move(next));
}

std::string Cluster::note(std::string_view name) const {
  const std::string* kept = world_.document("kubernetes/note" + key_ + "|" + std::string(name));
  return kept == nullptr ? "" : *kept;
}

void Cluster::set_note(std::string_view name, std::string value) {
  const std::string document = "kubernetes/note" + key_ + "|" + std::string(name);
  if (value.empty())
    world_.erase_document(document);
  else
    world_.set_document(document, std::move(value));
}

const Json& metadata_of(const Json& object) {
  static const Json none = Json::object();
  const Json* metadata = member(object, "metadata");
  return metadata == nullptr ? none : *metadata;
}

std::string name_of(const Json& object) { return text_at(object, {"metadata", "name"}); }
std::string space_of(const Json& object) { return text_at(object, {"metadata", "namespace"}); }
std::string uid_of(const Json& object) { return text_at(object, {"metadata", "uid"}); }
bool is_being_deleted(const Json& object) { return at(object, {"metadata", "deletionTimestamp"}) != nullptr; }

std::string time_text(Instant instant) { return format_iso(std::chrono::floor<std::chrono::seconds>(instant)); }

std::string micro_time_text(Instant instant) {
  std::string fraction = std::to_string(instant.time_since_epoch().count() % 1'000'000);
  fraction.insert(0, 6 - std::min<std::size_t>(6, fraction.size()), '0');
  const std::string whole = time_text(instant);
  return whole.substr(0, whole.size() - 1) + "." + fraction + "Z";
}

Instant time_at(const Json& object, std::initializer_list<std::string_view> path) {
  return parse_iso(text_at(object, path)).value_or(Instant{});
}

const Json* controller_of(const Json& object) {
  const Json* owners = at(object, {"metadata", "ownerReferences"});
  if (owners == nullptr || !owners->is_array()) return nullptr;
  for (const auto& owner : *owners)
    if (true_at(owner, {"controller"})) return &owner;
  return nullptr;
}

Json owner_reference(const ResourceType& type, const Json& owner) {
  return {{"apiVersion", type.api_version()},
          {"kind", type.kind},
          {"name", name_of(owner)},
          {"uid", uid_of(owner)},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

const Json* element_with(const Json* list, std::string_view key, std::string_view value) {
  if (list == nullptr || !list->is_array()) return nullptr;
  for (const auto& element : *list)
    if (text_at(element, {key}) == value) return &element;
  return nullptr;
}

void set_condition(Json& object, std::string_view type, std::string_view status, std::string_view reason,
                   const std::string& message, Instant now) {
  Json& conditions = object["status"]["conditions"];
  if (!conditions.is_array()) conditions = Json::array();
  Json made = {{"type", type}, {"status", status}, {"lastTransitionTime", time_text(now)}};
  if (!reason.empty()) made["reason"] = reason;
  if (!message.empty()) made["message"] = message;
  for (auto& condition : conditions) {
    if (text_at(condition, {"type"}) != type) continue;
    if (text_at(condition, {"status"}) == status) made["lastTransitionTime"] = condition["lastTransitionTime"];
    condition = std::move(made);
    return;
  }
  conditions.push_back(std::move(made));
}

bool has_condition(const Json& object, std::string_view type, std::string_view status) {
  const Json* condition = element_with(at(object, {"status", "conditions"}), "type", type);
  return condition != nullptr && text_at(*condition, {"status"}) == status;
}

void note_event(Cluster& cluster, const ResourceType& type, const Json& object, bool is_warning,
                std::string_view reason, const std::string& message, std::string_view component,
                std::string_view host) {
  const ResourceType& events = type_named("events");
  const std::string space = space_of(object).empty() ? "default" : space_of(object);
  // Repeats have the same name, as if a client had aggregated them.
  const std::string name = name_of(object) + "." +
                           sha256_hex(uid_of(object) + std::string(reason) + message + std::string(host)).substr(0, 16);
  if (cluster.find(events, space, name)) {
    cluster.edit(events, space, name, [&](Json& event) {
      event["count"] = number_at(event, {"count"}).value_or(1) + 1;
      event["lastTimestamp"] = time_text(cluster.now());
    });
    return;
  }
  Json source = {{"component", component}};
  if (!host.empty()) source["host"] = host;
  Json about = {{"kind", type.kind},
                {"namespace", space_of(object)},
                {"name", name_of(object)},
                {"uid", uid_of(object)},
                {"apiVersion", type.api_version()},
                {"resourceVersion", text_at(object, {"metadata", "resourceVersion"})}};
  if (space_of(object).empty()) about.erase("namespace");
  cluster.create(events, Json{{"metadata", {{"name", name}, {"namespace", space}}},
                              {"involvedObject", std::move(about)},
                              {"reason", reason},
                              {"message", message},
                              {"source", std::move(source)},
                              {"firstTimestamp", time_text(cluster.now())},
                              {"lastTimestamp", time_text(cluster.now())},
                              {"count", 1},
                              {"type", is_warning ? "Warning" : "Normal"},
                              {"eventTime", nullptr},
                              {"reportingComponent", component},
                              {"reportingInstance", host}});
}

}  // namespace drover::localcloud::kubernetes
