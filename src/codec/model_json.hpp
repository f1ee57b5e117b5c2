// Learned models as JSON text and back, the form in which they lie in blobs and in the store.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "forecast/model.hpp"

namespace drover::codec {

/// The version that format_model writes; parse_model refuses others by name.
inline constexpr int model_format = 1;

/// Indented JSON; numbers keep every bit.
std::string format_model(const forecast::Model& model);

/// `source` names the text in errors. Errors: corrupt (no JSON, a missing or wrong field, named by its path; a number
/// that is not finite; equations that do not fit together).
Result<forecast::Model> parse_model(std::string_view text, const std::string& source);

}  // namespace drover::codec
