// What may be logged? MLflow's own rules for names, numbers, lengths and batches, with the words of its server
// (mlflow/utils/validation.py of MLflow 2 and 3). Lengths are in characters (Unicode code points), as Python counts
// them.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace drover::control {

struct TrackingBatch;

constexpr std::size_t param_value_characters_max = 6000, tag_value_characters_max = 8000,
                      experiment_tag_value_characters_max = 5000;

/// Code points in UTF-8; nullopt for bytes that are not UTF-8.
std::optional<std::size_t> count_characters(std::string_view text);

/// "Invalid value 7 for parameter 'run_id' supplied: why". Long values are cut. `why` may be empty.
Error invalid_value(const std::string& path, const nlohmann::json& value, const std::string& why);
/// "Missing value for required parameter 'run_id'."
Error missing_value(const std::string& path);

/// Names of metrics, parameters and tags: 1 to 250 characters, none that a path would lose. Errors: invalid_input.
Status check_tracking_name(const std::string& path, std::string_view name);
/// Errors: invalid_input.
Status check_length(const std::string& path, std::string_view text, std::size_t characters_max);
/// 1 to 500 characters. Errors: invalid_input.
Status check_experiment_name(std::string_view name);
/// How much comes at once, and that no parameter comes twice. Errors: invalid_input.
Status check_batch(const TrackingBatch& batch);

/// A whole number of 64 bits as Protocol Buffers' JSON has it: a number without a fraction, or the same in text.
/// Errors: invalid_input.
Result<std::int64_t> read_whole(const std::string& path, const nlohmann::json& value);
/// A number, also in text; NaN, Infinity and -Infinity come and go as text. Errors: invalid_input.
Result<nlohmann::json> read_real(const std::string& path, const nlohmann::json& value);

}  // namespace drover::control
