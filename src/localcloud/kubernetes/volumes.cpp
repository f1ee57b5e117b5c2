// The volumes of a pod, as folders of this machine, and the root that a container sees around them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/kubernetes/kubelet.hpp"

namespace drover::localcloud::kubernetes {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot(const std::string& what, const std::error_code& error) {
  return fail(Code::unavailable, what + ": " + error.message());
}

/// Names of files in volumes come from users: one that would lead out of its folder is none.
bool is_inside(std::string_view path) {
  if (path.empty() || path.starts_with('/')) return false;
  return std::ranges::none_of(split(path, '/'), [](std::string_view part) { return part == ".."; });
}

Status write_file(const fs::path& folder, const std::string& name, const std::string& bytes) {
  if (!is_inside(name)) return fail(Code::invalid_input, "a volume's file cannot be named " + printable(name));
  std::error_code error;
  fs::create_directories((folder / name).parent_path(), error);
  std::ofstream file(folder / name, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (!file) return fail(Code::unavailable, "cannot write " + (folder / name).string());
  return {};
}

/// Config map or secret: all keys, or the items under their paths.
Status write_keys(const Cluster& cluster, const Json& pod, const fs::path& folder, const Json& source, bool is_secret) {
  const std::string name =
      text_at(source, {"secretName"}).empty() ? text_at(source, {"name"}) : text_at(source, {"secretName"});
  const Object holder = cluster.find(type_named(is_secret ? "secrets" : "configmaps"), space_of(pod), name);
  if (!holder && true_at(source, {"optional"})) return {};
  if (!holder)
    return fail(Code::not_found, std::string(is_secret ? "secret" : "configmap") + " \"" + name + "\" not found");
  const auto bytes = [&](const Json& value, bool is_binary) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    return is_binary ? base64_decode(text).value_or("") : text;
  };
  const Json* items = member(source, "items");
  for (const char* part : {"data", "binaryData"}) {
    const Json* data = member(*holder, part);
    if (data == nullptr) continue;
    const bool is_binary = is_secret || part == std::string_view("binaryData");
    for (const auto& [key, value] : data->items()) {
      const Json* item = element_with(items, "key", key);
      if (items != nullptr && item == nullptr) continue;
      DROVER_CHECK(write_file(folder, item == nullptr ? key : text_at(*item, {"path"}), bytes(value, is_binary)));
    }
  }
  if (items == nullptr || true_at(source, {"optional"})) return {};
  for (const auto& item : *items) {
    const std::string key = text_at(item, {"key"});
    const bool is_there = at(*holder, {"data", key}) != nullptr || at(*holder, {"binaryData", key}) != nullptr;
    if (!is_there)
      return fail(Code::not_found,
                  "references non-existent " + std::string(is_secret ? "secret" : "config") + " key: " + key);
  }
  return {};
}

Status write_downward(const Json& pod, const fs::path& folder, const Json& source) {
  const Json* items = member(source, "items");
  for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
    const Json& item = (*items)[i];
    std::string value;
    if (const Json* reference = member(item, "resourceFieldRef"))
      value = downward_resource(pod, *reference, nullptr);
    else
      value = downward_field(pod, text_at(item, {"fieldRef", "fieldPath"})).value_or("");
    DROVER_CHECK(write_file(folder, text_at(item, {"path"}), value));
  }
  return {};
}

Status write_projected(const Cluster& cluster, const Json& pod, const fs::path& folder, const Json& volume) {
  const Json* sources = member(volume, "sources");
  for (std::size_t i = 0; sources != nullptr && i < sources->size(); ++i) {
    const Json& source = (*sources)[i];
    if (const Json* one = member(source, "configMap")) DROVER_CHECK(write_keys(cluster, pod, folder, *one, false));
    if (const Json* one = member(source, "secret")) DROVER_CHECK(write_keys(cluster, pod, folder, *one, true));
    if (const Json* one = member(source, "downwardAPI")) DROVER_CHECK(write_downward(pod, folder, *one));
  }
  return {};
}

struct Source {
  std::string path;
  bool writable = false;
};

Status fill_volume(const Cluster& cluster, const Json& pod, const fs::path& folder, const Json& volume) {
  if (const Json* config = member(volume, "configMap")) return write_keys(cluster, pod, folder, *config, false);
  if (const Json* secret = member(volume, "secret")) return write_keys(cluster, pod, folder, *secret, true);
  if (const Json* downward = member(volume, "downwardAPI")) return write_downward(pod, folder, *downward);
  if (const Json* projected = member(volume, "projected")) return write_projected(cluster, pod, folder, *projected);
  return fail(Code::invalid_input,
              "the local cloud has no volumes of this kind (it has emptyDir, configMap, secret, downwardAPI, projected "
              "and hostPath)");
}

/// The folder behind a volume, made and filled.
Result<Source> make_volume(const Cluster& cluster, const Machine& machine, const Json& pod, const Json& volume) {
  if (const Json* host = member(volume, "hostPath")) {
    std::error_code error;
    const std::string path = text_at(*host, {"path"});
    const std::string type = text_at(*host, {"type"});
    if (type == "DirectoryOrCreate") fs::create_directories(path, error);
    if (!fs::exists(path, error)) return fail(Code::not_found, "hostPath type check failed: " + path + " is not there");
    return Source{path, true};
  }
  const fs::path folder = fs::path(pod_folder(machine, pod)) / "volumes" / text_at(volume, {"name"});
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return cannot("making " + folder.string(), error);
  if (member(volume, "emptyDir") != nullptr) return Source{folder.string(), true};
  DROVER_CHECK(fill_volume(cluster, pod, folder, volume));
  return Source{folder.string(), false};
}

