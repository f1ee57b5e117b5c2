#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/test_bench.hpp"

namespace drover::localcloud {
namespace {

const std::string account = bench_group + "/providers/Microsoft.Storage/storageAccounts/labdata";
const std::string host = "https://labdata.blob.core.windows.net";

class BlobService : public testing::Test {
 protected:
  void SetUp() override { open({}); }
  void open(Physics physics, const std::string& more = "") {
    bench = std::make_unique<TestBench>(physics);
    bench->make_group();
    bench->arm("PUT", account,
               R"({"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"})" + more + "}");
    bench->pass(std::chrono::minutes(5));
    key = *base64_decode(text_at(json_of(bench->arm("POST", account + "/listKeys"))["keys"][0], {"value"}));
    ASSERT_EQ(call("PUT", "/logs?restype=container").status, 201);
  }

  /// Signs with Shared Key, written out here once more from Microsoft's description.
  http::Request signed_request(const std::string& method, const std::string& path, const std::string& body,
                               http::Headers headers, const std::string& base = host) {
    headers.add("x-ms-date", "Sat, 21 Nov 2026 08:00:00 GMT");
    headers.add("x-ms-version", "2021-12-02");
    if (!body.empty()) headers.add("Content-Length", std::to_string(body.size()));
    const auto field = [&](const char* name) { return std::string(headers.get(name).value_or("")) + "\n"; };
    std::string text = method + "\n" + field("Content-Encoding") + field("Content-Language") + field("Content-Length") +
                       field("Content-MD5") + field("Content-Type") + "\n" + field("If-Modified-Since") +
                       field("If-Match") + field("If-None-Match") + field("If-Unmodified-Since") + field("Range");
    std::map<std::string, std::string> sorted;
    for (const auto& [name, value] : headers)
      if (name.starts_with("x-ms-")) sorted[name] = value;
    for (const auto& [name, value] : sorted) text += name + ":" + value + "\n";
    const std::string url = base + path;
    const auto parsed = *http::parse_url(url);
    text += "/labdata" + std::string(parsed.path);
    std::map<std::string, std::string> query;
    for (const auto& [name, value] : http::parse_query(parsed.query)) query[to_lower(name)] = value;
    for (const auto& [name, value] : query) text += "\n" + name + ":" + value;
    headers.add("Authorization", "SharedKey labdata:" + base64_encode(hmac_sha256(key, text)));
    return {.method = method, .url = url, .headers = std::move(headers), .body = body};
  }
  http::Response call(const std::string& method, const std::string& path, const std::string& body = "",
                      http::Headers headers = {}) {
    return bench->send(signed_request(method, path, body, std::move(headers)));
  }
  http::Response put(const std::string& name, const std::string& body, http::Headers headers = {}) {
    headers.add("x-ms-blob-type", "BlockBlob");
    return call("PUT", "/logs/" + name, body, std::move(headers));
  }
  std::string code(const http::Response& response) {
    return std::string(response.headers.get("x-ms-error-code").value_or(""));
  }

  std::unique_ptr<TestBench> bench;
  std::string key;
};

TEST_F(BlobService, KeepsBytesThroughAKill) {
  const std::string bytes("one\ntwo\0three", 13);
  const auto stored = put("day/1.bin", bytes, {{"Content-Type", "text/plain"}, {"x-ms-meta-day", "1"}});
  ASSERT_EQ(stored.status, 201) << stored.body;
  bench->reopen();
  const auto got = call("GET", "/logs/day/1.bin");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, bytes);
  EXPECT_EQ(got.headers.get("Content-Type"), "text/plain");
  EXPECT_EQ(got.headers.get("ETag"), stored.headers.get("ETag"));
  EXPECT_EQ(got.headers.get("x-ms-meta-day"), "1");
  EXPECT_EQ(got.headers.get("Content-MD5"), base64_encode(md5(bytes)));
  const auto head = call("HEAD", "/logs/day/1.bin");
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.headers.get("Content-Length"), "13");
  EXPECT_EQ(call("DELETE", "/logs/day/1.bin").status, 202);
  EXPECT_EQ(code(call("GET", "/logs/day/1.bin")), "BlobNotFound");
}

