// What every Blobs must do, on each implementation that is at hand: Azurite at DROVER_AZURITE
// (http://127.0.0.1:PORT/devstoreaccount1), and the local cloud, which must do as Azurite does. Another implementation
// is one more Provider in the list at the end.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <ostream>

#include "base/digest.hpp"
#include "base/rng.hpp"
#include "base/text.hpp"
#include "drivers/blob/azure_blobs.hpp"
#include "drivers/blob/blob_client.hpp"
#include "drivers/curl/curl_transport.hpp"
#include "localcloud/test_bench.hpp"
#include "protocol/blob_auth.hpp"

namespace drover {
namespace {

class RealClock final : public Clock {
 public:
  Instant now() const override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  void sleep_until(Instant) override {}
};

// The emulator's published key (https://learn.microsoft.com/azure/storage/common/storage-use-azurite).
constexpr const char* emulator_key =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
constexpr const char* wrong_key = "d3JvbmcgYnV0IGJhc2U2NA==";

using Credential = decltype(blob::AzureBlobsOptions::credential);

Credential shared_key(const std::string& key) {
  return blob::SharedKeyCredential{[key](const std::string&) { return Result<std::string>(key); }};
}
Credential bearer(const std::string& token) {
  return blob::BearerCredential{[token](const std::string&) { return Result<std::string>(token); }};
}

/// A store of blobs under test, and all that it stands on.
struct BlobsUnderTest {
  std::string account;
  std::shared_ptr<HttpTransport> transport;
  std::string endpoint;
  std::string key;  ///< or token
  Credential (*credential_of)(const std::string&) = shared_key;
  Code refusal = Code::permission_denied;  ///< of a key or token that is wrong

  std::unique_ptr<Blobs> open(const std::string& with_key, std::size_t single_put_bytes_max = std::size_t{64} << 20,
                              int page_size = 5000) const {
    blob::AzureBlobsOptions options{.endpoint = endpoint, .credential = credential_of(with_key)};
    options.single_put_bytes_max = single_put_bytes_max;
    options.list_page_size = page_size;
    return std::make_unique<blob::AzureBlobs>(*transport, std::move(options));
  }
};

struct Provider {
  std::string name;
  std::function<std::optional<BlobsUnderTest>()> make;  ///< nullopt: not at hand
  std::string missing;                                  ///< why not, for the skip
};

std::optional<BlobsUnderTest> azurite() {
  const char* url = std::getenv("DROVER_AZURITE");
  if (!url) return std::nullopt;
  static RealClock clock;
  const std::string text(url);
  const auto slash = text.rfind('/');
  return BlobsUnderTest{.account = text.substr(slash + 1),
                        .transport = std::make_shared<curl::CurlTransport>(clock),
                        .endpoint = text.substr(0, slash) + "/{account}",
                        .key = emulator_key};
}

/// A world with one storage account in it, and the way there.
struct LocalBlobs {
  localcloud::TestBench bench{localcloud::Physics{.duration_scale = 0}};
  SimClock clock{bench.now()};
  localcloud::LocalCloudTransport transport{bench.world(), clock};
};

constexpr const char* local_account = "labdata";

BlobsUnderTest local_blobs() {
  auto local = std::make_shared<LocalBlobs>();
  local->bench.make_group();
  const std::string path = localcloud::bench_group + "/providers/Microsoft.Storage/storageAccounts/" + local_account;
  local->bench.arm("PUT", path, R"({"location":"westus2","kind":"StorageV2","sku":{"name":"Standard_LRS"}})");
  const auto keys = localcloud::json_of(local->bench.arm("POST", path + "/listKeys"));
  return {.account = local_account,
          .transport = std::shared_ptr<HttpTransport>(local, &local->transport),
          .endpoint = "https://{account}.blob.core.windows.net",
          .key = keys["keys"][0]["value"].get<std::string>()};
}

std::optional<BlobsUnderTest> local_with_key() { return local_blobs(); }

std::optional<BlobsUnderTest> local_under_one_host() {
  BlobsUnderTest local = local_blobs();
  local.endpoint = "https://localhost:8443/{account}";
  return local;
}

std::optional<BlobsUnderTest> local_with_token() {
  BlobsUnderTest made = local_blobs();
  http::Request request{
      .method = "POST",
      .url = "https://login.microsoftonline.com/" + std::string(localcloud::default_tenant) + "/oauth2/v2.0/token"};
  request.body = http::format_form({{"grant_type", "client_credentials"},
                                    {"client_id", std::string(localcloud::default_client_id)},
                                    {"client_secret", std::string(localcloud::default_client_secret)},
                                    {"scope", "https://storage.azure.com/.default"}});
  const auto response = send(*made.transport, std::move(request), std::chrono::minutes(1));
  made.key = response ? localcloud::text_at(localcloud::json_of(*response), {"access_token"}) : "";
  made.credential_of = bearer;
  made.refusal = Code::unauthenticated;
  return made;
}

void PrintTo(const Provider& provider, std::ostream* out) { *out << provider.name; }

class BlobContract : public testing::TestWithParam<Provider> {
 protected:
  void SetUp() override {
    auto made = GetParam().make();
    if (!made) GTEST_SKIP() << GetParam().name << " is not at hand: " << GetParam().missing;
    world_ = std::move(*made);
    blobs_ = world_.open(world_.key);
    // A container of its own for each test, so that the tests may run in any order, and again.
    container_ = "t" + sha256_hex(std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) +
                                  format_iso(world_.transport->clock().now()))
                           .substr(0, 20);
    const auto created = blobs_->create_container(world_.account, container_);
    ASSERT_TRUE(created) << format_error(created.error());
  }

