// The addresses under which a client follows an operation, in the two styles of ARM.
#pragma once

#include <string>

#include "localcloud/call.hpp"

namespace drover::localcloud {

/// The address of `operation` below "/subscriptions/S/providers/" + `place`, with `query` ("api-version=2016-03-30").
std::string operation_url(const Call& call, const std::string& place, const std::string& operation,
                          const std::string& query);

/// Adds Retry-After as the world's physics has it, to the answer of a poll that finds the operation under way.
void add_retry_after(const Call& call, http::Response& response);

}  // namespace drover::localcloud
