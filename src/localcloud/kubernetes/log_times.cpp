#include "localcloud/kubernetes/log_times.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "localcloud/kubernetes/cluster.hpp"

namespace drover::localcloud::kubernetes {

namespace fs = std::filesystem;

LogTimes::LogTimes(std::string log) : log_(std::move(log)), file_(log_ + ".times") {
  std::ifstream kept(file_);
  std::int64_t at_us = 0;
  // A line that was cut off by a crash ends it; its look is repeated.
  for (Look look; kept >> look.bytes >> at_us && kept.get() == '\n';) {
    look.at = Instant(Duration(at_us));
    if (looks_.empty() || (look.bytes > looks_.back().bytes && look.at >= looks_.back().at)) looks_.push_back(look);
  }
}

void LogTimes::look(Instant now) {
  std::error_code error;
  const auto bytes = fs::file_size(log_, error);
  const Look last = looks_.empty() ? Look{} : looks_.back();
  if (error || bytes <= last.bytes) return;
  const auto changed = fs::last_write_time(log_, error);
  const auto at =
      error
          ? now
          : Instant(std::chrono::duration_cast<Duration>(std::chrono::file_clock::to_sys(changed).time_since_epoch()));
  // Never later than now, and never before what was written earlier: the two clocks may differ.
  looks_.push_back({bytes, std::max(last.at, std::min(at, now))});
  std::ofstream(file_, std::ios::app) << bytes << ' ' << looks_.back().at.time_since_epoch().count() << '\n';
}

Instant LogTimes::written(std::uint64_t end) const {
  const auto look = std::ranges::lower_bound(looks_, end, {}, &Look::bytes);
  if (look != looks_.end()) return look->at;
  return looks_.empty() ? Instant{} : looks_.back().at;
}

std::uint64_t LogTimes::first_since(Instant since, std::string_view text) const {
  const auto look = std::ranges::lower_bound(looks_, since, {}, &Look::at);
  if (look == looks_.end()) return text.size();
  if (look == looks_.begin()) return 0;
  // The line that was being written at the look before belongs to this one.
  const auto before = std::min<std::uint64_t>(std::prev(look)->bytes, text.size());
  const auto newline = before == 0 ? std::string_view::npos : text.rfind('\n', before - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

std::string LogTimes::stamp(std::string_view text, std::uint64_t offset) const {
  std::string stamped;
  while (!text.empty()) {
    const auto line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    offset += line.size();
    stamped += micro_time_text(written(offset)) + " " + std::string(line);
    text.remove_prefix(line.size());
  }
  return stamped;
}

}  // namespace drover::localcloud::kubernetes
