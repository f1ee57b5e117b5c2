// The error body of Azure Resource Manager, nested or flat, as an Error that callers can act on.
#pragma once

#include "base/result.hpp"
#include "protocol/http/message.hpp"

namespace drover::arm {

/// For a response that is not 2xx. Reads {"error":{code,message,details}}, the flat {code,message} of AKS, Graph's and
/// Blob's forms; a body that is none of these is quoted in short.
Error error_of(const http::Response& response);

/// The Error of an operation that ended Failed or Canceled with this service code and message.
Error operation_error(const std::string& status, const std::string& service_code, const std::string& message);

}  // namespace drover::arm