  BlobAddress at(const std::string& name) const { return {world_.account, container_, name}; }
  void expect_put(const std::string& name, std::string_view bytes) {
    const auto status = blobs_->put(at(name), bytes, "text/plain");
    ASSERT_TRUE(status) << format_error(status.error());
  }
  std::vector<std::string> listed(const std::string& prefix) {
    std::vector<std::string> names;
    const auto blobs = blobs_->list(world_.account, container_, prefix);
    EXPECT_TRUE(blobs) << format_error(blobs.error());
    if (blobs)
      for (const auto& blob : *blobs) names.push_back(blob.name);
    return names;
  }

  BlobsUnderTest world_;
  std::unique_ptr<Blobs> blobs_;
  std::string container_;
};

TEST_P(BlobContract, GivesBackWhatItWasGiven) {
  const std::string bytes("\0\xFF\r\n binary", 11);
  expect_put("a.bin", bytes);
  EXPECT_EQ(blobs_->get(at("a.bin")), bytes);
  expect_put("a.bin", "");
  EXPECT_EQ(blobs_->get(at("a.bin")), "");
}

TEST_P(BlobContract, CreatesAContainerTwiceWithoutHarm) {
  expect_put("kept", "x");
  EXPECT_TRUE(blobs_->create_container(world_.account, container_));
  EXPECT_EQ(blobs_->get(at("kept")), "x");
}

TEST_P(BlobContract, KeepsNamesOfAllKinds) {
  const std::vector<std::string> names = {
      "a b.txt",    "d/e/f.json", "gr\xC3\xBC\xC3\x9F.csv",  "plus+and&amp;", "q?x=1#y",
      "per%20cent", "'quoted'",   "\xE6\x97\xA5\xE6\x9C\xAC"};
  for (const auto& name : names) expect_put(name, "in " + name);
  for (const auto& name : names) EXPECT_EQ(blobs_->get(at(name)), "in " + name) << name;
  auto expected = names;
  std::ranges::sort(expected);
  auto found = listed("");
  std::ranges::sort(found);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(listed("d/e/"), std::vector<std::string>{"d/e/f.json"});
  EXPECT_EQ(listed("a "), std::vector<std::string>{"a b.txt"});
}

TEST_P(BlobContract, ListsOverSeveralPages) {
  for (int i = 0; i < 7; ++i) expect_put("log/" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
  blobs_ = world_.open(world_.key, 1 << 20, 3);
  EXPECT_EQ(listed("log/").size(), 7U);
  const auto blobs = blobs_->list(world_.account, container_, "log/");
  ASSERT_TRUE(blobs);
  EXPECT_EQ((*blobs)[5].size_bytes, 5U);
  EXPECT_FALSE((*blobs)[5].etag.empty());
  EXPECT_EQ(listed("none/"), std::vector<std::string>{});
}

TEST_P(BlobContract, PutsLargeBlobsInBlocks) {
  Rng rng(11);
  std::string bytes(10'000'000, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(rng.next());
  blobs_ = world_.open(world_.key, 1 << 20);  // a 10 MB blob then needs two blocks
  expect_put("large", bytes);
  const auto back = blobs_->get(at("large"));
  ASSERT_TRUE(back) << format_error(back.error());
  EXPECT_EQ(sha256_hex(*back), sha256_hex(bytes));
  EXPECT_EQ(blobs_->put(at("large"), bytes, "text/plain", true).error().code, Code::already_exists);
}

TEST_P(BlobContract, PutsOnlyIfAbsentWhenAsked) {
  EXPECT_TRUE(blobs_->put(at("once"), "first", "text/plain", true));
  const auto again = blobs_->put(at("once"), "second", "text/plain", true);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::already_exists) << format_error(again.error());
  EXPECT_EQ(blobs_->get(at("once")), "first");
}

TEST_P(BlobContract, ErasesAndSaysWhatIsMissing) {
  expect_put("gone", "x");
  EXPECT_TRUE(blobs_->erase(at("gone")));
  EXPECT_TRUE(blobs_->erase(at("gone")));
  EXPECT_EQ(blobs_->get(at("gone")).error().code, Code::not_found);
  EXPECT_EQ(blobs_->get({world_.account, "nosuchcontainer", "x"}).error().code, Code::not_found);
  EXPECT_EQ(blobs_->put({world_.account, "nosuchcontainer", "x"}, "x", "text/plain").error().code, Code::not_found);
  const auto listing = blobs_->list(world_.account, "nosuchcontainer", "");
  ASSERT_FALSE(listing);
  EXPECT_EQ(listing.error().code, Code::not_found);
  EXPECT_EQ(listing.error().service_code, "ContainerNotFound");
}

TEST_P(BlobContract, RefusesAWrongKeyWithoutShowingAnyKey) {
  const auto status = world_.open(wrong_key)->put(at("x"), "x", "text/plain");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, world_.refusal) << format_error(status.error());
  EXPECT_EQ(format_error(status.error()).find(wrong_key), std::string::npos);
  EXPECT_EQ(listed(""), std::vector<std::string>{});
}

TEST_P(BlobContract, RefusesAContainerNameThatIsTooShort) {
  EXPECT_EQ(blobs_->create_container(world_.account, "ab").error().code, Code::invalid_input);
}

/// The other client, for conversations beside others, against the same stores.
class BlobStoreContract : public BlobContract {
 protected:
  void SetUp() override {
    BlobContract::SetUp();
    if (IsSkipped()) return;
    flows_.emplace(*world_.transport);
    store_.emplace(*flows_);
  }
  BlobDoor door() const {
    BlobDoor made{.url = replace_all(world_.endpoint, "{account}", world_.account) + "/" + container_,
                  .account = world_.account};
    if (world_.refusal == Code::unauthenticated)
      made.pass = BearerToken{world_.key};
    else
      made.pass = AccountKey{world_.key};
    return made;
  }
  template <class T>
  T run(Flow<T> flow) {
    return finish(*flows_, std::move(flow));
  }

