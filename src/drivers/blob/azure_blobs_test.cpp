// AzureBlobs against answers written by hand: what a healthy server never does. What it does is in
// tests/contract/blob_test.cpp.
#include "drivers/blob/azure_blobs.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "drivers/blob/wire.hpp"

namespace drover::blob {
namespace {

using namespace std::chrono_literals;

/// Gives prepared outcomes in order and remembers what was asked; waiting is instantaneous.
class ScriptedTransport final : public HttpTransport {
 public:
  ExchangeId submit(http::Request request, Instant, BodySink*) override {
    requests.push_back(std::move(request));
    pending_ = ExchangeId{++last_id_};
    return *pending_;
  }
  std::optional<Completion> next(Instant until) override {
    if (!pending_) {
      waited.push_back(until - clock_.now());
      clock_.sleep_until(until);
      return std::nullopt;
    }
    Completion completion{*pending_, fail(Code::internal, "the script has ended")};
    pending_.reset();
    if (!outcomes.empty()) {
      completion.outcome = std::move(outcomes.front());
      outcomes.pop_front();
    }
    return completion;
  }
  void cancel(ExchangeId) override { pending_.reset(); }
  const Clock& clock() const override { return clock_; }

  std::deque<Result<http::Response>> outcomes;
  std::vector<http::Request> requests;
  std::vector<Duration> waited;

 private:
  SimClock clock_{Instant(1000h)};
  std::optional<ExchangeId> pending_;
  std::uint64_t last_id_ = 0;
};

class AzureBlobsTest : public testing::Test {
 protected:
  ScriptedTransport transport_;
  AzureBlobs blobs_{
      transport_, {.credential = SharedKeyCredential{[](const std::string&) { return Result<std::string>("a2V5"); }}}};
  BlobAddress address_{"acc", "models", "v 1/m.json"};
};

http::Response answer(int status, const std::string& service_code = "") {
  http::Response response{.status = status};
  if (!service_code.empty()) response.headers.add("x-ms-error-code", service_code);
  return response;
}

TEST_F(AzureBlobsTest, SitsOutTroubleWithLongerAndLongerPauses) {
  transport_.outcomes = {answer(503, "ServerBusy"), fail(Code::unavailable, "connection reset"), answer(500),
                         answer(201)};
  EXPECT_TRUE(blobs_.put(address_, "x", "text/plain"));
  EXPECT_EQ(transport_.waited, (std::vector<Duration>{1s, 2s, 4s}));
  ASSERT_EQ(transport_.requests.size(), 4U);
  EXPECT_EQ(transport_.requests[0].url, "https://acc.blob.core.windows.net/models/v%201/m.json");
  // Each attempt carries a date of its own, so each has a signature of its own.
  EXPECT_NE(transport_.requests[0].headers.get("Authorization"), transport_.requests[3].headers.get("Authorization"));
}

TEST_F(AzureBlobsTest, HeedsRetryAfter) {
  http::Response busy = answer(429);
  busy.headers.add("Retry-After", "17");
  transport_.outcomes = {busy, answer(201)};
  EXPECT_TRUE(blobs_.put(address_, "x", "text/plain"));
  EXPECT_EQ(transport_.waited, std::vector<Duration>{17s});
}

TEST_F(AzureBlobsTest, GivesUpAfterTheLastRetryAndSaysWhy) {
  for (int i = 0; i < 6; ++i) transport_.outcomes.emplace_back(answer(503, "ServerBusy"));
  const auto status = blobs_.put(address_, "x", "text/plain");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::throttled);
  EXPECT_EQ(status.error().message, "put blob://acc/models/v 1/m.json: 503 ServerBusy");
  EXPECT_EQ(transport_.requests.size(), 6U);
}

TEST_F(AzureBlobsTest, KnowsItsOwnWriteAfterALostAnswer) {
  transport_.outcomes = {fail(Code::deadline, "lost"), answer(409, "BlobAlreadyExists"),
                         http::Response{.status = 200, .body = "x"}};
  EXPECT_TRUE(blobs_.put(address_, "x", "text/plain", true));
  transport_.outcomes = {fail(Code::deadline, "lost"), answer(409, "BlobAlreadyExists"),
                         http::Response{.status = 200, .body = "other"}};
  EXPECT_EQ(blobs_.put(address_, "x", "text/plain", true).error().code, Code::already_exists);
  transport_.outcomes = {answer(409, "BlobAlreadyExists")};
  EXPECT_EQ(blobs_.put(address_, "x", "text/plain", true).error().code, Code::already_exists);
}

TEST_F(AzureBlobsTest, ErasingWhatIsGoneIsDone) {
  transport_.outcomes = {answer(404, "BlobNotFound")};
  EXPECT_TRUE(blobs_.erase(address_));
  transport_.outcomes = {answer(404, "ContainerNotFound")};
  EXPECT_EQ(blobs_.erase(address_).error().code, Code::not_found);
}

TEST_F(AzureBlobsTest, DoesNotFollowAListingThatNeverEnds) {
  for (int i = 0; i < 1000; ++i)
    transport_.outcomes.emplace_back(http::Response{
        .status = 200, .body = "<EnumerationResults><Blobs/><NextMarker>again</NextMarker></EnumerationResults>"});
  EXPECT_EQ(blobs_.list("acc", "models", "").error().code, Code::corrupt);
}

TEST(BlobWire, ReadsErrorsFromHeaderOrBody) {
  const std::string xml =
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>ContainerNotFound</Code>"
      "<Message>The specified container does not exist.\nRequestId:1\nTime:2</Message></Error>";
  const Error error = error_of({.status = 404, .body = xml}, "get x");
  EXPECT_EQ(error.code, Code::not_found);
  EXPECT_EQ(error.service_code, "ContainerNotFound");
  EXPECT_EQ(error.message, "get x: 404 ContainerNotFound, The specified container does not exist");
  EXPECT_EQ(error_of({.status = 418, .body = "<not xml"}, "x").code, Code::failed);
  EXPECT_EQ(error_of({.status = 403}, "x").code, Code::permission_denied);
}

TEST(BlobWire, ReadsNamesThatXmlCannotHold) {
  const auto page = parse_list_page(
      "<EnumerationResults><Blobs><Blob><Name Encoded=\"true\">a%01b</Name><Properties>"
      "<Content-Length>7</Content-Length><Etag>0x1</Etag></Properties></Blob>"
      "<Blob><Name>a &amp; b</Name></Blob></Blobs><NextMarker/></EnumerationResults>");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->blobs.size(), 2U);
  EXPECT_EQ(page->blobs[0].name, std::string("a\x01") + "b");
  EXPECT_EQ(page->blobs[0].size_bytes, 7U);
  EXPECT_EQ(page->blobs[1].name, "a & b");
  EXPECT_EQ(page->next_marker, "");
  EXPECT_FALSE(parse_list_page("<html></html>"));
  EXPECT_FALSE(parse_list_page("<EnumerationResults><Blobs>"));
  EXPECT_FALSE(parse_list_page(""));
}

}  // namespace
}  // namespace drover::blob
