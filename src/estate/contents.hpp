// What an estate wants a cluster to hold and writes in words of its own (namespaces, registry secrets, the GPU plugin),
// as the objects that these mean. Manifests in files are read elsewhere.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "estate/estate.hpp"
#include "model/manifest.hpp"

namespace drover::estate {

/// Passwords of registry secrets by their name in the estate.
using Passwords = std::map<std::string, std::string>;

/// "train/regcred" -> (train, regcred); without a slash the namespace is default.
std::pair<std::string, std::string> space_and_name(std::string_view written);

/// Whether the cluster is to have NVIDIA's device plugin: as it says, or when a pool has GPUs.
bool wants_device_plugin(const ClusterWish& wish);

/// Does the estate want the cluster to hold anything?
bool wants_contents(const ClusterWish& wish);

/// Pure; a secret whose password is not in `passwords` has an empty one. The objects hold secrets.
std::vector<Manifest> typed_contents(const ClusterWish& wish, const Passwords& passwords);

}  // namespace drover::estate
