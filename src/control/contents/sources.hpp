// The manifests of one cluster: the files and folders that its estate names, read and parsed, before anything is
// called.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "estate/estate.hpp"
#include "model/manifest.hpp"
#include "ports/folders.hpp"

namespace drover::control {

/// Of a folder the .yaml, .yml and .json files right in it, in order of their names, as kubectl apply -f takes them.
/// `estate_file` is named as the person named it, from where they stood: `stood_in`, or "" for here. All that is wrong,
/// each error with its place.
std::expected<std::vector<Manifest>, std::vector<Error>> read_manifests(Folders& folders, const std::string& stood_in,
                                                                        const std::string& estate_file,
                                                                        const std::vector<estate::Text>& named,
                                                                        const std::string& path);

/// `name` as `estate_file` means it, from where the person stood.
std::string beside(const std::string& estate_file, const std::string& name);
/// The same for this process.
std::string reachable(const std::string& stood_in, const std::string& name);

}  // namespace drover::control
