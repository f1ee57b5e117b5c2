// A log as a kubelet sends it, told apart from what it says where it has none any more: the container has been removed
// while it was asked, and a sentence comes in place of the log, with status 200 (kubelet's GetContainerLogs).
#pragma once

#include <string>

#include "ports/http_transport.hpp"

namespace drover::kubernetes {

class KubeletLog final : public BodySink {
 public:
  /// What is log is passed on to `inner`, which must outlive it.
  explicit KubeletLog(BodySink& inner) : inner_(inner) {}
  bool write(std::string_view bytes) override;
  /// At the end of the answer: false when it was that sentence, and nothing was passed on.
  bool was_there();

 private:
  BodySink& inner_;
  std::string held_;  ///< as long as all of the answer may be that sentence
  bool is_log_ = false;
};

}  // namespace drover::kubernetes
