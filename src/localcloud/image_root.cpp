// The root that a container of an image sees: the image's own files, never to be written to, with places for what is
// mounted into it.
#include <deque>
#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "localcloud/images.hpp"

namespace drover::localcloud {
namespace {

namespace fs = std::filesystem;

/// As many links on one path as the kernel follows (path_resolution(7)).
constexpr int links_max = 40;

bool is_below(const std::string& path, std::string_view folder) {
  return path == folder || path.starts_with(std::string(folder) + "/");
}

/// What bubblewrap puts there itself, and /tmp, which is the container's own: anything can be made in them.
bool is_made(const std::string& path) {
  return is_below(path, "/tmp") || is_below(path, "/dev") || is_below(path, "/proc");
}

/// Entries of `inside` of the image, made in `own` and mounted; folders that lack a place are gone through.
void lay_out(const std::string& image, const fs::path& own, const std::string& inside,
             const std::set<std::string>& missing, std::vector<Mount>& mounts) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(image + inside, error)) {
    const std::string path = inside + "/" + entry.path().filename().string();
    if (is_made(path)) continue;
    const fs::path place = own.string() + path;
    if (entry.is_symlink(error)) {
      if (!fs::is_symlink(fs::symlink_status(place, error))) fs::copy_symlink(entry.path(), place, error);
      continue;
    }
    const auto below = missing.lower_bound(path + "/");
    const bool holds_one = below != missing.end() && below->starts_with(path + "/");
    if (entry.is_directory(error)) {
      fs::create_directories(place, error);
      if (holds_one) {
        lay_out(image, own, path, missing, mounts);
        continue;
      }
    } else if (entry.is_regular_file(error)) {
      std::ofstream(place, std::ios::app).close();
    } else {
      continue;
    }
    mounts.push_back({.from = entry.path().string(), .to = path});
  }
}

/// What container runtimes give to every container that shares the machine's network.
void add_names(std::vector<Mount>& mounts) {
  std::error_code error;
  for (const char* file : {"/etc/resolv.conf", "/etc/hosts"})
    if (fs::is_regular_file(file, error)) mounts.push_back({.from = fs::canonical(file, error).string(), .to = file});
}

}  // namespace

std::string resolve_in(const std::string& root, std::string_view path) {
  std::deque<std::string> left;
  for (const auto part : split(path, '/')) left.emplace_back(part);
  std::string reached;
  for (int links = 0; !left.empty();) {
    const std::string part = std::move(left.front());
    left.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      reached.erase(reached.empty() ? 0 : reached.rfind('/'));
      continue;
    }
    std::error_code error;
    const fs::path here = root + reached + "/" + part;
    if (!fs::is_symlink(fs::symlink_status(here, error)) || ++links > links_max) {
      reached += "/" + part;
      continue;
    }
    const std::string target = fs::read_symlink(here, error).string();
    if (target.starts_with('/')) reached.clear();
    const auto parts = split(std::string_view(target), '/');
    for (auto it = parts.rbegin(); it != parts.rend(); ++it) left.emplace_front(*it);
  }
  return reached.empty() ? "/" : reached;
}

Status enter_image(const Image& image, const std::string& own, ProcessSpec& spec) {
  std::vector<Mount> wanted;
  add_names(wanted);
  wanted.insert(wanted.end(), spec.mounts.begin(), spec.mounts.end());
  std::set<std::string> missing;
  std::error_code error;
  const auto miss = [&](const std::string& path) {
    if (!is_made(path) && !fs::exists(image.root + path, error)) missing.insert(path);
  };
  for (auto& mount : wanted) miss(mount.to = resolve_in(image.root, mount.to));
  const std::string folder = resolve_in(image.root, spec.folder);
  miss(folder);
  fs::create_directories(own + "/root", error);
  if (!error) fs::create_directories(own + "/tmp", error);
  if (error) return fail(Code::unavailable, "making " + own + ": " + error.message());
  spec.root = own + "/root";
  spec.mounts.clear();
  lay_out(image.root, spec.root, "", missing, spec.mounts);
  if (missing.contains(folder)) fs::create_directories(spec.root + folder, error);
  if (error) return fail(Code::unavailable, "making " + folder + " in " + spec.root + ": " + error.message());
  spec.mounts.push_back({.from = own + "/tmp", .to = "/tmp", .writable = true});
  spec.mounts.insert(spec.mounts.end(), wanted.begin(), wanted.end());
  return {};
}

}  // namespace drover::localcloud
