#include "localcloud/images.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/json.hpp"

namespace drover::localcloud {
namespace {

namespace fs = std::filesystem;

/// Between tries, as a kubelet has it: 10 s, doubled up to 5 minutes.
constexpr std::chrono::seconds pause_first{10};
constexpr std::chrono::seconds pause_max{300};
/// At once; others wait: each unpacks with a whole core.
constexpr std::size_t pulls_max = 3;
/// What one says of itself is no longer; the rest is not read.
constexpr std::size_t configuration_bytes_max = 8u << 20;
constexpr std::string_view layout_prefix = "oci:";

/// $0 is the source, $1 the folder that it is to become, $2 an option of skopeo's for the source.
/// All happens beside that folder, which appears whole at the end: killed at any point, this begins anew. An hour is
/// for tens of GB over a slow line, and an end to a registry that says nothing. Whether an image is signed is not
/// asked, as other clusters do not by default.
constexpr const char* pull_script = R"sh(set -e
for tool in skopeo umoci; do
  command -v $tool >/dev/null || { echo "$tool is not installed on this machine: apt install skopeo umoci"; exit 127; }
done
part=$1.part
[ ! -e "$part" ] || { chmod -R u+rwX "$part"; rm -rf "$part"; }
mkdir -p "$part"
skopeo --insecure-policy --command-timeout 1h copy --quiet $2 "$0" "oci:$part/layout:image"
skopeo inspect --config "oci:$part/layout:image" >"$part/image.json"
rootless=
[ "$(id -u)" = 0 ] || rootless=--rootless
umoci unpack $rootless --image "$part/layout:image" "$part/bundle"
rm -rf "$part/layout"
mv -T "$part" "$1"
)sh";

bool is_layout(std::string_view reference) { return reference.starts_with(layout_prefix); }

/// A registry on this machine speaks HTTP, as containers' runtimes take it.
bool is_of_this_machine(std::string_view reference) {
  const auto host = reference.substr(0, reference.find_first_of(":/"));
  return host == "localhost" || host == "127.0.0.1";
}

std::string read_text(const fs::path& path, std::size_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (!file) return text;
  text.resize(bytes_max);
  file.read(text.data(), static_cast<std::streamsize>(bytes_max));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// The folder of "oci:/PATH[:TAG]".
std::string layout_folder(std::string_view reference) {
  reference.remove_prefix(layout_prefix.size());
  return std::string(reference.substr(0, reference.find(':')));
}

/// A layout is a folder that its owner writes to: what it holds now is part of the key, so that a tag that was built
/// anew is another image. A registry's tag is asked once.
std::string key_of(const std::string& reference) {
  if (!is_layout(reference)) return sha256_hex(reference);
  return sha256_hex(reference + "\n" + read_text(layout_folder(reference) + "/index.json", configuration_bytes_max));
}

constexpr std::string_view pull_prefix = "pull.";
std::string process_of(const std::string& key) { return std::string(pull_prefix) + key; }

std::vector<std::string> words_at(const Json& configuration, const char* name) {
  std::vector<std::string> words;
  const Json* list = member(configuration, name);
  if (list == nullptr || !list->is_array()) return words;
  for (const auto& word : *list)
    if (word.is_string()) words.push_back(word.get<std::string>());
  return words;
}

}  // namespace

bool is_image_reference(std::string_view reference) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '/';
  };
  if (is_layout(reference)) {
    reference.remove_prefix(layout_prefix.size());
    return reference.starts_with('/') && std::ranges::none_of(reference, [](char c) { return c >= 0 && c < ' '; });
  }
  // Names are in small letters; tags need not be.
  const auto tag = std::min(reference.find('@'), reference.find(':', reference.rfind('/') + 1));
  std::string_view name = reference.substr(0, tag);
  if (name.empty() || name.front() == '-' || name.front() == '/' || name.back() == '/') return false;
  const auto is_of_name = [&](char c) { return is_plain(c) || c == ':'; };
  const auto is_of_tag = [&](char c) { return is_of_name(c) || c == '@' || (c >= 'A' && c <= 'Z'); };
  if (!std::ranges::all_of(name, is_of_name) || name.find("//") != std::string_view::npos) return false;
  if (tag == std::string_view::npos) return true;
  const std::string_view rest = reference.substr(tag + 1);
  return !rest.empty() && rest.find('/') == std::string_view::npos && std::ranges::all_of(rest, is_of_tag);
}

