// The variables of the environment, which only app/ reads.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace drover::app {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

}  // namespace drover::app
