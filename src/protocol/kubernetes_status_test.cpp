#include "protocol/kubernetes_status.hpp"

#include <gtest/gtest.h>

namespace drover::kubernetes {
namespace {

http::Response answer(int status, std::string body) {
  return {.status = status, .headers = {}, .body = std::move(body)};
}

// Bodies as kube-apiserver 1.20.2 sent them.
TEST(KubernetesStatus, NamesWhatTheCallerCanActOn) {
  const Error exists = error_of(answer(
      409,
      R"({"kind":"Status","status":"Failure","message":"namespaces \"a\" already exists","reason":"AlreadyExists","code":409})"));
  EXPECT_EQ(exists.code, Code::already_exists);
  EXPECT_EQ(exists.service_code, "AlreadyExists");
  EXPECT_EQ(exists.message, "namespaces \"a\" already exists");
  const Error moved = error_of(
      answer(409, R"({"kind":"Status","message":"Apply failed with 1 conflict","reason":"Conflict","details":{"causes":[
              {"reason":"FieldManagerConflict","message":"conflict with \"b\"","field":".data.x"}]},"code":409})"));
  EXPECT_EQ(moved.code, Code::conflict);
  EXPECT_NE(moved.hint, "");
}

TEST(KubernetesStatus, TellsABudgetFromThrottling) {
  const auto refused =
      answer(429, R"({"kind":"Status","message":"Cannot evict pod as it would violate the pod's disruption budget.",
              "reason":"TooManyRequests","details":{"causes":[{"reason":"DisruptionBudget","message":"needs 1"}]},"code":429})");
  EXPECT_TRUE(is_refused_by_budget(refused));
  EXPECT_EQ(error_of(refused).code, Code::precondition);
  const auto throttled =
      answer(429, R"({"kind":"Status","reason":"TooManyRequests","details":{"retryAfterSeconds":7},"code":429})");
  EXPECT_FALSE(is_refused_by_budget(throttled));
  EXPECT_EQ(error_of(throttled).code, Code::throttled);
  EXPECT_EQ(error_of(throttled).retry_after_ms, 7000);
}

TEST(KubernetesStatus, QuotesWhatIsNoStatus) {
  EXPECT_EQ(error_of(answer(502, "<html>bad\x1b[31m gateway")).message, "502 Bad Gateway: <html>bad\\x1b[31m gateway");
  EXPECT_EQ(error_of(answer(404, "")).code, Code::not_found);
  EXPECT_EQ(error_of(answer(200, R"({"kind":"Status","code":99999999999999999999})")).code, Code::failed);
}

TEST(KubernetesStatus, HearsWhatTheServerWarnsOf) {
  http::Response response = answer(201, "{}");
  EXPECT_TRUE(warnings_of(response).empty());
  response.headers.add("warning", R"(299 - "policy/v1beta1 is deprecated; \"use\" v1, \\ or so")");
  response.headers.add("Warning",
                       R"(299 kube "a, b" "Tue, 01 Dec 2026 00:00:00 GMT", 299 - "a, b", 110 - "stale", 299 - "c)");
  response.headers.add("Warning", "299 -");
  response.headers.add("Warning", "299 - \"bell \x1b[31m\"");
  EXPECT_EQ(warnings_of(response),
            (std::vector<std::string>{R"(policy/v1beta1 is deprecated; "use" v1, \ or so)", "a, b", "bell \\x1b[31m"}));
}

}  // namespace
}  // namespace drover::kubernetes
