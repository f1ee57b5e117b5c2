// A job's files on their way between the world's blobs and the folders of this machine where its processes see them.
#pragma once

#include <string>

#include "localcloud/ml/command.hpp"
#include "localcloud/ml/datastores.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud::ml {

/// Folders of one job: .../UID/node-N/{wd,inputs/NAME,outputs/NAME,tmp} and .../UID/logs.
struct JobFolder {
  std::string path;         ///< absolute; "" where the world has no machine to keep files on
  bool is_confined = true;  ///< processes see the folder where they are told to

  std::string node(long long node) const { return path + "/node-" + std::to_string(node); }
  /// Where processes see the folder of a node: commands name what is in it without quotes, so that a blank in a name
  /// above it would end a word.
  std::string seen_node(long long number) const {
    const bool is_plain = path.find_first_of(" \t\n'\"\\$`&;|<>()*?[]{}#~!") == std::string::npos;
    return is_plain || !is_confined ? node(number) : "/tmp/azureml/node-" + std::to_string(number);
  }
  std::string log(long long rank) const { return path + "/logs/" + std::to_string(rank) + ".txt"; }
};

/// Where a job's own artifacts lie: logs and ./outputs.
Result<BlobPlace> artifact_place(const World& world, const Run& run);
/// Where output NAME of a job goes, by the job's body.
Result<BlobPlace> output_place(const World& world, const Run& run, const Json& properties, const std::string& name);

/// Where the command finds inputs and outputs on node `node`. With `writes`, code and data are laid out there, whatever
/// an earlier attempt left replaced; outputs begin with what was uploaded before: a job that is tried again goes on
/// from there. Errors: not_found and invalid_input for what the job names and is not there; unavailable for the disk.
Result<Bindings> lay_out_node(const World& world, const JobFolder& folder, const Run& run, const Json& properties,
                              long long node, bool writes);

/// Uploads what nodes have put into outputs/NAME, ./outputs and ./logs.
Status upload_outputs(World& world, const JobFolder& folder, const Run& run, const Json& properties);

/// Brings the logs in the artifacts up to what is written in the files at `paths`, by rank; `is_last` also where
/// nothing was.
Status upload_logs(World& world, const Run& run, const std::vector<std::string>& paths, bool is_last);
/// "user_logs/std_log.txt", or one for each process of a job with several.
std::string log_name(const Run& run, long long rank);

void remove_folder(const std::string& path);

}  // namespace drover::localcloud::ml
