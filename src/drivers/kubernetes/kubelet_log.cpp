#include "drivers/kubernetes/kubelet_log.hpp"

#include <utility>

namespace drover::kubernetes {
namespace {

constexpr std::string_view sentence = "unable to retrieve container logs for ";  // and the container: containerd://...
constexpr std::size_t sentence_bytes_max = 300;

bool may_be_sentence(std::string_view text) {
  return sentence.starts_with(text.substr(0, sentence.size())) && text.size() <= sentence_bytes_max &&
         !text.contains('\n');
}

}  // namespace

bool KubeletLog::write(std::string_view bytes) {
  if (is_log_) return inner_.write(bytes);
  held_ += bytes;
  if (may_be_sentence(held_)) return true;
  is_log_ = true;
  return inner_.write(std::exchange(held_, ""));
}

bool KubeletLog::was_there() {
  if (is_log_ || held_.empty()) return true;
  if (held_.starts_with(sentence)) return false;
  inner_.write(std::exchange(held_, ""));
  return true;
}

}  // namespace drover::kubernetes
