#include "control/tracking_rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/number.hpp"
#include "base/text.hpp"
#include "control/tracking.hpp"

namespace drover::control {
namespace {

using nlohmann::json;

constexpr std::size_t metrics_max = 1000, pairs_max = 100, entities_max = 1000;
constexpr std::size_t name_characters_max = 250, experiment_name_characters_max = 500, shown_bytes_max = 250;
constexpr double whole_in_double_max = 9007199254740992.0;  // 2^53: below it a double has every whole number
constexpr double int64_end = 9223372036854775808.0;         // 2^63

std::unexpected<Error> invalid(std::string message) { return fail(Code::invalid_input, std::move(message)); }

/// Bytes of the character that begins with this byte; 0 for a byte that begins none (RFC 3629).
std::size_t character_bytes(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Python's names of what JSON has, which MLflow's messages use.
const char* type_name(const json& value) {
  if (value.is_string()) return "str";
  if (value.is_boolean()) return "bool";
  if (value.is_number_integer()) return "int";
  if (value.is_number()) return "float";
  return value.is_array() ? "list" : value.is_null() ? "NoneType" : "dict";
}

Error wrong_type(const std::string& path, const json& value) {
  return invalid_value(path, value, std::string(" Hint: Value was of type '") + type_name(value) + "'.");
}

/// Letters and digits of any script are Python's \w; of those beyond ASCII none is refused.
bool is_name_character(char c) {
  const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  return is_word || static_cast<unsigned char>(c) >= 0x80 || std::string_view("/.- :").contains(c);
}

/// Whether a file of that name would lie somewhere else than it says.
bool resolves_elsewhere(std::string_view name) {
  return name.starts_with("..") || std::ranges::any_of(split(name, '/'), [](std::string_view part) {
           return part.empty() || part == "." || part == "..";
         });
}

Status check_count(const char* entities, std::size_t max, std::size_t count) {
  if (count <= max) return {};
  return invalid("A batch logging request can contain at most " + std::to_string(max) + " " + entities + ". Got " +
                 std::to_string(count) + " " + entities + ". Please split up " + entities +
                 " across multiple requests and try again.");
}

Status check_param_keys(const json& params) {
  std::set<std::string> known;
  json twice = json::array();
  for (const auto& param : params)
    if (const auto key = param.find("key"); key != param.end() && key->is_string())
      if (!known.insert(key->get<std::string>()).second) twice.push_back(*key);
  if (twice.empty()) return {};
  return invalid("Duplicate parameter keys have been submitted: " + twice.dump() +
                 ". Please ensure the request contains only one param value per param key.");
}

}  // namespace

std::optional<std::size_t> count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const std::size_t bytes = character_bytes(static_cast<unsigned char>(text[at]));
    if (bytes == 0 || at + bytes > text.size()) return std::nullopt;
    if (!std::ranges::all_of(text.substr(at + 1, bytes - 1), is_continuation)) return std::nullopt;
    at += bytes;
  }
  return count;
}

Error invalid_value(const std::string& path, const json& value, const std::string& why) {
  std::string shown = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (shown.size() > shown_bytes_max) shown = shown.substr(0, shown_bytes_max) + "...";
  std::string message = "Invalid value " + shown + " for parameter '" + path + "' supplied";
  message += why.empty() ? "." : ": " + why;
  return {.code = Code::invalid_input, .message = std::move(message)};
}

Error missing_value(const std::string& path) {
  return {.code = Code::invalid_input, .message = "Missing value for required parameter '" + path + "'."};
}

Status check_tracking_name(const std::string& path, std::string_view name) {
  if (name.empty()) return std::unexpected(missing_value(path));
  if (!std::ranges::all_of(name, is_name_character))
    return std::unexpected(invalid_value(path, name,
                                         "Names may only contain alphanumerics, underscores (_), dashes (-), periods "
                                         "(.), spaces ( ), colon(:) and slashes (/)."));
  if (resolves_elsewhere(name))
    return std::unexpected(invalid_value(path, name,
                                         "Names may be treated as files in certain cases, and must not resolve to "
                                         "other names when treated as such."));
  return check_length(path, name, name_characters_max);
}

Status check_length(const std::string& path, std::string_view text, std::size_t characters_max) {
  const auto count = count_characters(text);
  if (!count) return invalid("'" + path + "' is not UTF-8");
  if (*count <= characters_max) return {};
  return invalid("'" + path + "' exceeds the maximum length of " + std::to_string(characters_max) + " characters");
}

Status check_experiment_name(std::string_view name) {
  if (name.empty()) return std::unexpected(missing_value("name"));
  return check_length("name", name, experiment_name_characters_max);
}

Status check_batch(const TrackingBatch& batch) {
  DROVER_CHECK(check_count("metrics", metrics_max, batch.metrics.size()));
  DROVER_CHECK(check_count("params", pairs_max, batch.params.size()));
  DROVER_CHECK(check_count("tags", pairs_max, batch.tags.size()));
  DROVER_CHECK(check_count("metrics, params, and tags", entities_max,
                           batch.metrics.size() + batch.params.size() + batch.tags.size()));
  return check_param_keys(batch.params);
}

Result<std::int64_t> read_whole(const std::string& path, const json& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX})
    return std::unexpected(wrong_type(path, value));
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_string())
    if (const auto number = parse_whole<std::int64_t>(value.get_ref<const std::string&>())) return *number;
  if (value.is_number_float())
    if (const double number = value.get<double>();
        number == std::trunc(number) && number >= -int64_end && number < int64_end)
      return static_cast<std::int64_t>(number);
  return std::unexpected(wrong_type(path, value));
}

Result<json> read_real(const std::string& path, const json& value) {
  if (value.is_number()) {
    const double number = value.get<double>();
    return value.is_number_integer() && std::abs(number) < whole_in_double_max ? value : json(number);
  }
  if (value == "NaN" || value == "Infinity" || value == "-Infinity") return value;
  if (value.is_string())
    if (const auto number = parse_real(value.get_ref<const std::string&>())) return json(*number);
  return std::unexpected(wrong_type(path, value));
}

}  // namespace drover::control
