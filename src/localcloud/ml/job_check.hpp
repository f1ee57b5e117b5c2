// What the service refuses of a job before it takes it in, and what of one that it has taken in cannot change.
#pragma once

#include <optional>
#include <string>

#include "localcloud/call.hpp"

namespace drover::localcloud::ml {

/// The refusal of a new job; its workspace is ready and its name good. Wording is from memory where no recording has
/// it.
std::optional<http::Response> check_job(const Call& call);

/// The properties of a job that cannot change, as JSON to compare with later ones.
std::string constant_part(const Json& properties);
/// The first of them that is asked for now with another value than in `constant`, or than `shown` in a GET, which a
/// client may send back; "" for none.
std::string changed_part(const std::string& constant, const Json& shown, const Json& asked);

}  // namespace drover::localcloud::ml
