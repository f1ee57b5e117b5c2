#include "drivers/system/isolation.hpp"

#include <unistd.h>

#include "base/text.hpp"
#include "drivers/system/files.hpp"
#include "drivers/system/programs.hpp"

namespace drover::system {
namespace {

constexpr std::size_t setting_bytes_max = 64;
/// bubblewrap takes some milliseconds; a machine under load a thousand times that.
constexpr Duration probe_time_max = std::chrono::seconds(20);

bool has_setting(const char* file, std::string_view value) {
  const auto text = read_file(file, setting_bytes_max);
  return text && trim(*text) == value;
}

IsolationFacts facts_of(std::string said) {
  return {.said = std::move(said),
          .restricts_users = has_setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
          .forbids_users = has_setting("/proc/sys/kernel/unprivileged_userns_clone", "0") ||
                           has_setting("/proc/sys/user/max_user_namespaces", "0"),
          .is_root = ::geteuid() == 0,
          .is_container = file_exists("/.dockerenv") || file_exists("/run/.containerenv") ||
                          file_exists("/var/run/secrets/kubernetes.io")};
}

std::string hint_of(const IsolationFacts& facts) {
  const std::string otherwise = ", or use --unconfined, which lets a job see all of this machine";
  if (facts.said.contains("pivot_root") || facts.said.contains("root mount"))
    return "this is a chroot: bind-mount its folder on itself (mount --bind ROOT ROOT) before entering it" + otherwise;
  if (facts.is_container)
    return "start the container with --privileged, or with --security-opt seccomp=unconfined --security-opt "
           "apparmor=unconfined --security-opt systempaths=unconfined" +
           otherwise;
  if (!facts.is_root && facts.restricts_users)
    return "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap that allows "
           "userns" +
           otherwise;
  if (!facts.is_root && facts.forbids_users)
    return "sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000, or run as root" + otherwise;
  return "run as root outside of containers" + otherwise;
}

}  // namespace

Error explain_isolation(const IsolationFacts& facts) {
  return {.code = Code::precondition,
          .message = "this machine does not let processes be isolated: " +
                     (facts.said.empty() ? "bubblewrap says no reason" : printable(facts.said)),
          .hint = hint_of(facts)};
}

std::optional<Error> probe_isolation(const std::string& bubblewrap) {
  SystemPrograms programs;
  // The same demands as a job's, and its errors where they can be read.
  const auto tried = programs.run({.command = {"/bin/sh",
                                               "-c",
                                               "exec \"$0\" \"$@\" 2>&1",
                                               bubblewrap,
                                               "--unshare-pid",
                                               "--unshare-ipc",
                                               "--unshare-uts",
                                               "--new-session",
                                               "--cap-drop",
                                               "ALL",
                                               "--ro-bind",
                                               "/",
                                               "/",
                                               "--tmpfs",
                                               "/tmp",
                                               "--proc",
                                               "/proc",
                                               "--dev",
                                               "/dev",
                                               "--",
                                               "/bin/true"},
                                   .timeout = probe_time_max});
  if (!tried) return explain_isolation(facts_of(tried.error().message));
  if (tried->exit_code == 0) return std::nullopt;
  const auto lines = split(std::string_view(trim(tried->output)), '\n');
  return explain_isolation(facts_of(std::string(lines.back())));
}

}  // namespace drover::system
