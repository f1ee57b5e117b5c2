// How the Kubernetes API refuses: Status objects with the reasons that clients act on. The wordings are those of
// Kubernetes, most from memory.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "localcloud/json.hpp"
#include "localcloud/kubernetes/types.hpp"
#include "protocol/http/message.hpp"

namespace drover::localcloud::kubernetes {

template <class T>
using Expected = std::expected<T, http::Response>;

http::Response answer_json(int status, const Json& body);

/// A Status of kind Failure.
http::Response problem(int code, std::string_view reason, const std::string& message, Json details = {});

http::Response unauthorized();
http::Response not_found(const ResourceType& type, std::string_view name);
http::Response no_such_path();
http::Response already_exists(const ResourceType& type, std::string_view name);
http::Response conflict(const ResourceType& type, std::string_view name, const std::string& why = "");
http::Response bad_request(const std::string& message);
http::Response expired(const std::string& message);
http::Response method_not_allowed();

/// One cause of a 422: what is wrong with which field.
struct Cause {
  std::string field;
  std::string reason;   ///< FieldValueRequired, FieldValueInvalid, FieldValueNotSupported, FieldValueForbidden
  std::string message;  ///< `Required value`, `Invalid value: "x": must be ...`
};
http::Response invalid(const ResourceType& type, std::string_view name, const std::vector<Cause>& causes);

/// Status of kind Success, about an object that is gone or an action that was done.
Json success(const ResourceType& type, const Json& object);

}  // namespace drover::localcloud::kubernetes
