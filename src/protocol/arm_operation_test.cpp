// The long-running operations of ARM, after reference sections 2.2, 3 and 4: what the real service sends, and what it
// may.
#include "protocol/arm_operation.hpp"

#include <gtest/gtest.h>

namespace drover::arm {
namespace {

using namespace std::chrono_literals;
using Send = Operation::Send;
using Wait = Operation::Wait;
using Done = Operation::Done;

constexpr const char* resource =
    "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.X/things/t?api-version=1";
const Instant start_of_time{};

Operation make(const std::string& method) {
  return Operation({.method = method, .url = resource, .headers = {}, .body = ""}, resource, {.expected = 100s},
                   start_of_time, start_of_time + 1h);
}

http::Response answer(int status, std::string body = "", http::Headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

/// Feeds `answers` in order, taking every wait at once; the last step.
Operation::Step drive(Operation& operation, std::vector<Result<http::Response>> answers,
                      std::vector<std::string>* urls = nullptr) {
  Instant now = start_of_time;
  auto step = operation.start();
  std::size_t at = 0;
  while (true) {
    if (auto* send = std::get_if<Send>(&step)) {
      if (urls) urls->push_back(send->request.url);
      if (at == answers.size()) return step;
      step = operation.on_response(answers[at++], now);
    } else if (auto* wait = std::get_if<Wait>(&step)) {
      now = wait->until;
      step = operation.on_tick(now);
    } else {
      return step;
    }
  }
}

TEST(ArmOperation, FollowsAzureAsyncOperationAndReadsTheResourceAtTheEnd) {
  auto operation = make("PUT");
  std::vector<std::string> urls;
  const auto step = drive(
      operation,
      {answer(201, R"({"properties":{"provisioningState":"Creating"}})", {{"Azure-AsyncOperation", "https://x/op"}}),
       answer(200, R"({"status":"InProgress"})"), answer(200, R"({"status":"Succeeded"})"),
       answer(200, R"({"properties":{"provisioningState":"Succeeded"}})")},
      &urls);
  ASSERT_TRUE(std::holds_alternative<Done>(step));
  EXPECT_EQ(urls, (std::vector<std::string>{resource, "https://x/op", "https://x/op", resource}));
}

TEST(ArmOperation, FollowsLocationUntilItIsNo202) {
  auto operation = make("DELETE");
  std::vector<std::string> urls;
  const auto step =
      drive(operation, {answer(202, "", {{"Location", "https://x/result"}}), answer(202), answer(200)}, &urls);
  ASSERT_TRUE(std::holds_alternative<Done>(step));
  EXPECT_EQ(urls.back(), "https://x/result");
}

TEST(ArmOperation, TakesTheResourceFromLocationWhereItIsThere) {
  auto operation = make("PUT");
  const auto step = drive(operation, {answer(202, "", {{"Location", "https://x/result"}}),
                                      answer(200, R"({"id":"/t","properties":{"provisioningState":"Succeeded"}})")});
  EXPECT_TRUE(std::holds_alternative<Done>(step));
}

TEST(ArmOperation, PollsTheResourceWhenThereIsNothingElseToFollow) {
  auto operation = make("PUT");
  std::vector<std::string> urls;
  const auto step = drive(operation,
                          {answer(201, R"({"properties":{"provisioningState":"Accepted"}})"),
                           answer(200, R"({"properties":{"provisioningState":"Updating"}})"),
                           answer(200, R"({"properties":{"provisioningState":"Succeeded"}})")},
                          &urls);
  EXPECT_TRUE(std::holds_alternative<Done>(step));
  EXPECT_EQ(urls, (std::vector<std::string>{resource, resource, resource}));
}

TEST(ArmOperation, TakesTheLiteralNullForAnEmptyBody) {
  auto operation = make("DELETE");
  const auto step =
      drive(operation, {answer(202, "null", {{"Location", "https://x/result"}}), answer(202, "null"), answer(204)});
  EXPECT_TRUE(std::holds_alternative<Done>(step));
}

TEST(ArmOperation, SaysHowAnOperationFailed) {
  auto operation = make("PUT");
  const auto step = drive(
      operation,
      {answer(201, R"({"properties":{"provisioningState":"Creating"}})", {{"Azure-AsyncOperation", "https://x/op"}}),
       answer(200, R"({"status":"Failed","error":{"code":"QuotaExceeded","message":"no cores left"}})")});
  const auto* error = std::get_if<Error>(&step);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->code, Code::failed);
  EXPECT_EQ(error->service_code, "QuotaExceeded");
  EXPECT_NE(error->message.find("no cores left"), std::string::npos);
}

TEST(ArmOperation, CanceledIsAnEndToo) {
  auto operation = make("PUT");
  const auto step = drive(operation, {answer(200, R"({"properties":{"provisioningState":"Updating"}})",
                                             {{"Azure-AsyncOperation", "https://x/op"}}),
                                      answer(200, R"({"status":"Canceled"})")});
  const auto* error = std::get_if<Error>(&step);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->code, Code::cancelled);
}

TEST(ArmOperation, AResourceThatSettlesAsFailedFailedTheOperation) {
  auto operation = make("PUT");
  const auto step = drive(operation, {answer(201, R"({"properties":{"provisioningState":"Creating"}})"),
                                      answer(200, R"({"properties":{"provisioningState":"Failed"}})")});
  ASSERT_TRUE(std::holds_alternative<Error>(step));
}

TEST(ArmOperation, AStatusThatCannotBeReadIsNotAFailedOperation) {
  auto operation = make("PUT");
  const auto step = drive(operation, {answer(201, R"({"properties":{"provisioningState":"Creating"}})",
                                             {{"Azure-AsyncOperation", "https://x/op"}}),
                                      answer(503), answer(429), fail(Code::unavailable, "connection lost"),
                                      answer(200, R"({"status":"Succeeded"})"), answer(200, "{}")});
  EXPECT_TRUE(std::holds_alternative<Done>(step));
}

TEST(ArmOperation, FallsBackToTheResourceWhenTheStatusHasExpired) {
  auto operation = make("PUT");
  std::vector<std::string> urls;
  const auto step = drive(
      operation,
      {answer(201, R"({"properties":{"provisioningState":"Creating"}})", {{"Azure-AsyncOperation", "https://x/op"}}),
       answer(404), answer(200, R"({"properties":{"provisioningState":"Succeeded"}})")},
      &urls);
  EXPECT_TRUE(std::holds_alternative<Done>(step));
  EXPECT_EQ(urls.back(), resource);
}

TEST(ArmOperation, DeletingWhatIsGoneSucceeds) {
  auto operation = make("DELETE");
  EXPECT_TRUE(std::holds_alternative<Done>(drive(operation, {answer(404)})));
  auto creation = make("PUT");
  EXPECT_TRUE(std::holds_alternative<Error>(drive(creation, {answer(404)})));
}

TEST(ArmOperation, EveryWaitIsBounded) {
  auto operation = make("PUT");
  auto step = operation.start();
  Instant now = start_of_time;
  step = operation.on_response(answer(201, R"({"properties":{"provisioningState":"Creating"}})"), now);
  int looks = 0;
  while (!std::holds_alternative<Error>(step)) {
    ASSERT_LT(++looks, 10'000);
    if (auto* wait = std::get_if<Wait>(&step)) {
      now = wait->until;
      step = operation.on_tick(now);
    } else {
      step = operation.on_response(answer(200, R"({"properties":{"provisioningState":"Creating"}})"), now);
    }
  }
  EXPECT_EQ(std::get<Error>(step).code, Code::deadline);
  EXPECT_LE(now, start_of_time + 1h);
}

TEST(ArmOperation, ObeysRetryAfterAndTakesZeroForAbsent) {
  for (const auto& [header, expected] : {std::pair{"30", Duration(30s)}, {"0", Duration(70s)}}) {
    auto operation = make("PUT");
    (void)operation.start();
    const auto step =
        operation.on_response(answer(202, "", {{"Location", "https://x/r"}, {"Retry-After", header}}), start_of_time);
    ASSERT_TRUE(std::holds_alternative<Wait>(step));
    EXPECT_EQ(std::get<Wait>(step).until - start_of_time, expected) << header;
  }
}

TEST(PollSchedule, LooksRarelyAtFirstAndOftenNearTheEnd) {
  const PollSchedule schedule{.expected = 240s};
  EXPECT_EQ(schedule.pause(0s), 168s);
  EXPECT_EQ(schedule.pause(200s), 2s);
  EXPECT_LE(schedule.pause(10h), schedule.interval_max);
  EXPECT_GE(PollSchedule{}.pause(0s), PollSchedule{}.interval_min);
}

}  // namespace
}  // namespace drover::arm
