#include "base/digest.hpp"
#include "localcloud/ml/test_workspace.hpp"

namespace drover::localcloud::ml {
namespace {

using MlAssets = WorkspaceBench;

TEST_F(MlAssets, EveryWorkspaceHasItsDatastores) {
  const Json store = json_of(bench->arm("GET", workspace + "/datastores/workspaceblobstore"));
  EXPECT_EQ(text_at(store, {"properties", "accountName"}), "labdata");
  EXPECT_TRUE(text_at(store, {"properties", "containerName"}).starts_with("azureml-blobstore-"));
  EXPECT_TRUE(true_at(store, {"properties", "isDefault"}));
  EXPECT_EQ(at(store, {"properties", "credentials", "secrets"}), nullptr);
  const Json secrets = json_of(bench->arm("POST", workspace + "/datastores/workspaceblobstore/listSecrets"));
  const Json keys = json_of(bench->arm("POST", account + "/listKeys"));
  EXPECT_EQ(text_at(secrets, {"key"}), text_at(keys["keys"][0], {"value"}));
  EXPECT_EQ(bench->arm("DELETE", workspace + "/datastores/workspaceblobstore").status, 400);
  const Json list = json_of(bench->arm("GET", workspace + "/datastores"));
  EXPECT_EQ(list["value"].size(), 2u);
  const Json chosen = json_of(bench->arm("GET", workspace + "/datastores?isDefault=true"));
  ASSERT_EQ(chosen["value"].size(), 1u);
  EXPECT_EQ(text_at(chosen["value"][0], {"name"}), "workspaceblobstore");
}

TEST_F(MlAssets, KeysOfDatastoresAreShownOnlyToWhoAsksForSecrets) {
  const std::string store = workspace + "/datastores/mine";
  const auto put = bench->arm(
      "PUT", store,
      R"({"properties":{"datastoreType":"AzureBlob","accountName":"labdata","containerName":"c","credentials":{"credentialsType":"AccountKey","secrets":{"secretsType":"AccountKey","key":"c2VjcmV0"}}}})");
  EXPECT_EQ(put.status, 201);
  EXPECT_EQ(put.body.find("c2VjcmV0"), std::string::npos);
  EXPECT_EQ(bench->arm("GET", store).body.find("c2VjcmV0"), std::string::npos);
  EXPECT_EQ(text_at(json_of(bench->arm("POST", store + "/listSecrets")), {"key"}), "c2VjcmV0");
  EXPECT_EQ(bench->arm("DELETE", store).status, 200);
  EXPECT_EQ(bench->arm("DELETE", store).status, 204);
  EXPECT_EQ(bench->arm("POST", store + "/listSecrets").status, 404);
}

TEST_F(MlAssets, VersionsAreCountedAndKeepTheirMeaning) {
  const std::string environment = workspace + "/environments/train";
  EXPECT_EQ(bench->arm("PUT", environment + "/versions/1", R"({"properties":{"image":"host"}})").status, 201);
  EXPECT_EQ(bench->arm("PUT", environment + "/versions/2", R"({"properties":{"image":"other"}})").status, 201);
  const Json container = json_of(bench->arm("GET", environment));
  EXPECT_EQ(text_at(container, {"properties", "latestVersion"}), "2");
  EXPECT_EQ(text_at(container, {"properties", "nextVersion"}), "3");
  const auto changed = bench->arm("PUT", environment + "/versions/1", R"({"properties":{"image":"other"}})");
  EXPECT_EQ(changed.status, 409);
  EXPECT_EQ(text_at(json_of(changed), {"error", "target"}), "image");
  EXPECT_EQ(
      bench->arm("PUT", environment + "/versions/1", R"({"properties":{"image":"host","tags":{"a":"b"}}})").status,
      200);
  EXPECT_EQ(text_at(json_of(bench->arm("GET", environment + "/versions/1")), {"properties", "tags", "a"}), "b");
  EXPECT_EQ(json_of(bench->arm("GET", environment + "/versions"))["value"].size(), 2u);
  EXPECT_EQ(bench->arm("DELETE", environment + "/versions/1").status, 200);
  EXPECT_EQ(bench->arm("GET", environment + "/versions/1").status, 404);
  EXPECT_EQ(bench->arm("PUT", workspace + "/environments/.no/versions/1", R"({"properties":{"image":"x"}})").status,
            400);
  EXPECT_EQ(bench->arm("PUT", environment + "/versions/3", R"({"properties":{}})").status, 400);
}

class Uploads : public WorkspaceBench {
 protected:
  void SetUp() override {
    WorkspaceBench::SetUp();
    const auto started = bench->arm("POST", workspace + "/codes/c0de/versions/1/startPendingUpload", "{}");
    ASSERT_EQ(started.status, 200) << started.body;
    const Json reference = json_of(started)["blobReferenceForConsumption"];
    blob_uri = text_at(reference, {"blobUri"});
    const std::string sas = text_at(reference, {"credential", "sasUri"});
    container = sas.substr(0, sas.find('?'));
    query = sas.substr(sas.find('?') + 1);
  }
  http::Response send(const std::string& method, const std::string& url, const std::string& body = "") {
    http::Request request{.method = method, .url = url, .body = body};
    if (method == "PUT") request.headers.add("x-ms-blob-type", "BlockBlob");
    return bench->send(std::move(request));
  }
  std::string blob_uri, container, query;
};

TEST_F(Uploads, GoWhereTheServiceSays) {
  ASSERT_TRUE(blob_uri.starts_with(container + "/"));
  EXPECT_EQ(send("PUT", blob_uri + "/train.py?" + query, "print(1)").status, 201);
  EXPECT_EQ(send("GET", blob_uri + "/train.py?" + query).body, "print(1)");
  EXPECT_EQ(send("GET", container + "?restype=container&comp=list&" + query).status, 200);
}

TEST_F(Uploads, HoldOnlyWhatTheSignatureSays) {
  ASSERT_EQ(send("PUT", blob_uri + "/a?" + query, "1").status, 201);
  EXPECT_EQ(send("DELETE", blob_uri + "/a?" + query).status, 403);  // no d
  const auto other = send("GET", replace_all(container, "azureml-blobstore", "azureml-otherstore") + "/a?" + query);
  EXPECT_EQ(other.status, 403);
  const auto wider = send("DELETE", blob_uri + "/a?" + replace_all(query, "sp=rcwl", "sp=rcwld"));
  EXPECT_EQ(wider.status, 403);
  EXPECT_NE(wider.body.find("Signature did not match"), std::string::npos);
  EXPECT_EQ(send("PUT", container + "?restype=container&" + query).status, 403);
  bench->pass(std::chrono::hours(25));
  const auto late = send("GET", blob_uri + "/a?" + query);
  EXPECT_EQ(late.status, 403);
  EXPECT_EQ(late.headers.get("x-ms-error-code"), "AuthenticationFailed");
}

TEST_F(Uploads, SignAsMicrosoftDescribes) {
  // Written out here once more, for a blob and with a start, as a client of its own would.
  const Json secrets = json_of(bench->arm("POST", workspace + "/datastores/workspaceblobstore/listSecrets"));
  const std::string key = *base64_decode(text_at(secrets, {"key"}));
  ASSERT_EQ(send("PUT", blob_uri + "/a?" + query, "1").status, 201);
  const std::string path = std::string(http::parse_url(blob_uri)->path) + "/a";
  const auto signed_query = [&](const std::string& start, const std::string& expiry) {
    const std::string text =
        "r\n" + start + "\n" + expiry + "\n/blob/labdata" + path + "\n\n\nhttps\n2021-12-02\nb\n\n\n\n\n\n\n";
    return "sv=2021-12-02&sr=b&sp=r&spr=https&st=" + start + "&se=" + expiry +
           "&sig=" + percent_encode(base64_encode(hmac_sha256(key, text)));
  };
  EXPECT_EQ(send("GET", blob_uri + "/a?" + signed_query("2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z")).body, "1");
  EXPECT_EQ(send("GET", blob_uri + "/b?" + signed_query("2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z")).status, 403);
  EXPECT_EQ(send("GET", blob_uri + "/a?" + signed_query("2026-12-01T00:00:00Z", "2026-12-20T00:00:00Z")).status, 403);
}

TEST(MlDurations, EachHasItsSource) {
  for (int step = 0; step <= static_cast<int>(Step::unextend); ++step)
    EXPECT_NE(source_of(static_cast<Step>(step)), "");
  EXPECT_NE(source_of(Step::extend), source_of(Step::start));
}

}  // namespace
}  // namespace drover::localcloud::ml