TEST_F(BlobService, RefusesAWrongSignature) {
  http::Request request = signed_request("GET", "/logs?restype=container&comp=list", "", {});
  EXPECT_EQ(bench->send(request).status, 200);
  request.url += "&prefix=other";
  const auto refused = bench->send(request);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(code(refused), "AuthenticationFailed");
}

TEST_F(BlobService, TakesBearerTokensOfStorageOnly) {
  put("a", "x");
  const auto with = [&](const std::string& resource) {
    return bench->send(
        {.method = "GET", .url = host + "/logs/a", .headers = {{"Authorization", "Bearer " + bench->token(resource)}}});
  };
  EXPECT_EQ(with("https://storage.azure.com").status, 200);
  EXPECT_EQ(with("https://management.azure.com").status, 401);
}

TEST_F(BlobService, ShowsPrivateContainersToNobodyWithoutCredentials) {
  put("a", "x");
  const auto refused = bench->send({.method = "GET", .url = host + "/logs/a"});
  EXPECT_EQ(code(refused), "PublicAccessNotPermitted");
}

TEST_F(BlobService, LetsEverybodyReadPublicBlobsOnly) {
  open({}, R"(,"properties":{"allowBlobPublicAccess":true})");
  EXPECT_EQ(call("PUT", "/open?restype=container", "", {{"x-ms-blob-public-access", "blob"}}).status, 201);
  call("PUT", "/open/a", "x", {{"x-ms-blob-type", "BlockBlob"}});
  const auto anonymous = [&](const std::string& method, const std::string& path) {
    return bench->send({.method = method, .url = host + path});
  };
  EXPECT_EQ(anonymous("GET", "/open/a").status, 200);
  EXPECT_EQ(anonymous("GET", "/open?restype=container&comp=list").status, 401);
  EXPECT_EQ(anonymous("DELETE", "/open/a").status, 401);
  EXPECT_EQ(anonymous("GET", "/logs/a").status, 401);
}

TEST_F(BlobService, HonoursConditions) {
  const std::string etag(*put("a", "one").headers.get("ETag"));
  EXPECT_EQ(code(put("a", "two", {{"If-None-Match", "*"}})), "BlobAlreadyExists");
  EXPECT_EQ(put("a", "two", {{"If-Match", etag}}).status, 201);
  EXPECT_EQ(put("a", "three", {{"If-Match", etag}}).status, 412);
  EXPECT_EQ(call("GET", "/logs/a", "", {{"If-Match", etag}}).status, 412);
  const std::string now(*call("HEAD", "/logs/a").headers.get("ETag"));
  EXPECT_EQ(call("GET", "/logs/a", "", {{"If-None-Match", now}}).status, 304);
  EXPECT_EQ(put("b", "x", {{"If-None-Match", "*"}}).status, 201);
}

TEST_F(BlobService, ChecksTheDigestOfWhatArrives) {
  EXPECT_EQ(code(put("a", "x", {{"Content-MD5", base64_encode(md5("y"))}})), "Md5Mismatch");
  EXPECT_EQ(put("a", "x", {{"Content-MD5", base64_encode(md5("x"))}}).status, 201);
}

