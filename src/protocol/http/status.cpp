#include "protocol/http/status.hpp"

namespace drover::http {

Code code_of_status(int status) {
  switch (status) {
    case 400:
    case 422:
      return Code::invalid_input;
    case 401:
      return Code::unauthenticated;
    case 403:
      return Code::permission_denied;
    case 404:
    case 410:
      return Code::not_found;
    case 408:
      return Code::unavailable;
    case 409:
      return Code::conflict;
    case 412:
      return Code::precondition;
    case 429:
      return Code::throttled;
    case 501:
    case 505:
      return Code::failed;
    default:
      return status >= 500 ? Code::unavailable : Code::failed;
  }
}

}  // namespace drover::http
