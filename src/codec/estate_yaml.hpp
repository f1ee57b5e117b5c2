// Estate files: YAML to estate::Estate, and the JSON Schema that editors complete them with.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "estate/estate.hpp"
#include "estate/lower.hpp"

namespace drover::codec {

/// Looks a variable of the environment up.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// An estate, and the resources that it means.
struct LoadedEstate {
  estate::Estate estate;
  estate::Lowered lowered;
};

/// All that is wrong with the file, in its form and in its meaning, in the order of the file; each error with its
/// place. `cloud`: local or azure, where a person said it instead of the estate.
std::expected<LoadedEstate, std::vector<Error>> load_estate(std::string_view text, const std::string& file,
                                                            const Environment& environment,
                                                            std::string_view cloud = "");

/// The form alone. With errors the estate holds what did read.
struct ReadEstate {
  estate::Estate estate;
  std::vector<Error> errors;
};
ReadEstate read_estate(std::string_view text, const std::string& file, const Environment& environment);

/// JSON Schema, draft 2020-12.
std::string estate_schema();

}  // namespace drover::codec
