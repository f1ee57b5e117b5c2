// What does a request to MLflow's API say? Its body or query, read as MLflow's server reads it: Protocol Buffers' JSON
// (numbers also in text, experiment ids also as numbers, null for absent), Python's NaN and Infinity, and bodies that
// old clients encode twice. What does not fit is refused with the words of that server.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "ports/http_transport.hpp"

namespace drover::api {

enum class FieldKind : std::uint8_t {
  text,
  id,        ///< of an experiment: text, or a whole number
  whole,     ///< 64 bits
  real,      ///< a number; NaN, Infinity and -Infinity as text
  texts,     ///< a list
  ids,       ///< a list
  pairs,     ///< a list of {key, value}
  metrics,   ///< a list of {key, value, timestamp, step}
  datasets,  ///< a list of {dataset: {name, digest, source_type, source, schema, profile}, tags: [{key, value}]}
  view,      ///< ACTIVE_ONLY, DELETED_ONLY, ALL, or their numbers
  status,    ///< RUNNING, SCHEDULED, FINISHED, FAILED, KILLED, or their numbers
  none,      ///< a list that must be empty: Drover keeps nothing of that kind
};

struct Field {
  std::string_view name;
  FieldKind kind = FieldKind::text;
  bool is_required = false;
};

/// The fields that the request gives, each of its kind; fields of other names are passed over, as MLflow does.
/// "run_uuid" is an older name of "run_id". Errors: invalid_input.
Result<nlohmann::json> read_mlflow(const http::Request& request, std::span<const Field> fields);

/// JSON as Python's json module writes it: bare NaN, Infinity and -Infinity become {"": "NaN"} and so on. Discarded
/// where the text is no JSON even so.
nlohmann::json parse_python_json(std::string_view text);

}  // namespace drover::api