  std::optional<Flows> flows_;
  std::optional<blob::BlobClient> store_;
};

TEST_P(BlobStoreContract, PutsLooksAndReadsPieces) {
  const std::string bytes = "0123456789";
  ASSERT_TRUE(run(store_->put(door(), "a b/c.bin", bytes)));
  EXPECT_EQ(*run(store_->size(door(), "a b/c.bin")), std::optional<std::uint64_t>(10));
  EXPECT_EQ(*run(store_->size(door(), "none")), std::nullopt);
  EXPECT_EQ(run(store_->read(door(), "a b/c.bin", 0, 4)), "0123");
  EXPECT_EQ(run(store_->read(door(), "a b/c.bin", 8, 4)), "89");
  EXPECT_EQ(run(store_->read(door(), "a b/c.bin", 10, 4)), "");
  EXPECT_EQ(run(store_->read(door(), "none", 0, 4)).error().code, Code::not_found);
  ASSERT_TRUE(run(store_->put(door(), "empty", "")));
  EXPECT_EQ(run(store_->read(door(), "empty", 0, 4)), "");
  const auto page = run(store_->list(door(), "a b/", ""));
  ASSERT_TRUE(page) << format_error(page.error());
  ASSERT_EQ(page->blobs.size(), 1U);
  EXPECT_EQ(page->blobs[0].name, "a b/c.bin");
  EXPECT_EQ(page->next, "");
}

TEST_P(BlobStoreContract, GoesOnWithTheBlocksThatAreThere) {
  EXPECT_EQ(run(store_->blocks(door(), "large"))->size(), 0U);
  ASSERT_TRUE(run(store_->put_block(door(), "large", 2, "three")));
  ASSERT_TRUE(run(store_->put_block(door(), "large", 0, "one-")));
  EXPECT_EQ(*run(store_->size(door(), "large")), std::nullopt) << "nobody sees it before it is whole";
  const auto there = run(store_->blocks(door(), "large"));
  ASSERT_TRUE(there) << format_error(there.error());
  EXPECT_EQ(*there, (std::vector<std::int64_t>{4, -1, 5}));
  ASSERT_TRUE(run(store_->put_block(door(), "large", 1, "two-")));
  const auto committed = run(store_->commit(door(), "large", 3));
  ASSERT_TRUE(committed) << format_error(committed.error());
  EXPECT_EQ(run(store_->read(door(), "large", 0, 100)), "one-two-three");
  EXPECT_EQ(run(store_->blocks(door(), "large"))->size(), 0U);
}

TEST_P(BlobStoreContract, LetsInWhoeverHasASignature) {
  if (world_.refusal == Code::unauthenticated) GTEST_SKIP() << "no key, no signature";
  const auto pass = [&](std::string_view permissions, Instant until) {
    BlobDoor made = door();
    made.pass = SharedAccess{*blob::make_container_sas(world_.account, container_, world_.key, permissions, until)};
    return made;
  };
  const Instant now = flows_->now();
  const BlobDoor guest = pass("rcw", now + std::chrono::hours(1));
  const auto put = run(store_->put(guest, "a b/c%.bin", "0123"));
  ASSERT_TRUE(put) << format_error(put.error());
  EXPECT_EQ(run(store_->read(guest, "a b/c%.bin", 0, 4)), "0123");
  EXPECT_FALSE(run(store_->list(guest, "", ""))) << "listing was not granted";
  EXPECT_FALSE(run(store_->put(pass("r", now + std::chrono::hours(1)), "x", "x"))) << "only reading was";
  EXPECT_FALSE(run(store_->read(pass("r", now - std::chrono::hours(1)), "a b/c%.bin", 0, 4))) << "it is over";
}

TEST_P(BlobStoreContract, RefusesAWrongPass) {
  BlobDoor wrong = door();
  wrong.pass = AccountKey{wrong_key};
  const auto put = run(store_->put(wrong, "x", "x"));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::permission_denied) << format_error(put.error());
  EXPECT_EQ(format_error(put.error()).find(wrong_key), std::string::npos);
}

const auto providers = testing::Values(
    Provider{"Azurite", azurite, "start it and set DROVER_AZURITE=http://127.0.0.1:PORT/devstoreaccount1"},
    Provider{"LocalCloudWithKey", local_with_key, ""}, Provider{"LocalCloudUnderOneHost", local_under_one_host, ""},
    Provider{"LocalCloudWithToken", local_with_token, ""});
const auto provider_name = [](const auto& provider) { return provider.param.name; };
INSTANTIATE_TEST_SUITE_P(Providers, BlobContract, providers, provider_name);
INSTANTIATE_TEST_SUITE_P(Providers, BlobStoreContract, providers, provider_name);

}  // namespace
}  // namespace drover
