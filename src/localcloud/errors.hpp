// What Azure says when it refuses: status, code and message of each refusal, in ARM's envelope.
#pragma once

#include <string>
#include <string_view>

#include "protocol/http/message.hpp"

namespace drover::localcloud {

/// {"error":{"code","message"[,"target"]}}
http::Response refuse(int status, std::string_view code, const std::string& message, std::string_view target = "");

http::Response resource_not_found(std::string_view id);
http::Response group_not_found(std::string_view group);
http::Response group_being_deleted(std::string_view group);
http::Response location_required();
http::Response invalid_location(std::string_view location, std::string_view type);
http::Response location_changed(std::string_view id, std::string_view from, std::string_view to);
http::Response invalid_content(const std::string& why);

}  // namespace drover::localcloud