Result<Image> parse_image_configuration(std::string_view text, std::string root) {
  const auto body = parse_body(text);
  if (text.empty() || !body || !body->is_object())
    return fail(Code::corrupt, "the configuration of the image in " + root + " does not read",
                "remove its folder, and it is pulled again");
  Image image{.root = std::move(root)};
  const Json* configuration = member(*body, "config");
  if (configuration == nullptr) return image;
  image.entrypoint = words_at(*configuration, "Entrypoint");
  image.command = words_at(*configuration, "Cmd");
  for (const auto& line : words_at(*configuration, "Env"))
    if (const auto equals = line.find('='); equals != std::string::npos && equals > 0)
      image.environment.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  if (const std::string folder = text_at(*configuration, {"WorkingDir"}); folder.starts_with('/'))
    image.folder = folder;
  return image;
}

std::string pull_problem(std::string_view log) {
  std::string_view last;
  for (const auto line : split(log, '\n'))
    if (!trim(line).empty()) last = trim(line);
  // skopeo: time="..." level=fatal msg="..."
  constexpr std::string_view opening = "msg=\"";
  if (const auto open = last.find(opening); open != std::string_view::npos && last.ends_with('"'))
    return printable(replace_all(
        std::string(last.substr(open + opening.size(), last.size() - open - opening.size() - 1)), "\\\"", "\""));
  return last.empty() ? "it failed without a word" : printable(last);
}

std::vector<std::string> command_of(const Image& image, const std::vector<std::string>& command,
                                    const std::vector<std::string>& args) {
  std::vector<std::string> words = command.empty() ? image.entrypoint : command;
  const auto& rest = args.empty() && command.empty() ? image.command : args;
  words.insert(words.end(), rest.begin(), rest.end());
  return words;
}

void Images::set_machine(Machine machine) {
  machine_ = std::move(machine);
  pulling_.clear();
  if (machine_.processes == nullptr) return;
  for (const auto& name : machine_.processes->running()) pulling_.insert(name.substr(pull_prefix.size()));
}

void Images::collect(Instant now) {
  for (const auto& end : machine_.processes->take_ended()) {
    const std::string key = end.name.substr(pull_prefix.size());
    pulling_.erase(key);
    // What is unpacked lies there whole, and a failure is tried again: nothing is lost with the record.
    machine_.processes->forget(end.name);
    if (end.exit_code == 0 || end.lost) {
      failures_.erase(key);
      continue;
    }
    Failure& failure = failures_[key];
    failure.why = pull_problem(read_text(folder_of(key) + ".log", configuration_bytes_max));
    failure.again = now + std::min<Duration>(pause_first * (1LL << std::min(failure.count++, 10)), pause_max);
  }
}

Status Images::begin(const std::string& reference, const std::string& key) {
  std::error_code error;
  fs::create_directories(machine_.folder + "/images", error);
  if (error) return fail(Code::unavailable, "making " + machine_.folder + "/images: " + error.message());
  ProcessSpec spec{.name = process_of(key), .log = folder_of(key) + ".log", .confined = false};
  fs::remove(spec.log, error);
  const bool has_transport = is_layout(reference);
  spec.command = {"/bin/sh", "-c", pull_script, has_transport ? reference : "docker://" + reference, folder_of(key)};
  spec.command.emplace_back(!has_transport && is_of_this_machine(reference) ? "--src-tls-verify=false" : "");
  spec.environment = machine_.environment;
  const auto started = machine_.processes->start(spec);
  if (!started && started.error().code != Code::already_exists) return started;
  pulling_.insert(key);
  return {};
}

ImageLook Images::want(const std::string& reference, Instant now, Pull pull) {
  if (machine_.processes == nullptr || machine_.folder.empty())
    return {.problem = "nothing pulls images here: the local cloud is not being served"};
  if (!is_image_reference(reference))
    return {.problem = "\"" + printable(reference) + "\" is no reference to an image"};
  collect(now);
  const std::string key = key_of(reference);
  std::error_code error;
  if (const std::string folder = folder_of(key); fs::exists(folder, error)) {
    auto image = parse_image_configuration(read_text(folder + "/image.json", configuration_bytes_max),
                                           folder + "/bundle/rootfs");
    if (image) return {.image = std::move(*image)};
    return {.problem = format_error(image.error())};
  }
  if (pulling_.contains(key)) return {.is_pulling = true};
  const auto failure = failures_.find(key);
  if (pull == Pull::never || (pull == Pull::due && failure != failures_.end() && now < failure->second.again))
    return {.problem = failure == failures_.end() ? "" : failure->second.why};
  if (pulling_.size() >= pulls_max) return {.is_pulling = true};
  if (const auto begun = begin(reference, key); !begun) return {.problem = format_error(begun.error())};
  return {.is_pulling = true, .has_begun = true};
}

}  // namespace drover::localcloud
