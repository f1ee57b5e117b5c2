// The Kubernetes objects that carry out an attempt of a job: one batch Job of one pod for each node of it. Ranks do not
// rest on Indexed jobs (Kubernetes 1.20 has none), nor the master's address on cluster DNS.
//
// In the pod, everything lies under /tmp/drover, which any image can have: code/, inputs/ and outputs/. What is small
// comes in a Secret. A second container waits until the first has ended, however it ends, and hands over outputs/ in
// its own log: so nothing is asked of the cluster's network, nor of the image but sh, tar, gzip, base64 and mkfifo.
// Where there is a store of blobs, and python3 in the image, all goes through it (jobs/pod_agent).
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "jobs/job.hpp"
#include "jobs/limits.hpp"
#include "jobs/pod_events.hpp"

namespace drover::jobs {

inline constexpr const char* label_home = "drover.dev/home";        ///< which Drover's it is
inline constexpr const char* label_attempt = "drover.dev/attempt";  ///< process_name of the attempt
inline constexpr const char* label_rank = "drover.dev/rank";        ///< from 0

inline constexpr const char* folder_in_pod = "/tmp/drover";

/// The last line of the outputs container's log, when all of them are above it.
inline constexpr std::string_view outputs_mark = "drover: that is all";

/// A Secret holds at most 1 MiB (core/v1); some of it goes for its other fields.
inline constexpr std::int64_t secret_bytes_max = (1 << 20) - (16 << 10);

struct PodWish {
  std::string home;
  std::string attempt;
  std::string space;  ///< namespace
  std::string image;
  std::string command;                           ///< with inputs and outputs put in
  std::map<std::string, std::string> variables;  ///< they stand before those that a distributed job has of us
  std::vector<std::string> folders = {};         ///< below outputs/, made before the command begins
  std::string secret;                            ///< that holds what it takes along; "" for none
  std::int64_t rank = 0, nodes = 1, processes = 1;
  bool is_distributed = false;
  std::string master;  ///< address of rank 0; "" for rank 0 itself
  Limits limits;
  SpaceRules rules = {};  ///< of its namespace
  Duration timeout{0};    ///< 0: none
};

/// Its command is too long for an argument: it goes as command_file in the Secret.
bool goes_as_file(const PodWish& wish);

/// A name for objects of an attempt: a DNS label. `rank` below 0 for what all ranks share.
std::string object_name(const std::string& attempt, std::int64_t rank);

nlohmann::json job_manifest(const PodWish& wish);
/// Files that pods find below /tmp/drover-files, by name. Of the job's own, archive_file is unpacked before its command
/// begins: a gzipped tar archive with code/ and inputs/ in it.
nlohmann::json secret_manifest(const PodWish& wish, const std::map<std::string, std::string>& files);
inline constexpr const char* archive_file = "files.tgz";
inline constexpr const char* command_file = "command";

}  // namespace drover::jobs
