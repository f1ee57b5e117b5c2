#include "control/contents/sources.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "codec/manifests.hpp"

namespace drover::control {
namespace {

/// One file; kubectl and the API server draw the line for one object at some 1.5 MiB.
constexpr std::int64_t bytes_max = std::int64_t{16} << 20;
/// Of one folder; more is somebody's home folder.
constexpr std::size_t files_max = 5'000;

bool is_manifest(const std::string& name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

class Reader {
 public:
  Reader(Folders& folders, const std::string& stood_in) : folders_(folders), stood_in_(stood_in) {}

  void read_named(const estate::Text& named, const std::string& shown, const std::string& path);
  std::vector<Manifest> manifests;
  std::vector<Error> errors;

 private:
  void complain(const estate::Text& named, std::string message, std::string hint) {
    errors.push_back(
        {.code = Code::invalid_input, .message = std::move(message), .hint = std::move(hint), .where = named.where});
  }
  void read_folder(const estate::Text& named, const std::string& shown, const std::string& path,
                   const std::vector<FileEntry>& entries);
  void read_file(const std::string& shown);

  Folders& folders_;
  const std::string& stood_in_;
};

void Reader::read_file(const std::string& shown) {
  const auto name = std::make_shared<const std::string>(shown);
  auto text = folders_.read(reachable(stood_in_, shown), 0, bytes_max + 1);
  if (!text) {
    errors.push_back(std::move(text.error()));
    return;
  }
  auto parsed = codec::parse_manifests(*text, name);
  if (!parsed)
    std::ranges::move(parsed.error(), std::back_inserter(errors));
  else
    std::ranges::move(*parsed, std::back_inserter(manifests));
}

void Reader::read_folder(const estate::Text& named, const std::string& shown, const std::string& path,
                         const std::vector<FileEntry>& entries) {
  std::vector<std::string> files;
  for (const auto& entry : entries)
    if (entry.path.find('/') == std::string::npos && is_manifest(entry.path)) files.push_back(entry.path);
  if (files.empty())
    return complain(named, path + ": no manifest lies in " + printable(shown),
                    "files right in it that end in .yaml, .yml or .json are read");
  if (files.size() > files_max)
    return complain(named,
                    path + ": " + std::to_string(files.size()) + " manifests lie in " + printable(shown) +
                        "; at most " + std::to_string(files_max) + " are read",
                    "is it the right folder?");
  const std::string folder = shown.ends_with('/') ? shown : shown + "/";
  for (const auto& file : files) read_file(folder + file);
}

void Reader::read_named(const estate::Text& named, const std::string& shown, const std::string& path) {
  const std::string there = reachable(stood_in_, shown);
  if (!folders_.exists(there))
    return complain(named, path + ": there is no " + printable(shown),
                    "files and folders are named from where the estate file lies");
  const auto entries = folders_.list(there);
  if (!entries) {
    errors.push_back(entries.error());
    return;
  }
  const bool is_file = entries->size() == 1 && entries->front().path.empty();
  if (is_file)
    read_file(shown);
  else
    read_folder(named, shown, path, *entries);
}

}  // namespace

std::string beside(const std::string& estate_file, const std::string& name) {
  const auto slash = estate_file.rfind('/');
  if (name.starts_with('/') || slash == std::string::npos) return name;
  return estate_file.substr(0, slash + 1) + name;
}

std::string reachable(const std::string& stood_in, const std::string& name) {
  return name.starts_with('/') || stood_in.empty() ? name : stood_in + "/" + name;
}

std::expected<std::vector<Manifest>, std::vector<Error>> read_manifests(Folders& folders, const std::string& stood_in,
                                                                        const std::string& estate_file,
                                                                        const std::vector<estate::Text>& named,
                                                                        const std::string& path) {
  Reader reader(folders, stood_in);
  for (std::size_t i = 0; i < named.size(); ++i)
    reader.read_named(named[i], beside(estate_file, named[i].value), indexed(path, i));
  if (!reader.errors.empty()) return std::unexpected(std::move(reader.errors));
  return std::move(reader.manifests);
}

}  // namespace drover::control
