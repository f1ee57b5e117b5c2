// When the lines of a container's log were written. Its process writes the log itself and nobody stands beside it, so
// this is seen from outside: each look notes how long the log has become and when it was last written, in a file beside
// it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace drover::localcloud::kubernetes {

class LogTimes {
 public:
  /// Reads what was noted before about the log at that path.
  explicit LogTimes(std::string log);

  /// Notes what has come since the last look: it was written when the file last was, or now where that is later.
  void look(Instant now);
  /// When the line was written that ends before that byte of the log: to the time between two looks.
  Instant written(std::uint64_t end) const;
  /// Where the first line begins that was written at `since` or later; the end of the log when there is none. `text` is
  /// the log from its beginning.
  std::uint64_t first_since(Instant since, std::string_view text) const;
  /// Puts its time before each line of a piece of the log that begins at byte `offset`, at the beginning of a line.
  std::string stamp(std::string_view text, std::uint64_t offset) const;

 private:
  /// The log was that long then.
  struct Look {
    std::uint64_t bytes = 0;
    Instant at{};
  };

  std::string log_;
  std::string file_;
  std::vector<Look> looks_;  ///< both members grow
};

}  // namespace drover::localcloud::kubernetes
