// Reading JSON text, and what lies somewhere in it. The one place where it is parsed: nlohmann's own lexer takes a
// third of a plan of 10,000 resources.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace drover {

/// The value that the text (RFC 8259, UTF-8) stands for; one that is_discarded() when it is no JSON text. Of members
/// with the same name the last counts; whole numbers beyond 64 bits become doubles, and -0 is 0. What
/// nlohmann::json::parse gives, sooner.
nlohmann::json parse_json(std::string_view text);
/// The same with the members of objects in the order of the text.
nlohmann::ordered_json parse_ordered_json(std::string_view text);

/// What lies at a path of member names and of places in lists, such as "/spec/containers/0/image" (a JSON Pointer, RFC
/// 6901, without its escapes); null where there is nothing, or something else on the way.
const nlohmann::json& json_at(const nlohmann::json& from, std::string_view path);
/// The text there; empty where there is none.
std::string json_text_at(const nlohmann::json& from, std::string_view path);

}  // namespace drover
