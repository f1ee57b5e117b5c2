#include "protocol/retry.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

using namespace std::chrono_literals;

const http::Request get{.method = "GET", .url = "https://x/", .headers = {}, .body = ""};
const http::Request post{.method = "POST", .url = "https://x/", .headers = {}, .body = ""};

std::optional<Duration> pause_of(const http::Request& request, const Result<http::Response>& outcome, int attempt = 1) {
  Rng rng(1);
  return retry_pause({}, request, outcome, attempt, Instant{}, rng);
}

Result<http::Response> status(int code, http::Headers headers = {}) {
  return http::Response{.status = code, .headers = std::move(headers), .body = ""};
}

TEST(Retry, ObeysRetryAfterInBothForms) {
  EXPECT_EQ(pause_of(get, status(429, {{"Retry-After", "7"}})), Duration(7s));
  EXPECT_EQ(pause_of(get, status(503, {{"retry-after-ms", "250"}})), Duration(250ms));
  EXPECT_EQ(pause_of(get, status(429, {{"Retry-After", "100000"}})), RetryPolicy{}.retry_after_max);
}

TEST(Retry, LeavesAnswersThatMeanWhatTheySay) {
  for (const int code : {200, 201, 202, 400, 401, 403, 404, 409, 412, 501})
    EXPECT_FALSE(pause_of(get, status(code))) << code;
}

TEST(Retry, DoesNotRepeatWhatMayHaveBeenDone) {
  EXPECT_TRUE(pause_of(get, fail(Code::unavailable, "lost")));
  EXPECT_FALSE(pause_of(post, fail(Code::unavailable, "lost")));
  EXPECT_TRUE(pause_of(get, status(500)));
  EXPECT_FALSE(pause_of(post, status(500)));
  EXPECT_TRUE(pause_of(post, status(429))) << "a throttled request was not acted on";
}

TEST(Retry, IsBoundedAndBacksOff) {
  EXPECT_FALSE(pause_of(get, status(503), RetryPolicy{}.attempts_max));
  EXPECT_LT(*pause_of(get, status(503), 1), *pause_of(get, status(503), 4));
  EXPECT_LE(*pause_of(get, status(503), 5), RetryPolicy{}.pause_max);
}

}  // namespace
}  // namespace drover
