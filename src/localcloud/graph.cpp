// Microsoft Graph v1.0, as far as service principals need it: applications, their passwords, service principals.
#include "localcloud/graph.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/defaults.hpp"
#include "localcloud/errors.hpp"
#include "localcloud/filter.hpp"
#include "localcloud/services.hpp"

namespace drover::localcloud {
namespace {

// Documents of the world. Secrets are kept as digests only.
constexpr std::string_view application_shelf = "graph/application/";     // by object id
constexpr std::string_view principal_shelf = "graph/servicePrincipal/";  // by object id
constexpr std::string_view principal_index = "graph/principal-of/";      // by application (client) id -> object id
constexpr std::string_view secret_shelf = "graph/secret/";               // by application id / key id -> digest

/// Life of a password when its maker does not say: Graph's two years.
constexpr Duration password_life = std::chrono::days(730);

struct Collection {
  std::string_view name;  ///< "applications"
  std::string_view shelf;
  std::string_view type;
};
constexpr Collection applications{"applications", application_shelf, "#microsoft.graph.application"};
constexpr Collection principals{"servicePrincipals", principal_shelf, "#microsoft.graph.servicePrincipal"};

bool is_applications(const Collection& kind) { return kind.name == applications.name; }

std::string shelf_key(std::string_view shelf, std::string_view id) { return std::string(shelf).append(id); }

http::Response graph_refusal(Call& call, int status, const std::string& code, const std::string& message) {
  const std::string id = call.world.answer_rng().uuid();
  const std::string date = format_iso(call.now()).substr(0, 19);
  return answer(status, Json{{"error",
                              {{"code", code},
                               {"message", message},
                               {"innerError", {{"date", date}, {"request-id", id}, {"client-request-id", id}}}}}});
}

http::Response not_found(Call& call, const std::string& id) {
  return graph_refusal(
      call, 404, "Request_ResourceNotFound",
      "Resource '" + id + "' does not exist or one of its queried reference-property objects are not present.");
}

http::Response bad_request(Call& call, const std::string& message) {
  return graph_refusal(call, 400, "Request_BadRequest", message);
}

Json with_context(const std::string& what, const Json& body) {
  Json full = {{"@odata.context", "https://graph.microsoft.com/v1.0/$metadata#" + what}};
  full.update(body);
  return full;
}

http::Response entity(int status, const Collection& kind, const Json& body) {
  return answer(status, with_context(std::string(kind.name) + "/$entity", body));
}

Json no_links() {
  return {{"logoUrl", nullptr},
          {"marketingUrl", nullptr},
          {"privacyStatementUrl", nullptr},
          {"supportUrl", nullptr},
          {"termsOfServiceUrl", nullptr}};
}

Json no_publisher() { return {{"displayName", nullptr}, {"verifiedPublisherId", nullptr}, {"addedDateTime", nullptr}}; }

std::string graph_time(Instant instant) { return format_iso(instant).substr(0, 19) + "Z"; }

Json application_json(Call& call, const std::string& id, const std::string& app_id) {
  Json body = {{"id", id},
               {"deletedDateTime", nullptr},
               {"appId", app_id},
               {"applicationTemplateId", nullptr},
               {"createdDateTime", graph_time(call.now())},
               {"displayName", text_at(call.body, {"displayName"})},
               {"description", nullptr},
               {"identifierUris", Json::array()},
               {"notes", nullptr},
               {"publisherDomain", "localcloud.onmicrosoft.com"},
               {"signInAudience", "AzureADMyOrg"},
               {"tags", Json::array()},
               {"addIns", Json::array()},
               {"api",
                {{"acceptMappedClaims", nullptr},
                 {"knownClientApplications", Json::array()},
                 {"requestedAccessTokenVersion", nullptr},
                 {"oauth2PermissionScopes", Json::array()},
                 {"preAuthorizedApplications", Json::array()}}},
               {"appRoles", Json::array()},
               {"info", no_links()},
               {"keyCredentials", Json::array()},
               {"passwordCredentials", Json::array()},
               {"publicClient", {{"redirectUris", Json::array()}}},
               {"requiredResourceAccess", Json::array()},
               {"verifiedPublisher", no_publisher()}};
  for (const auto* name : {"description", "identifierUris", "notes", "signInAudience", "tags"})
    if (const Json* value = member(call.body, name)) body[name] = *value;
  return body;
}

Json principal_json(const Call& call, const std::string& id, const Json& application) {
  const std::string name = text_at(application, {"displayName"});
  const std::string app_id = text_at(application, {"appId"});
  return {{"id", id},
          {"deletedDateTime", nullptr},
          {"accountEnabled", true},
          {"alternativeNames", Json::array()},
          {"appDisplayName", name},
          {"appDescription", nullptr},
          {"appId", app_id},
          {"appOwnerOrganizationId", call.caller.tenant},
          {"appRoleAssignmentRequired", false},
          {"createdDateTime", graph_time(call.now())},
          {"description", nullptr},
          {"displayName", name},
          {"homepage", nullptr},
          {"notes", nullptr},
          {"replyUrls", Json::array()},
          {"servicePrincipalNames", {app_id}},
          {"servicePrincipalType", "Application"},
          {"signInAudience", text_at(application, {"signInAudience"})},
          {"tags", Json::array()},
          {"addIns", Json::array()},
          {"appRoles", Json::array()},
          {"info", no_links()},
          {"keyCredentials", Json::array()},
          {"oauth2PermissionScopes", Json::array()},
          {"passwordCredentials", Json::array()},
          {"verifiedPublisher", no_publisher()}};
}

/// The principal that always exists, with the application behind it.
Json default_application() {
  return {{"id", "10ca1000-0000-4000-8000-000000000005"},
          {"appId", default_client_id},
          {"displayName", "local-cloud"},
          {"signInAudience", "AzureADMyOrg"},
          {"passwordCredentials", Json::array()},
          {"keyCredentials", Json::array()}};
}

/// All objects of a kind, the default one first.
std::vector<Json> objects(const Call& call, const Collection& kind) {
  std::vector<Json> all = {is_applications(kind)
                               ? default_application()
                               : principal_json(call, std::string(default_object_id), default_application())};
  const auto& documents = call.world.documents();
  for (auto it = documents.lower_bound(kind.shelf); it != documents.end() && it->first.starts_with(kind.shelf); ++it)
    all.push_back(*parse_body(it->second));
  return all;
}

/// The object that an address names: by object id, or as "collection(appId='x')".
std::optional<Json> find_object(const Call& call, const Collection& kind, const std::string& name) {
  for (auto& object : objects(call, kind))
    if (equals_ignore_case(text_at(object, {"id"}), name) ||
        equals_ignore_case("appId=" + text_at(object, {"appId"}), name))
      return std::move(object);
  return std::nullopt;
}

Filter read_filter(const Call& call) {
  std::string text = call.query("$filter");
  // servicePrincipalNames/any(c:c eq 'x'): the names of a principal are its application id.
  if (const auto any = text.find("servicePrincipalNames/any("); any != std::string::npos) {
    const auto open = text.find('\'', any);
    text = "appId eq " + text.substr(open, text.find('\'', open + 1) - open + 1);
  }
  return parse_filter(text);
}

http::Response list_objects(Call& call, const Collection& kind) {
  const Filter filter = read_filter(call);
  Json value = Json::array();
  for (auto& object : objects(call, kind))
    if (filter.passes([&](const std::string& field) { return text_at(object, {field}); }))
      value.push_back(std::move(object));
  return answer(200, with_context(std::string(kind.name), Json{{"value", std::move(value)}}));
}

http::Response create_application(Call& call) {
  if (text_at(call.body, {"displayName"}).empty())
    return bad_request(call, "A value is required for property 'displayName' of resource 'Application'.");
  const std::string id = call.world.rng().uuid();
  const Json body = application_json(call, id, call.world.rng().uuid());
  call.world.takes(ServicePrincipal::kind, catalog::Verb::create);
  call.world.set_document(shelf_key(application_shelf, id), dump(body));
  return entity(201, applications, body);
}

http::Response create_principal(Call& call) {
  const std::string app_id = text_at(call.body, {"appId"});
  const auto application = find_object(call, applications, "appId=" + app_id);
  if (!application)
    return bad_request(
        call, "The appId '" + app_id + "' of the service principal does not reference a valid application object.");
  if (find_principal(call.world, app_id))
    return graph_refusal(
        call, 409, "Request_MultipleObjectsWithSameKeyValue",
        "The service principal cannot be created, updated, or restored because the service principal name " + app_id +
            " is already in use.");
  const std::string id = call.world.rng().uuid();
  const Json body = principal_json(call, id, *application);
  call.world.takes(ServicePrincipal::kind, catalog::Verb::create);
  call.world.set_document(shelf_key(principal_shelf, id), dump(body));
  call.world.set_document(shelf_key(principal_index, to_lower(app_id)), id);
  return entity(201, principals, body);
}

/// Adds a password to an application (or, the same here, to its principal); only this answer shows it.
http::Response add_password(Call& call, const Collection& kind, Json object) {
  const std::string key_id = call.world.rng().uuid();
  std::string secret = base64url_encode(hmac_sha256(call.world.signing_key(), "password/" + key_id));
  secret = secret.substr(0, 3) + "8Q~" + secret.substr(3, 34);  // Azure's own mark and length
  const auto said = [&](const char* name, Instant otherwise) {
    const std::string text = text_at(call.body, {"passwordCredential", name});
    return text.empty() ? graph_time(otherwise) : text;
  };
  Json credential = {{"customKeyIdentifier", nullptr},
                     {"displayName", text_at(call.body, {"passwordCredential", "displayName"})},
                     {"endDateTime", said("endDateTime", call.now() + password_life)},
                     {"hint", secret.substr(0, 3)},
                     {"keyId", key_id},
                     {"secretText", nullptr},
                     {"startDateTime", said("startDateTime", call.now())}};
  const std::string app_id = to_lower(text_at(object, {"appId"}));
  if (app_id == default_client_id) return bad_request(call, "The default application's password cannot be changed.");
  call.world.set_document(shelf_key(secret_shelf, app_id + "/" + key_id),
                          sha256_hex(secret) + " " + text_at(credential, {"endDateTime"}));
  object["passwordCredentials"].push_back(credential);
  call.world.set_document(shelf_key(kind.shelf, text_at(object, {"id"})), dump(object));
  credential["secretText"] = secret;
  return answer(200, with_context("microsoft.graph.passwordCredential", credential));
}

http::Response remove_password(Call& call, const Collection& kind, Json object) {
  const std::string key_id = text_at(call.body, {"keyId"});
  const std::string secret = shelf_key(secret_shelf, to_lower(text_at(object, {"appId"})) + "/" + key_id);
  if (call.world.document(secret) == nullptr)
    return bad_request(call, "No password credential found with keyId '" + key_id + "'.");
  call.world.erase_document(secret);
  Json kept = Json::array();
  for (const auto& credential : object["passwordCredentials"])
    if (text_at(credential, {"keyId"}) != key_id) kept.push_back(credential);
  object["passwordCredentials"] = std::move(kept);
  call.world.set_document(shelf_key(kind.shelf, text_at(object, {"id"})), dump(object));
  return answer(204);
}

void erase_principal(World& world, const std::string& app_id) {
  const std::string index = shelf_key(principal_index, to_lower(app_id));
  if (const std::string* id = world.document(index)) world.erase_document(shelf_key(principal_shelf, *id));
  world.erase_document(index);
}

http::Response delete_object(Call& call, const Collection& kind, const Json& object) {
  const std::string app_id = text_at(object, {"appId"});
  if (app_id == default_client_id) return bad_request(call, "The default application cannot be deleted.");
  call.world.takes(ServicePrincipal::kind, catalog::Verb::remove);
  erase_principal(call.world, app_id);  // an application takes its principal with it
  if (is_applications(kind)) {
    call.world.erase_document(shelf_key(application_shelf, text_at(object, {"id"})));
    const std::string prefix = shelf_key(secret_shelf, to_lower(app_id));
    const auto& documents = call.world.documents();
    for (auto it = documents.lower_bound(prefix); it != documents.end() && it->first.starts_with(prefix);
         it = documents.lower_bound(prefix))
      call.world.erase_document(std::string(it->first));
  }
  return answer(204);
}

http::Response patch_object(Call& call, const Collection& kind, Json object) {
  for (const auto& [name, value] : call.body.items())
    if (name != "id" && name != "appId" && name != "passwordCredentials") object[name] = value;
  call.world.set_document(shelf_key(kind.shelf, text_at(object, {"id"})), dump(object));
  return answer(204);
}

/// One collection: what is asked of it, of one object, or of an action on one.
http::Response answer_collection(Call& call, const Collection& kind, const std::string& name,
                                 const std::string& action) {
  const std::string& method = call.request.method;
  if (name.empty()) {
    if (method == "GET") return list_objects(call, kind);
    if (method == "POST") return is_applications(kind) ? create_application(call) : create_principal(call);
    return graph_refusal(call, 405, "Request_BadRequest",
                         "Specified HTTP method is not allowed for the request target.");
  }
  auto object = find_object(call, kind, name);
  if (!object) return not_found(call, name);
  if (method == "POST" && equals_ignore_case(action, "addPassword"))
    return add_password(call, kind, std::move(*object));
  if (method == "POST" && equals_ignore_case(action, "removePassword"))
    return remove_password(call, kind, std::move(*object));
  if (method == "GET" && equals_ignore_case(action, "owners"))
    return answer(200, with_context("directoryObjects", Json{{"value", Json::array()}}));
  if (method == "GET" && action.empty()) return entity(200, kind, *object);
  if (method == "DELETE" && action.empty()) return delete_object(call, kind, *object);
  if (method == "PATCH" && action.empty()) return patch_object(call, kind, std::move(*object));
  return graph_refusal(call, 405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.");
}

http::Response get_by_ids(Call& call) {
  const Json* ids = member(call.body, "ids");
  if (ids == nullptr || !ids->is_array()) return bad_request(call, "A value is required for 'ids'.");
  Json value = Json::array();
  for (const auto* kind : {&principals, &applications})
    for (const auto& object : objects(call, *kind))
      for (const auto& id : *ids)
        if (id.is_string() && equals_ignore_case(id.get<std::string>(), text_at(object, {"id"}))) {
          Json typed = {{"@odata.type", kind->type}};
          typed.update(object);
          value.push_back(std::move(typed));
        }
  return answer(200, with_context("directoryObjects", Json{{"value", std::move(value)}}));
}

}  // namespace

std::optional<std::string> find_principal(const World& world, const std::string& client_id) {
  if (equals_ignore_case(client_id, default_client_id)) return std::string(default_object_id);
  const std::string* id = world.document(shelf_key(principal_index, to_lower(client_id)));
  return id == nullptr ? std::nullopt : std::optional(*id);
}

bool secret_opens(const World& world, const std::string& client_id, const std::string& secret) {
  if (equals_ignore_case(client_id, default_client_id)) return secret == default_client_secret;
  const std::string prefix = shelf_key(secret_shelf, to_lower(client_id) + "/");
  const std::string digest = sha256_hex(secret);
  const auto& documents = world.documents();
  for (auto it = documents.lower_bound(prefix); it != documents.end() && it->first.starts_with(prefix); ++it) {
    const auto end = parse_iso(std::string_view(it->second).substr(digest.size() + 1));
    if (it->second.starts_with(digest) && (!end || *end > world.now())) return true;
  }
  return false;
}

http::Response answer_graph(Call& call) {
  auto caller = authenticate(call, Audience::graph);
  if (!caller) return std::move(caller.error());
  call.caller = std::move(*caller);
  auto body = parse_body(call.request.body);
  if (!body || !body->is_object()) return bad_request(call, "Unable to read JSON request payload.");
  call.body = std::move(*body);
  const std::string path = percent_decode(call.url.path);
  auto pieces = split(std::string_view(path).substr(1), '/');
  pieces.erase(pieces.begin());  // v1.0
  const std::string first = pieces.empty() ? "" : std::string(pieces[0]);
  std::string name = pieces.size() > 1 ? std::string(pieces[1]) : "";
  std::string action = pieces.size() > 2 ? std::string(pieces[2]) : "";
  if (equals_ignore_case(first, "me"))
    return graph_refusal(call, 400, "BadRequest", "/me request is only valid with delegated authentication flow.");
  if (equals_ignore_case(first, "directoryObjects") && equals_ignore_case(name, "getByIds")) return get_by_ids(call);
  if (equals_ignore_case(first, "directory") && call.request.method == "DELETE") return answer(204);
  for (const auto* kind : {&applications, &principals}) {
    if (equals_ignore_case(first, kind->name)) return answer_collection(call, *kind, name, action);
    // applications(appId='x')
    const std::string keyed = std::string(kind->name) + "(appId='";
    if (starts_with_ignore_case(first, keyed))
      return answer_collection(
          call, *kind, "appId=" + first.substr(keyed.size(), first.find('\'', keyed.size()) - keyed.size()), name);
  }
  return bad_request(call, "Resource not found for the segment '" + first + "'.");
}

}  // namespace drover::localcloud
