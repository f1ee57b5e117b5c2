// Estate files: YAML to estate::Estate, and the JSON Schema that editors complete them with.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "estate/estate.hpp"

namespace drover::codec {

/// Looks a variable of the environment up.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// All that is wrong with the file's form, each with its place; what it means is estate::lower's business.
std::expected<estate::Estate, std::vector<Error>> parse_estate(std::string_view text, const std::string& file,
                                                               const Environment& environment);

/// JSON Schema, draft 2020-12.
std::string estate_schema();

}  // namespace drover::codec
