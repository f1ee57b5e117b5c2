// Can a service that answers anything at all crash an ARM operation, or keep it from ending by its deadline?
// The input is a script: for each answer a byte of method or status, a byte of headers, and a line of body.
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/arm_error.hpp"
#include "protocol/arm_operation.hpp"
#include "protocol/oauth.hpp"

namespace {

using namespace drover;

class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }
  std::string line() {
    const auto end = bytes_.find('\n');
    const std::string text(bytes_.substr(0, end));
    bytes_.remove_prefix(end == std::string_view::npos ? bytes_.size() : end + 1);
    return text;
  }

 private:
  std::string_view bytes_;
};

http::Response answer(Script& script) {
  static constexpr int statuses[] = {200, 201, 202, 204, 302, 400, 404, 409, 429, 500, 503, 0, 999};
  http::Response response;
  response.status = statuses[script.byte() % 13];
  const auto headers = script.byte();
  if (headers & 1) response.headers.add("Azure-AsyncOperation", "https://management.azure.com/op" + script.line());
  if (headers & 2) response.headers.add("Location", "https://management.azure.com/loc" + script.line());
  if (headers & 4) response.headers.add("Retry-After", script.line());
  response.body = script.line();
  return response;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(std::string_view(reinterpret_cast<const char*>(data), size));
  static constexpr const char* methods[] = {"PUT", "PATCH", "DELETE", "POST"};
  Instant now{};
  const Instant deadline = now + std::chrono::minutes(10);
  arm::PollSchedule schedule{.expected = std::chrono::seconds(script.byte())};
  arm::Operation operation({.method = methods[script.byte() % 4], .url = "https://management.azure.com/x", .headers = {}, .body = ""},
                           "https://management.azure.com/x", schedule, now, deadline);
  arm::Operation::Step step = operation.start();
  // A look takes at least 10 ms here and a wait at least 250: more steps than this in 10 minutes is a loop without a way out.
  constexpr int steps_max = 2 * 10 * 60 * 100;
  for (int i = 0;; ++i) {
    if (i > steps_max || now > deadline + std::chrono::minutes(1)) __builtin_trap();
    if (std::holds_alternative<arm::Operation::Done>(step) || std::holds_alternative<Error>(step)) return 0;
    if (const auto* wait = std::get_if<arm::Operation::Wait>(&step)) {
      if (wait->until < now) __builtin_trap();
      now = wait->until;
      step = operation.on_tick(now);
      continue;
    }
    now += std::chrono::milliseconds(10);
    const bool lost = script.byte() % 16 == 15;
    const http::Response response = answer(script);
    (void)arm::error_of(response);
    (void)oauth::parse_token(response, now);
    if (lost) step = operation.on_response(fail(Code::unavailable, "lost"), now);
    else step = operation.on_response(response, now);
  }
}
