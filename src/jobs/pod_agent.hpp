// What a pod needs to fetch code and data from blobs and to hand over what its job made: a small program in Python,
// which images for training have, and a list of what there is to do. Both travel in the Secret of the attempt.
//
// Of each rank, outputs lie below outputs_prefix/RANK/, and outputs_prefix/RANK.json lists them: it is put after the
// files that it names, every 30 s or so while the command runs, and once more at its end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace drover::jobs {

/// Something to be fetched before the command begins.
struct PodFile {
  std::string blob;
  std::string path;         ///< below folder_in_pod
  bool is_archive = false;  ///< a tar archive, to be unpacked at `path`
};

/// How pods reach a container of blobs. It holds a secret.
struct PodDoor {
  std::string url;          ///< of the container, without '/' at the end
  std::string query;        ///< a shared access signature for reading, creating and writing, without '?'
  std::string ca_pem = {};  ///< who vouches for the server; "": those whom the image trusts
};

struct PodStoreWish {
  PodDoor door;
  std::vector<PodFile> files;
  std::string outputs_prefix;
};

/// Run as `python3 FILE fetch` (exit 0: all is there) and `python3 FILE hand-over RANK`, which waits until the command
/// has ended (exit 0: all is in the store; 3: it has ended, and its outputs are not).
std::string_view pod_agent();
/// What the agent reads, as JSON.
std::string format_pod_store(const PodStoreWish& wish);

/// A rank's list of outputs.
struct PodOutputs {
  std::set<std::string> paths;
  std::map<std::string, std::string> left_out;  ///< what cannot be handed over, by path, and why (a clause)
  bool is_whole = false;                        ///< the command had ended by then
};
/// None for what is no such list.
std::optional<PodOutputs> parse_pod_outputs(std::string_view list);

/// The last line of the outputs container's log when its outputs are in the store.
inline constexpr std::string_view stored_mark = "drover: all of it is in the store";
/// Where a pod finds its files, and how the Secret's keys are called.
inline constexpr const char* agent_file = "agent.py";
inline constexpr const char* store_file = "store.json";
inline constexpr const char* fetch_file = "fetch";  ///< there, when there is something to be fetched

}  // namespace drover::jobs
