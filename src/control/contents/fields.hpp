// Fields of objects whose form nobody has checked: manifests, and what servers answer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace drover::control {

/// The value at "metadata/name"; null where there is none.
const nlohmann::json& field_at(const nlohmann::json& object, std::string_view path);
/// The same for texts; "" for anything else.
std::string text_at(const nlohmann::json& object, std::string_view path);
bool has_field(const nlohmann::json& object, std::string_view path);

}  // namespace drover::control
