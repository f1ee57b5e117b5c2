// What containers have written: read back whole, from an end, or followed.
#include <algorithm>
#include <charconv>
#include <fstream>

#include "base/text.hpp"
#include "localcloud/kubernetes/log_times.hpp"
#include "localcloud/kubernetes/request.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// One piece of a followed log at most.
constexpr std::size_t piece_bytes_max = 256u << 10;

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::size_t> number(const std::string& text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Where the last `lines` lines begin.
std::size_t begin_of_tail(std::string_view text, std::size_t lines) {
  std::size_t at = text.size();
  if (lines == 0) return at;
  if (at > 0 && text[at - 1] == '\n') --at;
  for (; at > 0; --at)
    if (text[at - 1] == '\n' && --lines == 0) break;
  return at;
}

const Json* status_of(const Json& pod, const std::string& container) {
  for (const char* list : {"containerStatuses", "initContainerStatuses"})
    if (const Json* status = element_with(at(pod, {"status", list}), "name", container)) return status;
  return nullptr;
}

/// A log that is read on until its container has ended.
class Follow final : public Stream {
 public:
  /// `times`: to put before each line when it was written; null for the lines as they are.
  Follow(std::shared_ptr<Cluster> cluster, const Json& pod, std::string container, const std::string& path,
         std::size_t offset, std::shared_ptr<LogTimes> times)
      : cluster_(std::move(cluster)),
        space_(space_of(pod)),
        pod_(name_of(pod)),
        uid_(uid_of(pod)),
        container_(std::move(container)),
        file_(path, std::ios::binary),
        offset_(offset),
        times_(std::move(times)) {
    file_.seekg(static_cast<std::streamoff>(offset));
  }

  std::optional<std::string> take() override {
    // Asked before reading: what was written before its end is then read.
    const bool is_over = has_ended();
    std::string text(piece_bytes_max, '\0');
    file_.clear();  // it may have grown
    file_.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file_.gcount())));
    const bool is_at_end = text.empty() && is_over;
    if (times_) text = stamp(text, is_at_end);
    if (text.empty() && is_at_end) return std::nullopt;
    return text;
  }

 private:
  /// Whole lines, and what is left at the end; the rest waits for more.
  std::string stamp(const std::string& text, bool is_at_end) {
    rest_ += text;
    const auto newline = rest_.rfind('\n');
    const std::string lines = rest_.substr(0, is_at_end ? rest_.size() : newline + 1);  // none: npos + 1 is 0
    rest_.erase(0, lines.size());
    times_->look(cluster_->now());
    std::string stamped = times_->stamp(lines, offset_);
    offset_ += lines.size();
    return stamped;
  }

  bool has_ended() const {
    const Object pod = cluster_->find(type_named("pods"), space_, pod_);
    if (!pod || uid_of(*pod) != uid_ || cluster_->is_gone) return true;
    const Json* status = status_of(*pod, container_);
    return status == nullptr || at(*status, {"state", "running"}) == nullptr;
  }

  std::shared_ptr<Cluster> cluster_;
  std::string space_, pod_, uid_, container_;
  std::ifstream file_;  ///< kept open: its pod may go, and the file with it, before all of it was read
  std::size_t offset_;
  std::shared_ptr<LogTimes> times_;
  std::string rest_;  ///< of a line that is not at its end
};

/// The container that is meant: the named one, or the only one.
Expected<std::string> container_of(const ApiCall& call, const Json& pod) {
  std::string asked = call.query("container");
  std::vector<std::string> names;
  std::vector<std::string> init;
  for (const auto& container : *at(pod, {"spec", "containers"})) names.push_back(text_at(container, {"name"}));
  if (const Json* list = at(pod, {"spec", "initContainers"}))
    for (const auto& container : *list) init.push_back(text_at(container, {"name"}));
  if (asked.empty() && names.size() == 1) return names.front();
  if (asked.empty())
    return std::unexpected(bad_request("a container name must be specified for pod " + name_of(pod) +
                                       ", choose one of: [" + join(names, " ") + "]"));
  if (std::ranges::find(names, asked) != names.end() || std::ranges::find(init, asked) != init.end()) return asked;
  return std::unexpected(bad_request("container " + asked + " is not valid for pod " + name_of(pod)));
}

/// Since when lines are asked for; epoch for all.
Expected<Instant> since_of(const ApiCall& call) {
  const std::string seconds = call.query("sinceSeconds"), time = call.query("sinceTime");
  if (!seconds.empty() && !time.empty())
    return std::unexpected(bad_request("at most one of `sinceTime` or `sinceSeconds` may be specified"));
  if (!time.empty()) {
    if (const auto since = parse_iso(time)) return *since;
    return std::unexpected(bad_request("sinceTime: " + printable(time) + " is no RFC 3339 time"));
  }
  if (seconds.empty()) return Instant{};
  const auto count = number(seconds);
  if (!count || *count == 0 || *count > 1'000'000'000)
    return std::unexpected(bad_request("sinceSeconds: must be greater than 0, and a number of seconds"));
  return call.cluster->now() - std::chrono::seconds(*count);
}

http::Response plain_text(std::string text) {
  return {.status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(text)};
}

}  // namespace

std::string log_path(const Machine& machine, const Json& pod, std::string_view container, long long attempt) {
  return pod_folder(machine, pod) + "/logs/" + std::string(container) + "/" + std::to_string(attempt) + ".log";
}

http::Response answer_log(ApiCall& call) {
  if (call.request.method != "GET") return method_not_allowed();
  const Object pod = call.cluster->find(*call.target.type, call.target.space, call.target.name);
  if (!pod) return not_found(*call.target.type, call.target.name);
  const auto container = container_of(call, *pod);
  if (!container) return container.error();
  const Json* status = status_of(*pod, *container);
  const bool wants_previous = call.asks("previous");
  long long attempt = status == nullptr ? 0 : number_at(*status, {"restartCount"}).value_or(0);
  const bool waits = status == nullptr || at(*status, {"state", "waiting"}) != nullptr;
  const bool has_run = status != nullptr && at(*status, {"lastState", "terminated"}) != nullptr;
  if (wants_previous && !has_run)
    return bad_request("previous terminated container \"" + *container + "\" in pod \"" + name_of(*pod) +
                       "\" not found");
  if (waits && !has_run)
    return bad_request("container \"" + *container + "\" in pod \"" + name_of(*pod) + "\" is waiting to start: " +
                       (status == nullptr ? "ContainerCreating" : text_at(*status, {"state", "waiting", "reason"})));
  if (wants_previous && !waits) --attempt;
  const auto since = since_of(call);
  if (!since) return since.error();
  const std::string path = log_path(call.kubelet.machine(), *pod, *container, attempt);
  std::string text = read_all(path);
  const auto times = call.kubelet.times_of(path);
  times->look(call.cluster->now());
  std::size_t begin = 0;
  if (const auto lines = number(call.query("tailLines"))) begin = begin_of_tail(text, *lines);
  if (*since != Instant{}) begin = std::max<std::size_t>(begin, times->first_since(*since, text));
  text.erase(0, begin);
  if (const auto bytes = number(call.query("limitBytes"))) text.resize(std::min(text.size(), *bytes));
  if (call.asks("timestamps")) text = times->stamp(text, begin);
  if (!call.asks("follow") || call.stream == nullptr) return plain_text(std::move(text));
  *call.stream =
      std::make_unique<Follow>(call.cluster, *pod, *container, path, begin, call.asks("timestamps") ? times : nullptr);
  return plain_text("");
}

}  // namespace drover::localcloud::kubernetes
