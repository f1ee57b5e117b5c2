// get, list and watch.
#include <algorithm>
#include <charconv>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/kubernetes/request.hpp"
#include "localcloud/kubernetes/selectors.hpp"
#include "localcloud/kubernetes/tables.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// Watches end after this, as those of a real server end after 30 to 60 minutes, unless they ask for less.
constexpr std::chrono::minutes watch_life{30};
constexpr std::chrono::minutes bookmark_period{1};
/// A bookmark comes this long before a watch ends too, so that the next one goes on from there (cacheWatcher).
constexpr std::chrono::seconds bookmark_before_end{2};

/// What of a collection the caller asked for.
struct Query {
  const ResourceType* type;
  std::string space, name;
  Selector labels;
  FieldSelector fields;
  std::optional<Included> table;  ///< wants tables, with so much of each object

  bool wants(const Json& object) const {
    if (!space.empty() && space_of(object) != space) return false;
    if (!name.empty() && name_of(object) != name) return false;
    return matches(labels, labels_of(object)) && matches(fields, object);
  }
};

std::optional<Included> table_of(const ApiCall& call) {
  if (call.header("Accept").find("as=Table") == std::string::npos) return std::nullopt;
  const std::string included = call.query("includeObject");
  return included == "None" ? Included::none : included == "Object" ? Included::object : Included::metadata;
}

Expected<Query> read_query(const ApiCall& call) {
  const auto labels = parse_label_selector(call.query("labelSelector"));
  if (!labels) return std::unexpected(bad_request(labels.error().message));
  const auto fields = parse_field_selector(call.query("fieldSelector"));
  if (!fields) return std::unexpected(bad_request(fields.error().message));
  return Query{call.target.type, call.target.space, call.target.name, *labels, *fields, table_of(call)};
}

