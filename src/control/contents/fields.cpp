#include "control/contents/fields.hpp"

#include "base/text.hpp"

namespace drover::control {

using nlohmann::json;

const json& field_at(const json& object, std::string_view path) {
  static const json none;
  const json* at = &object;
  for (const auto step : split(path, '/')) {
    if (!at->is_object()) return none;
    const auto it = at->find(step);
    if (it == at->end()) return none;
    at = &*it;
  }
  return *at;
}

std::string text_at(const json& object, std::string_view path) {
  const json& value = field_at(object, path);
  return value.is_string() ? value.get<std::string>() : "";
}

bool has_field(const json& object, std::string_view path) { return !field_at(object, path).is_null(); }

}  // namespace drover::control
