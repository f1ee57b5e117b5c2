// Members of JSON objects that services answer: what is absent or of another type reads as empty.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace drover::azure::wire {

inline const nlohmann::json& at(const nlohmann::json& object, const char* key) {
  static const nlohmann::json nothing;
  if (!object.is_object()) return nothing;
  const auto it = object.find(key);
  return it == object.end() ? nothing : *it;
}

inline std::string text(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

inline std::int64_t number(const nlohmann::json& object, const char* key, std::int64_t otherwise = 0) {
  const nlohmann::json& value = at(object, key);
  return value.is_number() ? value.get<std::int64_t>() : otherwise;
}

inline bool flag(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = at(object, key);
  return value.is_boolean() && value.get<bool>();
}

}  // namespace drover::azure::wire
