// The extension by which a managed cluster takes the jobs of an ML workspace.
#pragma once

#include <string>
#include <string_view>

#include "localcloud/world.hpp"

namespace drover::localcloud::ml {

inline constexpr std::string_view azureml_extension = "microsoft.azureml.kubernetes";

/// The AzureML extension of that cluster (its key) that is set up for training, in whatever state; null when there is
/// none.
const Resource* find_azureml_extension(const World& world, const std::string& cluster);

}  // namespace drover::localcloud::ml
