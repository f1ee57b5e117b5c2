// How this room reads and writes JSON: one alias and a few readers that never throw. Order of members is kept, as Azure
// keeps the caller's order of tags.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace drover::localcloud {

using Json = nlohmann::ordered_json;

/// The member of `object` of that name, compared exactly; null when absent, when `object` is no object, or when it is
/// null.
const Json* member(const Json& object, std::string_view name);
/// The member at the end of a path of names: at(body, {"properties", "sku", "name"}).
const Json* at(const Json& object, std::initializer_list<std::string_view> path);
/// Text at the end of a path; "" when it is absent or no text.
std::string text_at(const Json& object, std::initializer_list<std::string_view> path);
std::optional<long long> number_at(const Json& object, std::initializer_list<std::string_view> path);
bool true_at(const Json& object, std::initializer_list<std::string_view> path);

/// Parses a body; nullopt when it is not JSON. An empty body gives an empty object.
std::optional<Json> parse_body(std::string_view text);
/// Compact, on one line; bytes that are not UTF-8 become U+FFFD.
std::string dump(const Json& value);

/// Sets `name` in `object` unless it has a value (present, not null, not "").
void set_default(Json& object, std::string_view name, Json value);

}  // namespace drover::localcloud