/// Shows `folder` of this machine, entry by entry where a mount is to lie below an entry that lacks its place.
void lay_out(const fs::path& folder, const std::set<std::string>& missing, std::vector<Mount>& mounts) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string path = entry.path().string();
    if (path == "/proc" || path == "/dev" || path == "/tmp") continue;
    const auto below = missing.lower_bound(path + "/");
    const bool holds_one = below != missing.end() && below->starts_with(path + "/");
    if (holds_one && entry.is_directory(error) && !entry.is_symlink(error))
      lay_out(entry.path(), missing, mounts);
    else if (entry.is_directory(error) || entry.is_regular_file(error))
      mounts.push_back({.from = path, .to = path});
  }
}

}  // namespace

std::string pod_folder(const Machine& machine, const Json& pod) { return machine.folder + "/pods/" + uid_of(pod); }

Result<std::vector<Mount>> make_mounts(const Cluster& cluster, const Machine& machine, const Json& pod,
                                       const Json& container, const Image* image) {
  std::vector<Mount> mounts;
  const Json* wanted = member(container, "volumeMounts");
  for (std::size_t i = 0; wanted != nullptr && i < wanted->size(); ++i) {
    const Json& mount = (*wanted)[i];
    const Json* volume = element_with(at(pod, {"spec", "volumes"}), "name", text_at(mount, {"name"}));
    if (volume == nullptr) return fail(Code::invalid_input, "there is no volume " + text_at(mount, {"name"}));
    DROVER_TRY(source, make_volume(cluster, machine, pod, *volume));
    std::string from = source.path;
    if (const std::string sub = text_at(mount, {"subPath"}); !sub.empty()) {
      if (!is_inside(sub)) return fail(Code::invalid_input, "subPath must not leave its volume: " + printable(sub));
      from += "/" + sub;
      std::error_code error;
      if (!fs::exists(from, error)) fs::create_directories(from, error);
    }
    std::error_code error;
    // Links on the way are those of the root that the container sees.
    const std::string wanted_place = text_at(mount, {"mountPath"});
    const std::string place = image == nullptr ? fs::weakly_canonical(wanted_place, error).string() : wanted_place;
    mounts.push_back({.from = from, .to = place, .writable = source.writable && !true_at(mount, {"readOnly"})});
  }
  return mounts;
}

namespace {

/// A container's words for one of "command" and "args".
std::vector<std::string> words_of(const Json& container, const char* part,
                                  const std::vector<std::pair<std::string, std::string>>& environment) {
  std::vector<std::string> words;
  if (const Json* given = member(container, part))
    for (const auto& word : *given) words.push_back(expand_variables(word.get<std::string>(), environment));
  return words;
}

/// Mounts into this machine's own root. It cannot hold new folders: where one is missing, the container gets a root of
/// its own, in `own`, with the machine's laid into it.
Status enter_host(const std::vector<Mount>& volumes, const fs::path& own, ProcessSpec& spec) {
  std::set<std::string> missing;
  std::error_code error;
  for (const auto& mount : volumes)
    if (!mount.to.starts_with("/tmp/") && !fs::exists(mount.to, error)) missing.insert(mount.to);
  if (!missing.empty()) {
    fs::create_directories(own / "root", error);
    fs::create_directories(own / "tmp", error);
    if (error) return cannot("making " + own.string(), error);
    spec.root = (own / "root").string();
    lay_out("/", missing, spec.mounts);
    spec.mounts.push_back({.from = (own / "tmp").string(), .to = "/tmp", .writable = true});
  }
  spec.mounts.insert(spec.mounts.end(), volumes.begin(), volumes.end());
  return {};
}

}  // namespace

Result<ProcessSpec> make_process(const Cluster& cluster, const Machine& machine, const Json& pod, const Json& container,
                                 long long attempt, const Image* image) {
  const std::string name = text_at(container, {"name"});
  ProcessSpec spec{.name = process_name(pod, name, attempt)};
  DROVER_TRY(environment, make_environment(cluster, pod, container, image));
  DROVER_TRY(volumes, make_mounts(cluster, machine, pod, container, image));
  const auto command = words_of(container, "command", environment);
  const auto args = words_of(container, "args", environment);
  spec.command = command_of(image == nullptr ? Image{} : *image, command, args);
  if (spec.command.empty())
    return fail(Code::invalid_input,
                "no command specified: the image " + text_at(container, {"image"}) + " has none of its own");
  spec.environment = std::move(environment);
  spec.confined = machine.confined;
  if (image != nullptr) spec.folder = image->folder;
  if (const std::string folder = text_at(container, {"workingDir"}); !folder.empty()) spec.folder = folder;
  if (!machine.confined && (!volumes.empty() || image != nullptr))
    return fail(Code::precondition, "volumes and images need isolation, and pods run unconfined here");
  const fs::path own = fs::path(pod_folder(machine, pod)) / ("root." + name);
  if (image == nullptr) {
    DROVER_CHECK(enter_host(volumes, own, spec));
  } else {
    spec.mounts = std::move(volumes);
    DROVER_CHECK(enter_image(*image, own.string() + "." + std::to_string(attempt), spec));
  }
  if (!machine.folder.empty()) {
    std::error_code error;
    spec.log = log_path(machine, pod, name, attempt);
    fs::create_directories(fs::path(spec.log).parent_path(), error);
    if (error) return cannot("making the folder of " + spec.log, error);
  }
  return spec;
}

}  // namespace drover::localcloud::kubernetes
