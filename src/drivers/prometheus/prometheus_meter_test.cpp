#include "drivers/prometheus/prometheus_meter.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ports/clock.hpp"

namespace drover::prometheus {
namespace {

using std::chrono::minutes;

/// Answers what it is told to, and keeps what it was asked.
class Said final : public HttpTransport {
 public:
  ExchangeId submit(http::Request request, Instant, BodySink*) override {
    asked.push_back(std::move(request));
    return ExchangeId{asked.size()};
  }
  std::optional<Completion> next(Instant) override {
    if (answered == asked.size()) return std::nullopt;
    return Completion{ExchangeId{++answered}, answer};
  }
  void cancel(ExchangeId) override {}
  const Clock& clock() const override { return clock_; }

  std::vector<http::Request> asked;
  std::size_t answered = 0;
  http::Response answer;

 private:
  SimClock clock_{Instant{}};
};

const Instant start = Instant(std::chrono::seconds(1795366680));

Result<LoadSamples> read(Said& said, Duration span = minutes{3}) {
  return PrometheusMeter(said, {.address = "http://prometheus:9090/", .query = "sum(rate(x[1m]))"})
      .read(start, start + span, minutes{1});
}

http::Response matrix(const std::string& result) {
  return {.status = 200, .body = R"({"status":"success","data":{"resultType":"matrix","result":)" + result + "}}"};
}

TEST(PrometheusMeter, AStepsValueIsThatAtItsEnd) {
  Said said;
  said.answer = matrix(R"([{"metric":{},"values":[[1795366740,"5.5"],[1795366860,"7"]]}])");
  const auto samples = read(said);
  ASSERT_TRUE(samples) << samples.error().message;
  ASSERT_EQ(samples->values.size(), 3u);
  EXPECT_EQ(samples->values[0], 5.5);
  EXPECT_TRUE(std::isnan(samples->values[1])) << "nothing was measured";
  EXPECT_EQ(samples->values[2], 7);
  EXPECT_EQ(said.asked[0].url, "http://prometheus:9090/api/v1/query_range");
  EXPECT_EQ(said.asked[0].body,
            "query=sum%28rate%28x%5B1m%5D%29%29&start=1795366740.000&end=1795366860.000&step=60.000");
}

TEST(PrometheusMeter, NoSeriesIsNothingMeasured) {
  Said said;
  said.answer = matrix("[]");
  EXPECT_TRUE(std::isnan(read(said)->values.at(2)));
}

TEST(PrometheusMeter, DividedByNothingIsNothingMeasured) {
  Said said;
  said.answer = matrix(R"([{"metric":{},"values":[[1795366740,"NaN"],[1795366800,"+Inf"]]}])");
  const auto samples = read(said);
  EXPECT_TRUE(std::isnan(samples->values[0]) && std::isnan(samples->values[1]));
}

TEST(PrometheusMeter, SeveralSeriesAreNoLoad) {
  Said said;
  said.answer = matrix(R"([{"metric":{"a":"1"},"values":[]},{"metric":{"a":"2"},"values":[]}])");
  const auto samples = read(said);
  ASSERT_FALSE(samples);
  EXPECT_EQ(samples.error().code, Code::invalid_input);
  EXPECT_EQ(samples.error().hint, "sum them up: sum(sum(rate(x[1m])))");
}

TEST(PrometheusMeter, SaysWhatPrometheusRefuses) {
  Said said;
  said.answer = {.status = 400, .body = R"({"status":"error","errorType":"bad_data","error":"parse error: unclosed"})"};
  EXPECT_EQ(read(said).error().message, "Prometheus at http://prometheus:9090 answers 400: parse error: unclosed");
}

TEST(PrometheusMeter, TellsWhoAsksAnewEachTime) {
  Said said;
  said.answer = matrix("[]");
  int asked = 0;
  PrometheusMeter meter(said, {.address = "https://p", .query = "x", .authorization = [&]() -> Result<std::string> {
                                 return "Bearer t" + std::to_string(++asked);
                               }});
  ASSERT_TRUE(meter.read(start, start + minutes{1}, minutes{1}));
  ASSERT_TRUE(meter.read(start, start + minutes{1}, minutes{1}));
  EXPECT_EQ(said.asked[0].headers.get("Authorization"), "Bearer t1");
  EXPECT_EQ(said.asked[1].headers.get("Authorization"), "Bearer t2") << "a token was exchanged meanwhile";
}

TEST(PrometheusMeter, ExplainsWhyItIsNotLetInWithoutRepeatingASecret) {
  Said said;
  said.answer = {.status = 401, .body = "Unauthorized\n"};
  auto refused = read(said);
  EXPECT_EQ(refused.error().message, "Prometheus at http://prometheus:9090 answers 401: it wants to know who asks");
  EXPECT_EQ(refused.error().hint, "say username and password_file, or token_file, under load:");
  PrometheusMeter meter(said, {.address = "https://p", .query = "x", .authorization = []() -> Result<std::string> {
                                 return "Bearer hunter2";
                               }});
  for (const int status : {401, 403}) {
    said.answer.status = status;
    refused = meter.read(start, start + minutes{1}, minutes{1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, status == 401 ? Code::unauthenticated : Code::permission_denied);
    EXPECT_FALSE((refused.error().message + refused.error().hint + meter.words()).contains("hunter2"));
  }
}

TEST(PrometheusMeter, AsksNobodyWhenItsCredentialsCannotBeRead) {
  Said said;
  PrometheusMeter meter(said, {.address = "https://p", .query = "x", .authorization = []() -> Result<std::string> {
                                 return fail(Code::invalid_input, "token: others can read it too");
                               }});
  EXPECT_EQ(meter.read(start, start + minutes{1}, minutes{1}).error().message, "token: others can read it too");
  EXPECT_TRUE(said.asked.empty());
}

TEST(PrometheusMeter, WhateverElseAnswersIsNoPrometheus) {
  Said said;
  for (const char* body : {"<html>", "{}", R"({"data":[]})", R"({"data":{"result":[{}]}})",
                           R"({"data":{"result":[{"values":[["x"]]}]}})", "[1]"}) {
    said.answer = {.status = 200, .body = body};
    EXPECT_EQ(read(said).error().code, Code::corrupt) << body;
  }
}

TEST(PrometheusMeter, LongSpansAreAskedInPieces) {
  Said said;
  said.answer = matrix("[]");
  const auto samples = read(said, minutes{20160});
  EXPECT_EQ(samples->values.size(), 20160u);
  EXPECT_EQ(said.asked.size(), 3u);
  EXPECT_TRUE(said.asked[2].body.contains("start=1796566740.000&end=1796576280.000")) << said.asked[2].body;
}

}  // namespace
}  // namespace drover::prometheus
