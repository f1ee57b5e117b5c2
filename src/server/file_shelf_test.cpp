#include "server/file_shelf.hpp"

#include <gtest/gtest.h>

#include <array>

namespace drover::server {
namespace {

constexpr std::array shelf = {
    ShelvedFile{"/index.html", "<!doctype html>"},
    ShelvedFile{"/assets/index-abc.js", "go()"},
    ShelvedFile{"/assets/index-abc.css", "p{}"},
    ShelvedFile{"/icon.svg", "<svg/>"},
};

http::Request asked(const std::string& path, const std::string& method = "GET") {
  return {.method = method, .url = "http://127.0.0.1:1" + path, .headers = {}, .body = ""};
}

TEST(FileShelfTest, GivesEachFileItsTypeAndHowLongItHolds) {
  const auto root = answer_from(shelf, asked("/"));
  ASSERT_TRUE(root);
  EXPECT_EQ(root->status, 200);
  EXPECT_EQ(root->body, "<!doctype html>");
  EXPECT_EQ(root->headers.get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(root->headers.get("Cache-Control"), "no-cache");
  const auto script = answer_from(shelf, asked("/assets/index-abc.js?x"));
  ASSERT_TRUE(script);
  EXPECT_EQ(script->headers.get("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(script->headers.get("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(answer_from(shelf, asked("/assets/index-abc.css"))->headers.get("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(answer_from(shelf, asked("/icon.svg"))->headers.get("Content-Type"), "image/svg+xml");
}

TEST(FileShelfTest, LetsNoScriptOfOthersRun) {
  const auto root = answer_from(shelf, asked("/"));
  ASSERT_TRUE(root);
  const auto policy = root->headers.get("Content-Security-Policy").value_or("");
  EXPECT_TRUE(policy.starts_with("default-src 'self';")) << policy;
  EXPECT_EQ(policy.find("unsafe"), policy.npos) << policy;
  EXPECT_EQ(root->headers.get("X-Content-Type-Options"), "nosniff");
}

TEST(FileShelfTest, SendsNothingTwice) {
  auto again = asked("/");
  const auto first = answer_from(shelf, again);
  ASSERT_TRUE(first);
  again.headers.add("If-None-Match", "\"other\", W/" + std::string(*first->headers.get("ETag")));
  const auto second = answer_from(shelf, again);
  EXPECT_EQ(second->status, 304);
  EXPECT_EQ(second->body, "");
  EXPECT_EQ(second->headers.get("ETag"), first->headers.get("ETag"));
  again.url = "http://127.0.0.1:1/icon.svg";
  EXPECT_EQ(answer_from(shelf, again)->status, 200) << "another file has another tag";
}

TEST(FileShelfTest, LeavesAllElseToOthers) {
  EXPECT_FALSE(answer_from(shelf, asked("/v1/jobs")));
  EXPECT_FALSE(answer_from(shelf, asked("/assets/../index.html")));
  EXPECT_FALSE(answer_from(shelf, asked("/", "POST")));
  EXPECT_FALSE(answer_from({}, asked("/")));
  EXPECT_EQ(answer_from(shelf, asked("/", "HEAD"))->status, 200);
}

}  // namespace
}  // namespace drover::server
