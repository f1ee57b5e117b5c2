// The command of a job with its inputs and outputs put in, as the service does it, and the environment of its
// processes.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "localcloud/json.hpp"
#include "localcloud/ml/run.hpp"

namespace drover::localcloud::ml {

/// What stands for ${{inputs.NAME}} and ${{outputs.NAME}}: a path on the node, a literal, an address.
struct Bindings {
  std::map<std::string, std::string> inputs, outputs;
};

/// Puts the bindings into `command`: ${{inputs.NAME}}, ${{outputs.NAME}}, and $[[ ... ]] around what goes with an input
/// that may be missing. invalid_input for a name that there is not, or a reference without an end.
Result<std::string> bind_command(std::string_view command, const Bindings& bindings);

/// What runs it. An image may lack bash, in which the service runs commands; then it is sh.
std::vector<std::string> shell_command(const std::string& command, bool is_of_image);

using Variables = std::vector<std::pair<std::string, std::string>>;

/// What a process has from this machine, with those of its image over it; its HOME is not the image's to say.
Variables machine_environment(const Variables& image = {});
/// Variables of the process of that rank over those of `base`. `properties` are those of the job's body.
Variables job_environment(const Run& run, const Json& properties, const Bindings& bindings, long long rank,
                          Variables base);

/// The port on which rank 0 of a distributed job listens: one of its own, so that two jobs of a machine do not meet.
int master_port(const Run& run);

}  // namespace drover::localcloud::ml
