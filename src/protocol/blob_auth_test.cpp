#include "protocol/blob_auth.hpp"

#include <gtest/gtest.h>

namespace drover::blob {
namespace {

// The published key of the storage emulator, the same on every machine
// (https://learn.microsoft.com/azure/storage/common/storage-use-azurite).
constexpr const char* emulator_key =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

TEST(BlobAuth, SignsWhatTheServiceReckons) {
  http::Request request{
      .method = "PUT",
      .url = "https://mms.blob.core.windows.net/data/a%20b/log.csv?timeout=30&comp=block&BlockId=YQ%3D%3D",
      .headers = {{"X-Ms-Meta-B", " two "},
                  {"x-ms-date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                  {"Date", "ignored beside x-ms-date"},
                  {"x-ms-version", "2021-12-02"},
                  {"Content-Type", "text/csv"},
                  {"If-None-Match", "*"}},
      .body = "hello"};
  EXPECT_EQ(string_to_sign(request, "mms"),
            "PUT\n\n\n5\n\ntext/csv\n\n\n\n*\n\n\n"
            "x-ms-date:Sun, 06 Nov 1994 08:49:37 GMT\nx-ms-meta-b:two\nx-ms-version:2021-12-02\n"
            "/mms/data/a%20b/log.csv\nblockid:YQ==\ncomp:block\ntimeout:30");
}

TEST(BlobAuth, WritesNoLengthForAnEmptyBodyAndTheAccountTwiceForPathStyle) {
  const http::Request request{.method = "PUT", .url = "http://127.0.0.1:10000/devstoreaccount1/data?restype=container"};
  EXPECT_EQ(string_to_sign(request, "devstoreaccount1"),
            "PUT\n\n\n\n\n\n\n\n\n\n\n\n/devstoreaccount1/devstoreaccount1/data\nrestype:container");
}

TEST(BlobAuth, SortsRepeatedParameters) {
  const http::Request request{.method = "GET",
                              .url = "https://a.blob.core.windows.net/c?include=b&Include=a&x=1+1&flag"};
  EXPECT_TRUE(string_to_sign(request, "a").ends_with("/a/c\nflag:\ninclude:a,b\nx:1+1"));
}

// The signature was made with Python's hmac, and Azurite 3.35.0 (which does not mind the old date) answered 201 to it.
TEST(BlobAuth, SetsTheHeadersOnce) {
  http::Request request{.method = "PUT", .url = "http://127.0.0.1:10000/devstoreaccount1/vectors?restype=container"};
  const Instant now{std::chrono::seconds{784111777}};
  ASSERT_TRUE(sign_shared_key(request, "devstoreaccount1", emulator_key, now));
  const std::string first(*request.headers.get("Authorization"));
  EXPECT_EQ(first, "SharedKey devstoreaccount1:fnahYGmCfUiozt9qvVakK/zVgqpRcS5Yp9lB6iTXpuI=");
  ASSERT_TRUE(sign_shared_key(request, "devstoreaccount1", emulator_key, now));
  EXPECT_EQ(request.headers.get("Authorization"), first);
  EXPECT_EQ(request.headers.size(), 3U);
  EXPECT_EQ(request.headers.get("x-ms-version"), "2021-12-02");
  EXPECT_EQ(request.headers.get("x-ms-date"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(BlobAuth, RefusesAKeyThatIsNoneAndKeepsItSecret) {
  http::Request request{.method = "GET", .url = "https://a.blob.core.windows.net/c"};
  const auto status = sign_shared_key(request, "a", "not*base64", Instant{});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::invalid_input);
  EXPECT_EQ(format_error(status.error()).find("not*base64"), std::string::npos);
}

TEST(BlobAuth, SendsABearerToken) {
  http::Request request{.method = "GET", .url = "https://a.blob.core.windows.net/c"};
  set_bearer(request, "t0ken", Instant{});
  EXPECT_EQ(request.headers.get("Authorization"), "Bearer t0ken");
  EXPECT_TRUE(request.headers.has("x-ms-date"));
}

}  // namespace
}  // namespace drover::blob