std::optional<std::uint64_t> read_revision(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Where a list goes on: the revision that it shows, and the last object given.
struct Continuation {
  std::uint64_t revision = 0;
  std::string space, name;
};

std::optional<Continuation> read_continuation(const std::string& token) {
  std::string padded = token;
  for (char& c : padded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (padded.size() % 4 != 0) padded += '=';
  const auto value = parse_body(base64_decode(padded).value_or("?"));
  if (!value || !number_at(*value, {"rv"})) return std::nullopt;
  return Continuation{static_cast<std::uint64_t>(*number_at(*value, {"rv"})), text_at(*value, {"ns"}),
                      text_at(*value, {"name"})};
}

std::string write_continuation(std::uint64_t revision, const Json& last) {
  return base64url_encode(dump(Json{{"rv", revision}, {"ns", space_of(last)}, {"name", name_of(last)}}));
}

struct Page {
  std::vector<Object> objects;
  Json metadata;
};

Expected<Page> read_page(const ApiCall& call, const Query& query) {
  Cluster& cluster = *call.cluster;
  Continuation from{cluster.revision(), "", ""};
  if (const std::string token = call.query("continue"); !token.empty()) {
    const auto read = read_continuation(token);
    if (!read) return std::unexpected(bad_request("continue key is not valid: it does not read"));
    if (read->revision < cluster.oldest())
      return std::unexpected(
          expired("The provided continue parameter is too old to display a consistent list result. "
                  "You can start a new list without the continue parameter."));
    from = *read;
  }
  const long long limit =
      std::max<long long>(0, static_cast<long long>(read_revision(call.query("limit")).value_or(0)));
  Page page;
  page.metadata = {{"resourceVersion", std::to_string(from.revision)}};
  std::size_t left = 0;
  for (auto& object : from.revision == cluster.revision() ? cluster.list(*query.type, query.space)
                                                          : cluster.list_at(*query.type, query.space, from.revision)) {
    if (std::pair(space_of(*object), name_of(*object)) <= std::pair(from.space, from.name) || !query.wants(*object))
      continue;
    if (limit > 0 && page.objects.size() == static_cast<std::size_t>(limit))
      ++left;
    else
      page.objects.push_back(std::move(object));
  }
  if (left > 0) {
    page.metadata["continue"] = write_continuation(from.revision, *page.objects.back());
    if (query.labels.empty() && query.fields.empty()) page.metadata["remainingItemCount"] = left;
  }
  return page;
}

/// One watch under way; events come from the cluster's changes.
class Watch final : public Stream {
 public:
  Watch(std::shared_ptr<Cluster> cluster, Query query, std::uint64_t from, Duration life, bool bookmarks)
      : cluster_(std::move(cluster)),
        query_(std::move(query)),
        seen_(from),
        end_(cluster_->now() + life),
        bookmarks_(bookmarks),
        bookmark_at_(next_bookmark()) {}

  /// Begins with all objects that there are, as if they had just been added.
  void begin_with_all(bool says_when_done) {
    for (const auto& object : cluster_->list(*query_.type, query_.space))
      if (query_.wants(*object)) pending_ += event("ADDED", object);
    if (says_when_done) pending_ += bookmark(true);
  }

  /// A server does not take part in its own past: the error is an event.
  void begin_with_error(const Json& status) {
    pending_ = dump(Json{{"type", "ERROR"}, {"object", status}}) + "\n";
    is_over_ = true;
  }

  std::optional<std::string> take() override {
    std::string text = std::exchange(pending_, "");
    if (is_over_ && text.empty()) return std::nullopt;
    if (is_over_) return text;
    if (seen_ < cluster_->oldest()) {
      begin_with_error(*parse_body(expired("too old resource version: " + std::to_string(seen_) + " (" +
                                           std::to_string(cluster_->oldest()) + ")")
                                       .body));
      return text + std::exchange(pending_, "");
    }
    const auto& changes = cluster_->changes();
    auto it = std::ranges::upper_bound(changes, seen_, {}, &Change::revision);
    for (; it != changes.end(); ++it) text += event_of(*it);
    seen_ = cluster_->revision();
    if (bookmarks_ && cluster_->now() >= bookmark_at_) {
      text += bookmark(false);
      bookmark_at_ = next_bookmark();
    }
    is_over_ = cluster_->is_gone || cluster_->now() >= end_;
    return text.empty() && is_over_ ? std::nullopt : std::optional(text);
  }

 private:
  std::string event(const char* type, const Object& object) const {
    const Json shown = query_.table
                           ? make_table(*query_.type, {object}, cluster_->now(), *query_.table,
                                        {{"resourceVersion", text_at(*object, {"metadata", "resourceVersion"})}})
                           : *object;
    return dump(Json{{"type", type}, {"object", shown}}) + "\n";
  }

  std::string event_of(const Change& change) const {
    if (change.type != query_.type) return "";
    const bool was = change.before && query_.wants(*change.before);
    const bool is = change.after && query_.wants(*change.after);
    if (is) return event(was ? "MODIFIED" : "ADDED", change.after);
    if (!was) return "";
    if (!change.after) return event("DELETED", change.before);
    // It left what is watched: its last state, at the revision at which it left.
    Json last = *change.before;
    last["metadata"]["resourceVersion"] = std::to_string(change.revision);
    return event("DELETED", std::make_shared<const Json>(std::move(last)));
  }

  Instant next_bookmark() const {
    const Instant last = end_ - bookmark_before_end, next = cluster_->now() + bookmark_period;
    return cluster_->now() < last ? std::min(last, next) : next;
  }

  std::string bookmark(bool is_initial) const {
    Json metadata = {{"resourceVersion", std::to_string(cluster_->revision())}, {"creationTimestamp", nullptr}};
    if (is_initial) metadata["annotations"] = {{"k8s.io/initial-events-end", "true"}};
    Json object = {{"kind", query_.type->kind}, {"apiVersion", query_.type->api_version()}, {"metadata", metadata}};
    if (query_.table) object = make_table(*query_.type, {}, cluster_->now(), *query_.table, metadata);
    return dump(Json{{"type", "BOOKMARK"}, {"object", std::move(object)}}) + "\n";
  }

  std::shared_ptr<Cluster> cluster_;
  Query query_;
  std::uint64_t seen_;
  Instant end_;
  bool bookmarks_;
  Instant bookmark_at_;
  std::string pending_;
  bool is_over_ = false;
};

}  // namespace

http::Response answer_object(const ApiCall& call, int status, const Object& object) {
  const auto table = table_of(call);
  if (!table || call.request.method != "GET") return answer_json(status, *object);
  return answer_json(status, make_table(*call.target.type, {object}, call.cluster->now(), *table,
                                        {{"resourceVersion", text_at(*object, {"metadata", "resourceVersion"})}}));
}

http::Response get_object(ApiCall& call) {
  const Object object = call.cluster->find(*call.target.type, call.target.space, call.target.name);
  return object ? answer_object(call, 200, object) : not_found(*call.target.type, call.target.name);
}

http::Response list_objects(ApiCall& call) {
  const auto query = read_query(call);
  if (!query) return query.error();
  auto page = read_page(call, *query);
  if (!page) return page.error();
  if (query->table)
    return answer_json(
        200, make_table(*query->type, page->objects, call.cluster->now(), *query->table, std::move(page->metadata)));
  std::string items;
  for (const auto& object : page->objects) items += (items.empty() ? "" : ",") + dump(*object);
  const Json head = {{"kind", std::string(query->type->kind) + "List"},
                     {"apiVersion", query->type->api_version()},
                     {"metadata", page->metadata}};
  std::string body = dump(head);
  body.pop_back();
  http::Response response = answer_json(200, Json::object());
  response.body = body + ",\"items\":[" + items + "]}\n";
  return response;
}

http::Response watch_objects(ApiCall& call) {
  auto query = read_query(call);
  if (!query) return query.error();
  Cluster& cluster = *call.cluster;
  const std::string asked = call.query("resourceVersion");
  const auto revision = read_revision(asked);
  if (!asked.empty() && !revision)
    return bad_request("resourceVersion: Invalid value: \"" + asked + "\": invalid resource version");
  const bool from_all = asked.empty() || asked == "0" || call.asks("sendInitialEvents");
  const auto seconds = read_revision(call.query("timeoutSeconds"));
  const Duration life =
      seconds && *seconds > 0 ? Duration(std::chrono::seconds(std::min<std::uint64_t>(*seconds, 86'400))) : watch_life;
  auto watch = std::make_unique<Watch>(call.cluster, *query, from_all ? cluster.revision() : *revision, life,
                                       call.asks("allowWatchBookmarks"));
  if (from_all) watch->begin_with_all(call.asks("sendInitialEvents"));
  http::Response response{.status = 200, .headers = {{"Content-Type", "application/json"}}};
  if (call.stream == nullptr)
    response.body = watch->take().value_or("");
  else
    *call.stream = std::move(watch);
  return response;
}

}  // namespace drover::localcloud::kubernetes
