#include "localcloud/call.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/errors.hpp"

namespace drover::localcloud {
namespace {

constexpr std::string_view succeeded = R"("provisioningState":"Succeeded")";

/// The key after which a page begins: what $skipToken says, else "".
std::string page_start(const Call& call) {
  std::string token = call.query("$skipToken");
  while (token.size() % 4 != 0) token += '=';
  for (char& c : token) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return base64_decode(token).value_or("");
}

std::string next_link(const Call& call, const std::string& last_key) {
  std::string query;
  for (const auto piece : split(call.url.query, '&'))
    if (!piece.empty() && !starts_with_ignore_case(piece, "$skiptoken=") &&
        !starts_with_ignore_case(piece, "%24skiptoken="))
      query += std::string(piece) + "&";
  return call.base_url + std::string(call.url.path) + "?" + query + "$skipToken=" + base64url_encode(last_key);
}

}  // namespace

std::string Call::query(std::string_view parameter) const {
  return http::query_value(url.query, parameter).value_or("");
}

std::string subscription_id(const Call& call) { return "/subscriptions/" + call.subscription(); }

std::string group_id(const Call& call) { return subscription_id(call) + "/resourceGroups/" + call.group(); }

std::string resource_id(const Call& call, const std::string& typed_path) {
  return group_id(call) + "/providers/" + typed_path;
}

std::string_view last_name(std::string_view id) { return id.substr(id.rfind('/') + 1); }

http::Response answer(int status) { return {.status = status}; }

http::Response answer(int status, std::string json) {
  return {.status = status, .headers = {{"Content-Type", "application/json; charset=utf-8"}}, .body = std::move(json)};
}

http::Response answer(int status, const Json& json) { return answer(status, dump(json)); }

std::string render(const Resource& resource) {
  if (resource.state.empty()) return resource.body;
  return replace_all(resource.body, succeeded, R"("provisioningState":")" + resource.state + "\"");
}

std::string render_plain(const Call&, const Resource& resource) { return render(resource); }

http::Response list_pages(Call& call,
                          const std::function<std::pair<std::string, std::string>(const std::string&)>& next) {
  std::string body = R"({"value":[)";
  std::string last = page_start(call);
  std::string link;
  for (int count = 0;; ++count) {
    auto [key, text] = next(last);
    if (key.empty()) break;
    if (count == call.world.physics().page_size) {
      link = next_link(call, last);
      break;
    }
    if (count > 0) body += ',';
    body += text;
    last = std::move(key);
  }
  body += ']';
  if (!link.empty()) body += R"(,"nextLink":)" + dump(Json(link));
  return answer(200, body + "}");
}

http::Response list_below(Call& call, std::string_view collection, Renderer renderer) {
  const std::string prefix = to_lower(collection) + "/";
  const auto& all = call.world.resources();
  return list_pages(call, [&](const std::string& last) -> std::pair<std::string, std::string> {
    // Past everything below the last entry: '0' follows '/'.
    auto it = last.empty() ? all.lower_bound(prefix) : all.lower_bound(last + "0");
    while (it != all.end() && it->first.starts_with(prefix) && it->first.find('/', prefix.size()) != std::string::npos)
      it = all.lower_bound(it->first.substr(0, it->first.find('/', prefix.size())) + "0");
    if (it == all.end() || !it->first.starts_with(prefix)) return {};
    return {it->first, renderer(call, it->second)};
  });
}

http::Response list_in_subscription(Call& call, std::string_view type, Renderer renderer) {
  const std::string prefix = to_lower(subscription_id(call)) + "/resourcegroups/";
  const std::string infix = "/providers/" + to_lower(type) + "/";
  const auto& all = call.world.resources();
  return list_pages(call, [&](const std::string& last) -> std::pair<std::string, std::string> {
    auto it = last.empty() ? all.lower_bound(prefix) : all.upper_bound(last);
    for (; it != all.end() && it->first.starts_with(prefix); ++it) {
      const std::size_t group_end = it->first.find('/', prefix.size());
      if (group_end == std::string::npos || it->first.compare(group_end, infix.size(), infix) != 0) continue;
      if (it->first.find('/', group_end + infix.size()) == std::string::npos)
        return {it->first, renderer(call, it->second)};
    }
    return {};
  });
}

http::Response get_or_404(Call& call, const std::string& id, Renderer renderer) {
  const Resource* resource = call.world.find(to_lower(id));
  return resource == nullptr ? resource_not_found(id) : answer(200, renderer(call, *resource));
}

std::string azure_time(Instant instant) {
  std::string text = format_iso(instant);
  const auto dot = text.find('.');
  if (dot == std::string::npos) return text.substr(0, text.size() - 1) + ".0000000Z";
  std::string fraction = text.substr(dot + 1, text.size() - dot - 2);
  fraction.resize(7, '0');
  return text.substr(0, dot + 1) + fraction + "Z";
}

}  // namespace drover::localcloud
