// Images of containers that come from elsewhere than this machine's own root: from a registry, or from an OCI layout on
// this machine. skopeo fetches them and umoci unpacks them, in processes of their own, so that nothing waits for them
// here; what is unpacked is kept, one folder an image, and shared by all who run it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "localcloud/cloud.hpp"

namespace drover::localcloud {

/// An image that is unpacked, and what it says of how it is run (OCI image configuration).
struct Image {
  std::string root;                                              ///< folder that is its /; nobody writes to it
  std::vector<std::string> entrypoint, command;                  ///< "Entrypoint", "Cmd"
  std::vector<std::pair<std::string, std::string>> environment;  ///< "Env"
  std::string folder = "/";                                      ///< "WorkingDir"
};

enum class Pull : std::uint8_t {
  never,  ///< only what is here already
  due,    ///< tried again once the pause after the last failure is over
  now,    ///< whatever failed before
};

/// What is known of an image. Without an image, a problem or a pull there is none.
struct ImageLook {
  std::optional<Image> image;  ///< it is here
  bool is_pulling = false;
  bool has_begun = false;  ///< with is_pulling: this very look began it
  std::string problem;     ///< why the last pull failed, in the words of who failed
};

class Images {
 public:
  /// `machine.processes` are those whose names begin with "pull." alone.
  void set_machine(Machine machine);
  /// Looks for an image, and has it pulled where it is not here. `now` is the processes' time.
  ImageLook want(const std::string& reference, Instant now, Pull pull);

 private:
  struct Failure {
    std::string why;
    int count = 0;
    Instant again{};  ///< not tried before
  };
  void collect(Instant now);
  std::string folder_of(const std::string& key) const { return machine_.folder + "/images/" + key; }
  Status begin(const std::string& reference, const std::string& key);

  Machine machine_;
  std::set<std::string> pulling_;            ///< keys
  std::map<std::string, Failure> failures_;  ///< by key
};

/// False for what can be no reference: "[HOST[:PORT]/]PATH[:TAG|@DIGEST]", or "oci:/PATH/OF/LAYOUT[:TAG]".
bool is_image_reference(std::string_view reference);
/// Reads an image's configuration. Errors: corrupt.
Result<Image> parse_image_configuration(std::string_view text, std::string root);
/// The line that says why a pull failed, of all that skopeo and umoci have written; their log's decoration is left out.
std::string pull_problem(std::string_view log);

/// Entrypoint and Cmd with a container's command and args over them, as Kubernetes has it: a command leaves the
/// image's Cmd out as well.
std::vector<std::string> command_of(const Image& image, const std::vector<std::string>& command,
                                    const std::vector<std::string>& args);
/// Where `path` leads in the image: links on its way are those of the image, and none leads out of it.
std::string resolve_in(const std::string& root, std::string_view path);
/// Puts `spec` into the image: its root, read-only, around what `spec` has mounted and its folder, which are made where
/// the image lacks them; /tmp and what is new in / are the container's own, in the folder `own`. Doing it again changes
/// nothing. Errors: unavailable for the disk.
Status enter_image(const Image& image, const std::string& own, ProcessSpec& spec);

}  // namespace drover::localcloud
