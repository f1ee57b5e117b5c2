// What is in a folder, as far as it can travel: to a copy, an archive, a store of blobs, another machine. One walk
// decides for all of them what is a file, what is a folder, where a link leads, and what has to stay behind and why.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace drover {

/// What is not wanted: `path` is relative to the folder that is walked.
using LeavesOut = std::function<bool(const std::string& path, bool is_folder)>;

/// Something that stays behind.
struct LeftOut {
  std::string path;  ///< relative to the folder; "" for the folder itself
  std::string why;   ///< a clause: "it is a socket"
};

struct WalkRules {
  /// True: a link to what lies in the folder stays a link, relative, so that it leads to the copy. False: there is a
  /// file or a folder in its place.
  bool keeps_links = false;
  /// A link that leads out of the folder is followed to what lies below this absolute path; "/": to anything; "": to
  /// nothing, and then it stays behind.
  std::string boundary = {};
  /// Absolute path under which those who made links saw the folder, where that was another one; "" = they saw it as it
  /// is.
  std::string seen_as = {};
  /// Absolute path of a folder that is passed over without a word; "" = none.
  std::string avoids = {};
  /// Names that are not UTF-8 stay behind: names of blobs are.
  bool needs_text_names = false;
  LeavesOut leaves_out = nullptr;  ///< passed over without a word, with all in it
};

struct WalkEntry {
  enum class Kind : std::uint8_t { file, folder, link };
  Kind kind = Kind::file;
  std::string path;        ///< relative to the folder; "" where the walk began at a file
  std::string source;      ///< where its content lies on this machine
  std::string link = {};   ///< of a link: where it leads, relative to the folder that it lies in
  std::int64_t bytes = 0;  ///< of a file
};

struct Walk {
  std::vector<WalkEntry> entries;  ///< by path; a folder comes before what lies in it
  std::vector<LeftOut> left_out;
};

/// A folder with all below it, or a file alone; empty when there is neither. Links that lead round in circles, to
/// nothing, or to a folder above, and what is neither file, folder nor link are left out, and so is a folder that
/// cannot be read. Errors: unavailable when `root` itself cannot be read.
Result<Walk> walk_folder(const std::string& root, const WalkRules& rules);

/// How many a log has room for.
inline constexpr std::size_t named_in_log_max = 1000;

/// "outputs/x (it is a socket), a.ipc (it is a pipe) and 3 more": at most `named_max` by name, for a person to read.
std::string describe(const std::vector<LeftOut>& left_out, std::size_t named_max = 10);

}  // namespace drover
