#include "jobs/pod_agent.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace drover::jobs {
namespace {

TEST(PodAgent, IsToldWhatThereIsToDo) {
  const PodStoreWish wish{.door = {.url = "https://a/c", .query = "sig=x", .ca_pem = "PEM"},
                          .files = {{.blob = "drover/files/ab.tar", .path = "code", .is_archive = true}},
                          .outputs_prefix = "drover/jobs/h/j.1"};
  const auto told = parse_json(format_pod_store(wish));
  EXPECT_EQ(told["url"], "https://a/c");
  EXPECT_EQ(told["query"], "sig=x");
  EXPECT_EQ(told["ca"], "PEM");
  EXPECT_EQ(told["outputs"], "drover/jobs/h/j.1");
  EXPECT_EQ(told["files"][0]["blob"], "drover/files/ab.tar");
  EXPECT_EQ(told["files"][0]["path"], "code");
  EXPECT_EQ(told["files"][0]["archive"], true);
}

TEST(PodAgent, FitsIntoASecretBesideAFullArchive) {
  EXPECT_LT(pod_agent().size(), 8U << 10);
  for (const char* member : {"STORE['url']", "STORE['query']", "STORE['ca']", "STORE['files']", "STORE['outputs']"})
    EXPECT_NE(pod_agent().find(member), std::string_view::npos) << member;
  EXPECT_NE(pod_agent().find(stored_mark), std::string_view::npos);
}

TEST(PodAgent, TellsWhatItHasPut) {
  const auto outputs = parse_pod_outputs(R"({"files": ["model/m", "a b"], "whole": true})");
  ASSERT_TRUE(outputs);
  EXPECT_EQ(outputs->paths, (std::set<std::string>{"a b", "model/m"}));
  EXPECT_TRUE(outputs->is_whole);
  EXPECT_TRUE(outputs->left_out.empty());
  const auto partly = parse_pod_outputs(R"({"files": [], "left_out": {"s": "it is a socket", "n": 1}, "whole": true})");
  EXPECT_EQ(partly->left_out, (std::map<std::string, std::string>{{"s", "it is a socket"}}));
  EXPECT_FALSE(parse_pod_outputs(R"({"files": []})")->is_whole);
  for (const char* other : {"", "[]", "{}", R"({"files": 1})", "<html>"})
    EXPECT_FALSE(parse_pod_outputs(other)) << other;
}

}  // namespace
}  // namespace drover::jobs
