// Can this machine shut a process in, and if not, what would have to change? Containers, chroots and some distributions
// forbid it in ways of their own, and each has its own cure.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"

namespace drover::system {

/// What the machine says about itself, where bubblewrap has failed.
struct IsolationFacts {
  std::string said;              ///< bubblewrap's last words
  bool restricts_users = false;  ///< kernel.apparmor_restrict_unprivileged_userns is 1 (Ubuntu from 23.10 on)
  bool forbids_users = false;    ///< kernel.unprivileged_userns_clone is 0, or user.max_user_namespaces
  bool is_root = false;
  bool is_container = false;  ///< of docker, podman or Kubernetes
};

/// precondition: why nothing can be isolated, and what helps.
Error explain_isolation(const IsolationFacts& facts);

/// Tries it, in a few milliseconds; nullopt when processes can be shut in.
std::optional<Error> probe_isolation(const std::string& bubblewrap);

}  // namespace drover::system
