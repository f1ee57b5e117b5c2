// The command of a job with its inputs and outputs put in, as the Azure ML CLI v2 does:
// ${{inputs.NAME}}, ${{outputs.NAME}}, and $[[ ... ]] around what goes with an optional input.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "jobs/job.hpp"

namespace drover::jobs {

/// What stands for `inputs.NAME` or `outputs.NAME`; nullopt for an optional input that is not given.
using Resolve = std::function<std::optional<std::string>(const std::string& kind, const std::string& name)>;

/// invalid_input, with the place of the job, for a name that the job has not, or a reference without an end.
Result<std::string> expand_command(const JobSpec& spec, const Resolve& resolve);

/// Whether a shell takes an absolute path for one word as it stands, without quotes.
bool is_one_word(std::string_view path);

/// Commands longer than this are run from a file: Linux gives no program a longer argument (MAX_ARG_STRLEN, 128 KiB
/// with the zero at its end).
inline constexpr std::size_t argument_bytes_max = 131071;

/// The words to run a command with, in bash: `command` itself, or the file `script` with it in, where that is not "".
/// As several ranks on one machine where the spec asks for it: each has RANK, LOCAL_RANK and the rest in its
/// environment, and when one fails the others are asked to end.
std::vector<std::string> shell_words(const JobSpec& spec, const std::string& command, const std::string& script);

/// Variables by which the processes of a distributed job on one machine find each other, but for those that differ
/// between ranks; none for a job without distribution. `port`: where the first one listens.
std::map<std::string, std::string> rank_variables(const JobSpec& spec, int port);

/// A port below the ephemeral ones that follows from the name of an attempt, so that two jobs hardly ever share one.
int rank_port(const std::string& attempt);

/// Every reference of the command that means nothing: what expand_command would say, all at once. Empty: it can be run.
std::vector<Error> check_command(const JobSpec& spec);

}  // namespace drover::jobs
