// One request on its way through the local cloud, and what the handlers of every subject share: reading the request,
// naming the target, answering.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "localcloud/json.hpp"
#include "localcloud/world.hpp"
#include "protocol/http/message.hpp"

namespace drover::localcloud {

struct Call {
  World& world;
  const http::Request& request;
  http::UrlView url;
  std::string base_url;                       ///< scheme://host[:port] under which this peer reaches us
  double clock_speed = 1;                     ///< as in Peer
  std::string cluster = {};                   ///< as in Peer
  ClientIdentity client = {};                 ///< as in Peer
  std::unique_ptr<Stream>* stream = nullptr;  ///< takes the rest of an answer that goes on
  Caller caller = {};
  Json body = Json::object();  ///< the request's JSON; {} when it has none
  /// What stands in the variable places of the route, in order, percent-decoded and spelled as the caller did.
  std::vector<std::string> names = {};

  const std::string& subscription() const { return names[0]; }
  const std::string& group() const { return names[1]; }
  /// Name `n` below the group (0 = the resource itself).
  const std::string& name(std::size_t n = 0) const { return names[2 + n]; }
  /// Query parameter by name, compared without case; "" when absent.
  std::string query(std::string_view parameter) const;
  Instant now() const { return world.now(); }
};

using Handler = http::Response (*)(Call&);

// Ids.

std::string subscription_id(const Call& call);
/// ".../resourceGroups/<group as the caller spelled it>"
std::string group_id(const Call& call);
/// group_id plus /providers/ and `typed_path` ("Microsoft.Storage/storageAccounts/x").
std::string resource_id(const Call& call, const std::string& typed_path);
/// The last name of an id.
std::string_view last_name(std::string_view id);

// Answers.

http::Response answer(int status);
http::Response answer(int status, std::string json);
http::Response answer(int status, const Json& json);

/// The body of a GET: the stored one, or with the passing state instead of Succeeded.
std::string render(const Resource& resource);

using Renderer = std::string (*)(const Call&, const Resource&);
std::string render_plain(const Call& call, const Resource& resource);

/// Resources directly below `collection` (".../storageaccounts"), a page of them, with nextLink.
http::Response list_below(Call& call, std::string_view collection, Renderer renderer = render_plain);
/// Resources of `type` ("Microsoft.Storage/storageAccounts") anywhere in the subscription, a page of them.
http::Response list_in_subscription(Call& call, std::string_view type, Renderer renderer = render_plain);
/// A page of texts that `next` yields (key, text) of, each later than the key given; "" ends.
http::Response list_pages(Call& call,
                          const std::function<std::pair<std::string, std::string>(const std::string&)>& next);

/// 200 with the resource, or 404 ResourceNotFound.
http::Response get_or_404(Call& call, const std::string& id, Renderer renderer = render_plain);

/// "2023-06-29T09:07:52.9353341Z", as Azure writes instants.
std::string azure_time(Instant instant);

}  // namespace drover::localcloud
