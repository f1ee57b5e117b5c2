// Resources and plans <-> JSON: what the journal, saved plans and the API keep and send.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/result.hpp"
#include "model/resource.hpp"
#include "planning/plan.hpp"

namespace drover::codec {

nlohmann::json to_json(const Resource& resource);
/// Errors: corrupt, naming what is missing or of another type.
Result<Resource> resource_from_json(const nlohmann::json& json);

nlohmann::json to_json(const planning::Unmanaged& one);
nlohmann::json to_json(const planning::Plan& plan);
Result<planning::Plan> plan_from_json(const nlohmann::json& json);

nlohmann::json to_json(const Error& error);
Error error_from_json(const nlohmann::json& json);

}  // namespace drover::codec
