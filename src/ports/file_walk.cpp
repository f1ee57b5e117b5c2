#include "ports/file_walk.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace drover {
namespace {

namespace fs = std::filesystem;

bool is_below(const fs::path& path, const fs::path& folder) {
  return std::ranges::mismatch(folder, path).in1 == folder.end();
}

/// What the kernel makes up: it has no end, or waits for ever.
bool is_made_up(const fs::path& path) {
  return std::ranges::any_of(std::initializer_list<const char*>{"/proc", "/sys", "/dev"},
                             [&](const char* folder) { return is_below(path, folder); });
}

/// Of what is neither a file nor a folder; "" for those.
const char* oddity(fs::file_type type) {
  switch (type) {
    case fs::file_type::socket:
      return "it is a socket";
    case fs::file_type::fifo:
      return "it is a pipe";
    case fs::file_type::block:
    case fs::file_type::character:
      return "it is a device";
    case fs::file_type::regular:
    case fs::file_type::directory:
      return "";
    default:
      return "it is neither a file nor a folder";
  }
}

/// Of what cannot be looked at.
std::string unseen(const std::error_code& error) {
  if (error == std::errc::filename_too_long) return "its path is too long";
  return "it cannot be read: " + error.message();
}

/// Between its name and the look at it; all else is a reason to name it among what is left out.
bool is_gone(const std::error_code& error) {
  return error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
}

class Walker {
 public:
  Walker(fs::path root, const WalkRules& rules) : rules_(rules), root_(std::move(root)) {
    std::error_code ignored;
    boundary_ = rules.boundary.empty() ? fs::path() : fs::weakly_canonical(rules.boundary, ignored);
    avoids_ = rules.avoids.empty() ? fs::path() : fs::weakly_canonical(rules.avoids, ignored);
    if (is_below(fs::weakly_canonical(root_, ignored), avoids_))
      avoids_.clear();  // who walks in it wants what is there
  }

  Result<Walk> walk() {
    std::error_code error;
    const auto status = fs::status(root_, error);
    if (status.type() == fs::file_type::not_found) return std::move(found_);
    if (status.type() == fs::file_type::none)
      return fail(Code::unavailable, "cannot read " + printable(root_.string()) + ": " + error.message());
    if (fs::is_directory(status)) {
      const fs::path real = fs::canonical(root_, error);
      if (error) return fail(Code::unavailable, "cannot read " + printable(root_.string()) + ": " + error.message());
      if (auto read = read_folder({.real = real, .path = ""}, {.real = real, .path = ""}); read)
        return fail(Code::unavailable, "cannot read " + printable(root_.string()) + ": " + read->message());
    } else if (const char* odd = oddity(status.type()); *odd != '\0') {
      found_.left_out.push_back({"", odd});
    } else {
      add_file("", root_);
    }
    std::ranges::sort(found_.entries, {}, &WalkEntry::path);
    return std::move(found_);
  }

 private:
  /// A folder that is walked: where it lies, links followed, and what it is called.
  struct Place {
    fs::path real;
    std::string path;
  };

  static std::string below(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + "/" + name;
  }

  void leave(const std::string& path, std::string why) { found_.left_out.push_back({path, std::move(why)}); }

  void add_file(const std::string& path, const fs::path& source) {
    std::error_code error;
    const auto bytes = fs::file_size(source, error);
    found_.entries.push_back({.kind = WalkEntry::Kind::file,
                              .path = path,
                              .source = source.string(),
                              .bytes = error ? 0 : static_cast<std::int64_t>(bytes)});
  }

  /// All in it. `base`: the folder that was walked or followed to last, in which links may stay links. Why it cannot be
  /// read, if so.
  std::optional<std::error_code> read_folder(const Place& folder, const Place& base) {
    std::vector<std::string> names;
    std::error_code error;
    for (auto it = fs::directory_iterator(folder.real, error); !error && it != fs::directory_iterator();
         it.increment(error))
      names.push_back(it->path().filename().string());
    if (error) return error;
    above_.push_back(folder.real);
    std::ranges::sort(names);
    for (const auto& name : names) visit(below(folder.path, name), folder.real / name, base);
    above_.pop_back();
    return std::nullopt;
  }

