#include "localcloud/json.hpp"

#include "base/json.hpp"

namespace drover::localcloud {

const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  for (auto it = object.begin(); it != object.end(); ++it)
    if (it.key() == name) return it->is_null() ? nullptr : &*it;
  return nullptr;
}

const Json* at(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* value = &object;
  for (const auto name : path) {
    value = member(*value, name);
    if (value == nullptr) return nullptr;
  }
  return value;
}

std::string text_at(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* value = at(object, path);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::optional<long long> number_at(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* value = at(object, path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->get<long long>();
}

bool true_at(const Json& object, std::initializer_list<std::string_view> path) {
  const Json* value = at(object, path);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::optional<Json> parse_body(std::string_view text) {
  if (text.empty()) return Json::object();
  Json value = parse_ordered_json(text);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

void set_default(Json& object, std::string_view name, Json value) {
  const Json* present = member(object, name);
  if (present == nullptr || (present->is_string() && present->get_ref<const std::string&>().empty()))
    object[std::string(name)] = std::move(value);
}

}  // namespace drover::localcloud
