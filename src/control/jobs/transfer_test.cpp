#include "control/jobs/transfer.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/rng.hpp"
#include "drivers/system/folders.hpp"

namespace drover::control {
namespace {

namespace fs = std::filesystem;

/// Nothing is ever sent: its flows end at once.
class NoTransport final : public HttpTransport {
 public:
  ExchangeId submit(http::Request, Instant, BodySink*) override { return {1}; }
  std::optional<Completion> next(Instant) override { return std::nullopt; }
  void cancel(ExchangeId) override {}
  const Clock& clock() const override { return clock_; }

 private:
  SimClock clock_{Instant{}};
};

/// A container in memory, which fails after so many calls.
class MemoryStoreOfBlobs final : public BlobStore {
 public:
  std::map<std::string, std::string> blobs;
  std::map<std::string, std::map<std::int64_t, std::string>> parts;
  int calls_left = 1'000'000;
  std::int64_t bytes_put = 0, bytes_read = 0;

  Flow<Result<std::optional<std::uint64_t>>> size(BlobDoor, std::string name) override {
    using Size = std::optional<std::uint64_t>;
    if (!goes()) co_return broken();
    const auto it = blobs.find(name);
    co_return it == blobs.end() ? Size{} : Size{it->second.size()};
  }
  Flow<Result<BlobPage>> list(BlobDoor, std::string prefix, std::string marker) override {
    if (!goes()) co_return broken();
    BlobPage page;
    for (const auto& [name, bytes] : blobs) {
      if (!name.starts_with(prefix) || name <= marker) continue;
      if (page.blobs.size() == 2) {
        page.next = page.blobs.back().name;
        break;
      }
      page.blobs.push_back({.name = name, .size_bytes = bytes.size()});
    }
    co_return page;
  }
  Flow<Status> put(BlobDoor, std::string name, std::string bytes) override {
    if (!goes()) co_return broken();
    bytes_put += std::ssize(bytes);
    blobs[name] = std::move(bytes);
    co_return Status{};
  }
  Flow<Status> put_block(BlobDoor, std::string name, std::int64_t index, std::string bytes) override {
    if (!goes()) co_return broken();
    bytes_put += std::ssize(bytes);
    parts[name][index] = std::move(bytes);
    co_return Status{};
  }
  Flow<Result<std::vector<std::int64_t>>> blocks(BlobDoor, std::string name) override {
    if (!goes()) co_return broken();
    std::vector<std::int64_t> sizes;
    for (const auto& [index, bytes] : parts[name]) {
      sizes.resize(static_cast<std::size_t>(index) + 1, -1);
      sizes.back() = std::ssize(bytes);
    }
    co_return sizes;
  }
  Flow<Status> commit(BlobDoor, std::string name, std::int64_t count) override {
    if (!goes()) co_return broken();
    std::string whole;
    for (std::int64_t i = 0; i < count; ++i) whole += parts[name].at(i);
    blobs[name] = std::move(whole);
    parts.erase(name);
    co_return Status{};
  }
  Flow<Result<std::string>> read(BlobDoor, std::string name, std::int64_t offset, std::int64_t bytes_max) override {
    if (!goes()) co_return broken();
    const std::string& bytes = blobs.at(name);
    std::string piece = bytes.substr(std::min<std::size_t>(static_cast<std::size_t>(offset), bytes.size()),
                                     static_cast<std::size_t>(bytes_max));
    bytes_read += std::ssize(piece);
    co_return piece;
  }
  Instant now() const override { return {}; }

 private:
  bool goes() { return calls_left-- > 0; }
  static std::unexpected<Error> broken() { return fail(Code::unavailable, "cut off"); }
};

class TransferTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("drover-transfer-" + std::to_string(::getpid()));
    fs::remove_all(root_);
    Rng rng(5);
    large_.resize(20'000'000);
    for (auto& byte : large_) byte = static_cast<char>(rng.next());
    ASSERT_TRUE(folders_.append(path("code/train.py"), "print(1)\n"));
    ASSERT_TRUE(folders_.append(path("code/data/large.bin"), large_));
    ASSERT_TRUE(folders_.append(path("code/empty"), ""));
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string path(const std::string& name) const { return (root_ / name).string(); }
  template <class T>
  T run(Flow<T> flow) {
    return finish(flows_, std::move(flow));
  }

