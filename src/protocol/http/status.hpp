// What an HTTP status means to a caller, where the service does not say it more precisely.
#pragma once

#include "base/result.hpp"

namespace drover::http {

/// Of a status that is not 2xx (RFC 9110; 422 and 429 as REST services use them). 412 is a precondition, 409 a
/// conflict.
Code code_of_status(int status);

}  // namespace drover::http
