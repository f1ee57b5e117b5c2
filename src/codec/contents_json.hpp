// Plans of what clusters hold <-> JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "planning/contents.hpp"

namespace drover::codec {

nlohmann::json to_json(const planning::ContentsPlan& plan);
/// Throws nlohmann::json::exception for what is none; plan_from_json catches it.
planning::ContentsPlan read_contents(const nlohmann::json& from);

}  // namespace drover::codec
