#include "api/errands.hpp"

namespace drover::api {

http::Response list_errands(const Exchange& exchange) {
  json list = json::array();
  for (const auto& errand : exchange.backend.errands())
    list.push_back({{"id", errand.id}, {"what", errand.what}, {"since", format_iso(errand.since)}});
  return answer({{"errands", list}});
}

http::Response stop_errand(const Exchange& exchange) {
  const std::string id = exchange.body.value("id", "");
  if (!exchange.backend.stop_errand(id))
    return refuse(Error{.code = Code::not_found,
                        .message = "there is no errand " + id,
                        .hint = "GET /v1/errands tells which there are; it may have ended"});
  return answer({{"id", id}});
}

}  // namespace drover::api
