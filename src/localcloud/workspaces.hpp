// Machine learning workspaces, for their computes: which one a call is about, how its operations are followed.
#pragma once

#include <string>
#include <string_view>

#include "localcloud/call.hpp"

namespace drover::localcloud {

inline constexpr std::string_view workspace_type = "Microsoft.MachineLearningServices/workspaces";

std::string workspace_id(const Call& call);

/// "Microsoft.MachineLearningServices/locations/<location>/<word>"
std::string aml_place(const std::string& location, const std::string& word);

}  // namespace drover::localcloud
