#include "server/gate.hpp"

#include <gtest/gtest.h>

namespace drover::server {
namespace {

TEST(GateTest, LetsInOnlyWhatWasMeantForThisMachine) {
  for (const char* url : {"http://127.0.0.1:80/x", "http://localhost/", "http://LOCALHOST:7000/a?b"})
    EXPECT_TRUE(is_for_loopback({.method = "GET", .url = url})) << url;
  for (const char* url : {"http://evil.example:7000/", "http://127.0.0.1.evil.example/", "http://10.0.0.1/", "",
                          "http://localhost.evil.example/"})
    EXPECT_FALSE(is_for_loopback({.method = "GET", .url = url})) << url;
}

TEST(GateTest, AsksForTheToken) {
  const auto asked = [](const char* authorization) {
    return http::Request{.method = "GET", .url = "http://localhost/", .headers = {{"Authorization", authorization}}};
  };
  EXPECT_TRUE(bears(asked("Bearer secret"), "secret"));
  EXPECT_TRUE(bears(asked("bearer  secret "), "secret"));
  EXPECT_FALSE(bears(asked("Bearer secre"), "secret"));
  EXPECT_FALSE(bears(asked("Bearer secrets"), "secret"));
  EXPECT_FALSE(bears(asked("Basic secret"), "secret"));
  EXPECT_FALSE(bears(asked("secret"), "secret"));
  EXPECT_FALSE(bears({.method = "GET", .url = "http://localhost/"}, "secret"));
  EXPECT_FALSE(bears(asked("Bearer "), "")) << "no token lets nobody in";
}

TEST(GateTest, MakesTokensThatDiffer) {
  const std::string one = make_token();
  EXPECT_EQ(one.size(), 64U);
  EXPECT_NE(one, make_token());
}

}  // namespace
}  // namespace drover::server
