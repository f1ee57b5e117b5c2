#include "base/json.hpp"

#include <simdjson.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/number.hpp"

namespace drover {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using simdjson::dom::element;
using simdjson::dom::element_type;

template <class Json>
Json value_of(element from);

void put(json::object_t& members, std::string key, json value) {
  // Most texts have their members in order: then each belongs at the end.
  members.insert_or_assign(members.end(), std::move(key), std::move(value));
}
void put(ordered_json::object_t& members, const std::string& key, ordered_json value) {
  members[key] = std::move(value);
}

template <class Json>
Json object_of(simdjson::dom::object from) {
  Json made = Json::object();
  auto& members = made.template get_ref<typename Json::object_t&>();
  for (const auto& [key, value] : from) put(members, std::string(key), value_of<Json>(value));
  return made;
}

template <class Json>
Json array_of(simdjson::dom::array from) {
  Json made = Json::array();
  auto& items = made.template get_ref<typename Json::array_t&>();
  items.reserve(from.size());
  for (const element item : from) items.push_back(value_of<Json>(item));
  return made;
}

template <class Json>
Json value_of(element from) {
  switch (from.type()) {
    case element_type::OBJECT:
      return object_of<Json>(from.get_object().value_unsafe());
    case element_type::ARRAY:
      return array_of<Json>(from.get_array().value_unsafe());
    case element_type::STRING:
      return Json(std::string(from.get_string().value_unsafe()));
    case element_type::INT64: {
      // nlohmann tells numbers without a sign from those with one.
      const std::int64_t number = from.get_int64().value_unsafe();
      return number < 0 ? Json(number) : Json(static_cast<std::uint64_t>(number));
    }
    case element_type::UINT64:
      return Json(from.get_uint64().value_unsafe());
    case element_type::DOUBLE:
      return Json(from.get_double().value_unsafe());
    case element_type::BOOL:
      return Json(from.get_bool().value_unsafe());
    case element_type::NULL_VALUE:
      break;
  }
  return Json(nullptr);
}

template <class Json>
Json parse(std::string_view text) {
  // A parser keeps some 15 bytes for each of the longest text that it saw: longer ones, which are rare, have their own.
  constexpr std::size_t kept_max = 1 << 20;
  thread_local simdjson::dom::parser kept;
  std::optional<simdjson::dom::parser> own;
  if (text.size() > kept_max) own.emplace();
  element root;
  if (!(own ? *own : kept).parse(text.data(), text.size()).get(root)) return value_of<Json>(root);
  // What simdjson refuses may still be JSON: very deep, or with a number beyond its range.
  return Json::parse(text, nullptr, false);
}

}  // namespace

json parse_json(std::string_view text) { return parse<json>(text); }
ordered_json parse_ordered_json(std::string_view text) { return parse<ordered_json>(text); }

const json& json_at(const json& from, std::string_view path) {
  static const json nothing;
  const json* here = &from;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(name.size());
    if (here->is_object()) {
      const auto found = here->find(name);
      if (found == here->end()) return nothing;
      here = &*found;
    } else if (const auto place = parse_whole<std::size_t>(name); place && here->is_array() && *place < here->size()) {
      here = &(*here)[*place];
    } else {
      return nothing;
    }
  }
  return *here;
}

std::string json_text_at(const json& from, std::string_view path) {
  const json& found = json_at(from, path);
  return found.is_string() ? found.get_ref<const std::string&>() : std::string();
}

}  // namespace drover