  void visit(const std::string& path, const fs::path& source, const Place& base) {
    std::error_code error;
    const auto status = fs::symlink_status(source, error);
    if (status.type() == fs::file_type::not_found) return;  // it went meanwhile
    if (status.type() == fs::file_type::none) return leave(path, unseen(error));
    const bool is_folder = fs::is_directory(status);
    if (rules_.leaves_out && rules_.leaves_out(path, is_folder)) return;
    if (!avoids_.empty() && source == avoids_) return;
    if (rules_.needs_text_names && !is_utf8(path)) return leave(path, "its name is not UTF-8");
    if (fs::is_symlink(status)) return visit_link(path, source, base);
    visit_content(path, source, status.type(), base);
  }

  void visit_content(const std::string& path, const fs::path& source, fs::file_type type, const Place& base) {
    if (type == fs::file_type::regular) return add_file(path, source);
    if (type != fs::file_type::directory) return leave(path, oddity(type));
    found_.entries.push_back({.kind = WalkEntry::Kind::folder, .path = path, .source = source.string()});
    if (const auto why = read_folder({source, path}, base)) {
      found_.entries.pop_back();
      if (!is_gone(*why)) leave(path, unseen(*why));
    }
  }

  /// Where a link leads, as those meant it who made it.
  fs::path target_of(const fs::path& link) const {
    std::error_code error;
    fs::path target = fs::read_symlink(link, error);
    if (!rules_.seen_as.empty() && is_below(target, rules_.seen_as))
      target = root_ / target.lexically_relative(rules_.seen_as);
    return target.is_absolute() ? target : link.parent_path() / target;
  }

  void visit_link(const std::string& path, const fs::path& source, const Place& base) {
    std::error_code error;
    const fs::path target = target_of(source);
    const fs::path real = fs::canonical(target, error);
    if (error == std::errc::too_many_symbolic_link_levels) return leave(path, "it is a link that leads to itself");
    if (error && !is_gone(error))
      return leave(path,
                   "it is a link to " + printable(target.string()) + ", which cannot be looked at: " + error.message());
    if (error) return leave(path, "it is a link to " + printable(target.string()) + ", which is not there");
    if (!avoids_.empty() && is_below(real, avoids_)) return;
    if (rules_.keeps_links && is_below(real, base.real) && !is_passed_over(real, base)) {
      found_.entries.push_back({.kind = WalkEntry::Kind::link,
                                .path = path,
                                .source = real.string(),
                                .link = real.lexically_relative(source.parent_path()).string()});
      return;
    }
    follow(path, real, base);
  }

  /// What a link leads to will not be in the copy itself.
  bool is_passed_over(const fs::path& real, const Place& base) const {
    if (!rules_.leaves_out) return false;
    fs::path reached;
    std::error_code ignored;
    for (const auto& part : real.lexically_relative(base.real)) {
      reached /= part;
      if (rules_.leaves_out(below(base.path, reached.string()), fs::is_directory(base.real / reached, ignored)))
        return true;
    }
    return false;
  }

  void follow(const std::string& path, const fs::path& real, const Place& base) {
    const bool is_inside = is_below(real, above_.front());
    if (!is_inside && (boundary_.empty() || !is_below(real, boundary_) || is_made_up(real)))
      return leave(path, "it is a link out of the folder, to " + printable(real.string()));
    // Also a folder above the one that is walked: it holds the link, and so on without end.
    if (std::ranges::any_of(above_, [&](const fs::path& folder) { return is_below(folder, real); }))
      return leave(path, "it is a link to a folder that holds it: " + printable(real.string()));
    std::error_code error;
    const auto type = fs::status(real, error).type();
    if (type == fs::file_type::not_found)
      return leave(path, "it is a link to " + printable(real.string()) + ", which is not there");
    if (type == fs::file_type::none) return leave(path, unseen(error));
    visit_content(path, real, type, is_below(real, base.real) ? base : Place{real, path});
  }

  const WalkRules& rules_;
  fs::path root_, boundary_, avoids_;
  std::vector<fs::path> above_;  ///< folders that are being walked, the outermost first, links followed
  Walk found_;
};

}  // namespace

Result<Walk> walk_folder(const std::string& root, const WalkRules& rules) { return Walker(root, rules).walk(); }

std::string describe(const std::vector<LeftOut>& left_out, std::size_t named_max) {
  std::vector<std::string> words;
  for (const auto& each : left_out) {
    if (words.size() == named_max) break;
    words.push_back((each.path.empty() ? "the folder" : printable(each.path)) + " (" + each.why + ")");
  }
  if (left_out.size() > words.size()) words.push_back(std::to_string(left_out.size() - words.size()) + " more");
  return join(words, ", ");
}

}  // namespace drover