  fs::path root_;
  std::string large_;
  NoTransport transport_;
  Flows flows_{transport_};
  system::SystemFolders folders_;
  MemoryStoreOfBlobs store_;
  TransferProgress progress_;
};

TEST_F(TransferTest, GoesUpAndComesDownWhateverItIsCutOffBy) {
  // Cut off after every number of calls there can be, and gone on with each time.
  int rounds = 0;
  for (bool done = false; !done; ++rounds) {
    ASSERT_LT(rounds, 100);
    store_.calls_left = 2 + rounds % 3;
    done = run(upload(store_, folders_, {}, path("code"), "up", progress_)).has_value();
  }
  EXPECT_GT(rounds, 3);
  EXPECT_EQ(store_.blobs.at("up/data/large.bin"), large_);
  EXPECT_EQ(store_.blobs.at("up/train.py"), "print(1)\n");
  EXPECT_EQ(store_.blobs.at("up/empty"), "");
  EXPECT_LE(store_.bytes_put, std::ssize(large_) + 9) << "nothing is sent twice";
  for (int i = 0;; ++i) {
    ASSERT_LT(i, 100);
    store_.calls_left = 3 + i % 2;
    const auto came = run(download(store_, folders_, {}, "up", path("back"), progress_));
    if (!came) continue;
    EXPECT_EQ(*came, 3);
    break;
  }
  store_.calls_left = 1000;
  EXPECT_EQ(*folders_.read(path("back/data/large.bin"), 0, 30'000'000), large_);
  EXPECT_TRUE(folders_.exists(path("back/empty")));
  EXPECT_EQ(store_.bytes_read, std::ssize(large_) + 9) << "nor read twice";
  EXPECT_EQ(progress_.done_bytes, progress_.total_bytes);
  EXPECT_EQ(*content_name(folders_, path("back")), *content_name(folders_, path("code")));
}

TEST_F(TransferTest, TakesOneFileAsItself) {
  ASSERT_TRUE(run(upload(store_, folders_, {}, path("code/train.py"), "up/script.py", progress_)));
  EXPECT_EQ(store_.blobs.at("up/script.py"), "print(1)\n");
}

TEST_F(TransferTest, NamesAreOfContentAlone) {
  const auto before = content_name(folders_, path("code"));
  ASSERT_TRUE(before);
  EXPECT_EQ(before->size(), 32U);
  ASSERT_TRUE(folders_.append(path("code/train.py"), "#"));
  EXPECT_NE(*content_name(folders_, path("code")), *before);
  EXPECT_EQ(content_name(folders_, path("none")).error().code, Code::not_found);
}

TEST_F(TransferTest, LeavesOutNamesThatLeadOutAndNothingElse) {
  store_.blobs["up/../../etc/passwd"] = "x";
  store_.blobs["up/back\\slash"] = "y";
  const auto came = run(download(store_, folders_, {}, "up", path("back"), progress_));
  ASSERT_TRUE(came) << format_error(came.error());
  ASSERT_EQ(progress_.left_out.size(), 1U);
  EXPECT_EQ(progress_.left_out.front().path, "up/../../etc/passwd");
  EXPECT_EQ(*folders_.read(path("back") + "/back\\slash", 0, 9), "y");
}

TEST_F(TransferTest, TakesOneBlobAsAFile) {
  store_.blobs["azureml/job/table"] = "1,2";
  EXPECT_TRUE(run(download_blob(store_, folders_, {}, "azureml/job/table", path("table"), progress_)).value_or(false));
  EXPECT_EQ(*folders_.read(path("table"), 0, 9), "1,2");
  EXPECT_FALSE(run(download_blob(store_, folders_, {}, "azureml/job/none", path("none"), progress_)).value_or(true));
}

}  // namespace
}  // namespace drover::control
