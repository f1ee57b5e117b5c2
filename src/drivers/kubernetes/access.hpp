// From the user's kubeconfig files to requests that the API server will take: where they are, what they name, and the
// credentials that they lead to.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "codec/kubeconfig.hpp"
#include "ports/files.hpp"
#include "ports/programs.hpp"
#include "ports/tls_hosts.hpp"
#include "protocol/http/message.hpp"

namespace drover::kubernetes {

/// Reads and merges the files of `variable` (KUBECONFIG: paths between colons; those that do not exist are passed over)
/// or, where that is empty, `home`/.kube/config. Errors: not_found when none of them exists; those of parse_kubeconfig.
Result<codec::Kubeconfig> load_kubeconfig(Files& files, const std::string& variable, const std::string& home);

/// Who we are to one cluster. Tokens in files are read again every minute; a credential plugin is run when its last
/// answer has expired or was refused. Blocks while a plugin runs.
class Credentials {
 public:
  /// `files`, `programs` and `hosts` must outlive it.
  Credentials(codec::KubeAccess access, Files& files, Programs& programs, TlsHosts& hosts)
      : access_(std::move(access)), files_(files), programs_(programs), hosts_(hosts) {}

  /// Adds what shows who we are; the first time it also tells `hosts` of certificates. Errors: invalid_input for files
  /// that cannot be read, unauthenticated when a plugin gives nothing, with its install hint.
  Status authorize(http::Request& request, Instant now);
  /// The server refused them (401): true if other ones may be had by trying again.
  bool renew();

  const codec::KubeAccess& access() const { return access_; }

 private:
  struct Given {
    std::string token;
    std::optional<Instant> expires_at;
    bool is_there = false;
  };

  Result<std::string> read(const codec::KubeBytes& bytes, const std::string& what);
  Status tell_hosts();
  Status ask_plugin(Instant now);
  Status read_token_file(Instant now);

  codec::KubeAccess access_;
  Files& files_;
  Programs& programs_;
  TlsHosts& hosts_;
  TlsHost host_;
  bool told_ = false;
  Given given_;  ///< by the plugin
  std::string file_token_;
  Instant file_read_at_{};
};

}  // namespace drover::kubernetes
