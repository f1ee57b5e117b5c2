// The server of a state folder: where it is written down, and whether it is there.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace drover::app {

/// serve.json, readable for its owner only.
struct ServerRecord {
  std::string url;  ///< "http://127.0.0.1:PORT"
  std::string token;
  std::int64_t pid = 0;
  Instant started{};
  std::string version;
};

std::string record_path(const std::string& folder);
Status write_record(const std::string& folder, const ServerRecord& record);
/// nullopt when there is none that reads.
std::optional<ServerRecord> read_record(const std::string& folder);

enum class Answering { yes, draining, no };
/// Whether the very server of the record answers at its address, within two seconds.
Answering ask_health(const ServerRecord& record);
/// The record of a server that answers, or of one that is about to end.
std::optional<ServerRecord> find_server(const std::string& folder, bool also_draining = false);

}  // namespace drover::app