TEST_F(BlobService, ServesRanges) {
  put("a", "0123456789");
  const auto middle = call("GET", "/logs/a", "", {{"x-ms-range", "bytes=2-4"}});
  EXPECT_EQ(middle.status, 206);
  EXPECT_EQ(middle.body, "234");
  EXPECT_EQ(middle.headers.get("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(call("GET", "/logs/a", "", {{"Range", "bytes=8-"}}).body, "89");
  EXPECT_EQ(call("GET", "/logs/a", "", {{"Range", "bytes=10-"}}).status, 416);
}

TEST_F(BlobService, ListsByPrefixPageByPage) {
  open({.page_size = 2});
  for (const auto* name : {"a/1", "a/2", "a/3", "b/<&>"}) put(percent_encode(name, "/"), "x");
  const auto first = call("GET", "/logs?restype=container&comp=list&prefix=a/");
  EXPECT_NE(first.body.find("<Name>a/2</Name>"), std::string::npos);
  EXPECT_EQ(first.body.find("<Name>a/3</Name>"), std::string::npos);
  EXPECT_NE(first.body.find("<NextMarker>a/3</NextMarker>"), std::string::npos);
  const auto second = call("GET", "/logs?restype=container&comp=list&prefix=a/&marker=a/3");
  EXPECT_NE(second.body.find("<Name>a/3</Name>"), std::string::npos);
  EXPECT_NE(second.body.find("<NextMarker />"), std::string::npos);
  EXPECT_NE(call("GET", "/logs?restype=container&comp=list&prefix=b").body.find("<Name>b/&lt;&amp;&gt;</Name>"),
            std::string::npos);
  EXPECT_NE(call("GET", "/logs?restype=container&comp=list&delimiter=/")
                .body.find("<BlobPrefix><Name>a/</Name></BlobPrefix>"),
            std::string::npos);
}

TEST_F(BlobService, JoinsBlocks) {
  for (const auto* id : {"MQ==", "Mg=="})
    EXPECT_EQ(call("PUT", std::string("/logs/big?comp=block&blockid=") + percent_encode(id), id).status, 201);
  const std::string list = "<?xml version=\"1.0\"?><BlockList><Latest>Mg==</Latest><Latest>MQ==</Latest></BlockList>";
  EXPECT_EQ(call("PUT", "/logs/big?comp=blocklist", list).status, 201);
  EXPECT_EQ(call("GET", "/logs/big").body, "Mg==MQ==");
  EXPECT_EQ(code(call("PUT", "/logs/big?comp=blocklist", list)), "InvalidBlockList");
}

// As Azurite answers, where the two once differed.
TEST_F(BlobService, DoesAsAzuriteDoes) {
  const std::string list = "<?xml version=\"1.0\"?><BlockList><Latest>MDAwMQ==</Latest></BlockList>";
  EXPECT_EQ(call("PUT", "/logs/joined?comp=block&blockid=MDAwMQ%3D%3D", "block").status, 201);
  const auto joined = call("PUT", "/logs/joined?comp=blocklist", list, {{"Content-Type", "application/xml"}});
  EXPECT_EQ(joined.headers.get("Content-MD5"), base64_encode(md5(list)));
  EXPECT_EQ(call("GET", "/logs/joined").headers.get("Content-Type"), "application/octet-stream");
  EXPECT_EQ(call("GET", "/logs/joined", "", {{"Range", "bytes=10-"}}).headers.get("Content-Range"), "bytes */5");
  const std::string etag(joined.headers.get("ETag").value_or(""));
  const auto listed = call("GET", "/logs?restype=container&comp=list").body;
  EXPECT_NE(listed.find("<Etag>" + replace_all(etag, "\"", "") + "</Etag>"), std::string::npos) << listed;
  EXPECT_EQ(code(put("copy", "", {{"x-ms-copy-source", host + "/logs/joined"}})), "NotImplemented");
}

TEST_F(BlobService, IsReachedUnderOneHostTooByTheAccountsPath) {
  put("a", "x");
  const auto request = signed_request("GET", "/labdata/logs/a", "", {}, "http://127.0.0.1:8080");
  EXPECT_EQ(bench->send(request).body, "x");
}

TEST_F(BlobService, SharesItsContainersWithArm) {
  EXPECT_EQ(bench->arm("GET", account + "/blobServices/default/containers/logs").status, 200);
  EXPECT_EQ(code(call("PUT", "/logs?restype=container")), "ContainerAlreadyExists");
  put("a", "x");
  bench->arm("DELETE", account + "/blobServices/default/containers/logs");
  EXPECT_EQ(code(call("GET", "/logs/a")), "ContainerNotFound");
  call("PUT", "/logs?restype=container");
  EXPECT_EQ(code(call("GET", "/logs/a")), "BlobNotFound");
  EXPECT_NE(call("GET", "/?comp=list").body.find("<Name>logs</Name>"), std::string::npos);
}

}  // namespace
}  // namespace drover::localcloud
