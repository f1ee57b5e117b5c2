// Can a server that answers anything at all crash a watch, make it hammer the server, or have it tell different things
// for the same bytes cut elsewhere? The input is a script: for each exchange a byte of status and a byte of how its
// body is cut, then the body up to a zero byte. Two machines get the same, one of them each body whole.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "protocol/kubernetes_watch.hpp"

namespace {

using namespace drover;
using kubernetes::Watch;

class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}
  bool is_over() const { return bytes_.empty(); }
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }
  std::string body() {
    const auto end = bytes_.find('\0');
    const std::string text(bytes_.substr(0, end));
    bytes_.remove_prefix(end == std::string_view::npos ? bytes_.size() : end + 1);
    return text;
  }

 private:
  std::string_view bytes_;
};

/// One exchange; the step after it, and in `told` what it brought.
Watch::Step exchange(Watch& watch, int status, const std::string& body, std::size_t piece, bool streams, Instant now,
                     std::string& told) {
  Result<http::Response> outcome = http::Response{.status = status, .headers = {}, .body = body};
  if (streams && status == 200) {
    for (std::size_t at = 0; at < body.size(); at += piece)
      if (!watch.on_bytes(std::string_view(body).substr(at, piece))) {
        outcome = fail(Code::cancelled, "the reader stopped");
        break;
      }
  }
  if (status == 0) outcome = fail(Code::unavailable, "lost");
  auto step = watch.on_end(outcome, now);
  for (const auto& event : watch.take_events()) {
    told += std::to_string(static_cast<int>(event.kind));
    for (const auto& object : event.objects)
      told += object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return step;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr int statuses[] = {200, 200, 200, 410, 500, 429, 0, 403};
  Script script(std::string_view(reinterpret_cast<const char*>(data), size));
  Watch whole("https://k/api/v1/pods", {.line_bytes_max = 512}, 1),
      cut("https://k/api/v1/pods", {.line_bytes_max = 512}, 1);
  Watch::Step step = whole.start();
  cut.start();
  Instant now{};
  int at_once = 0;
  while (!script.is_over() || at_once > 0) {
    if (const auto* wait = std::get_if<Watch::Wait>(&step)) {
      if (wait->until <= now) __builtin_trap();
      now = wait->until;
      at_once = 0;
      step = whole.on_tick(now);
      cut.on_tick(now);
      continue;
    }
    if (std::holds_alternative<Error>(step) || script.is_over()) return 0;
    const bool streams = std::get<Watch::Send>(step).streams;
    const int status = statuses[script.byte() % 8];
    const std::size_t piece = 1 + script.byte() % 64;
    const std::string body = script.body();
    std::string told_whole, told_cut;
    step = exchange(whole, status, body, body.size() + 1, streams, now, told_whole);
    const auto other = exchange(cut, status, body, piece, streams, now, told_cut);
    if (told_whole != told_cut || step.index() != other.index()) __builtin_trap();
    if (whole.resource_version() != cut.resource_version()) __builtin_trap();
    // Without anything told, exchanges in a row that are sent at once must end.
    at_once = told_whole.empty() && std::holds_alternative<Watch::Send>(step) && status != 200 ? at_once + 1 : 0;
    if (at_once > 3) __builtin_trap();
  }
  return 0;
}
