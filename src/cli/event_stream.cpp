#include "cli/event_stream.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace drover::cli {

bool EventStream::write(std::string_view bytes) {
  buffer_ += bytes;
  for (std::size_t end = 0; (end = buffer_.find("\n\n")) != std::string::npos; buffer_.erase(0, end + 2)) {
    const std::string event = buffer_.substr(0, end);
    const auto line = event.find("\ndata: ");
    if (!event.starts_with("event: ") || line == std::string::npos) continue;
    const nlohmann::json data = parse_json(event.substr(line + 7));
    if (data.is_object()) on_event(event.substr(7, line - 7), data);
  }
  return true;
}

}  // namespace drover::cli
