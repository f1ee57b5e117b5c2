#include "ports/gathering_store.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Counts commits, and fails them when told.
class CountingStore final : public Store {
 public:
  Status commit(const std::vector<StoreWrite>& writes) override {
    if (fails) return fail(Code::unavailable, "the disk is full");
    ++commits;
    return inner.commit(writes);
  }
  Result<std::optional<std::string>> get(std::string_view key) override { return inner.get(key); }
  Result<Pairs> scan(std::string_view prefix) override { return inner.scan(prefix); }

  MemoryStore inner;
  int commits = 0;
  bool fails = false;
};

TEST(GatheringStore, LetsWritesWaitAndShowsThemMeanwhile) {
  CountingStore inner;
  ASSERT_TRUE(inner.inner.commit({{"a/1", "old"}, {"a/2", "gone"}, {"b", "other"}}));
  GatheringStore store(inner);
  ASSERT_TRUE(store.later().commit({{"a/1", "new"}, {"a/2", std::nullopt}, {"a/3", "made"}}));
  EXPECT_EQ(inner.commits, 0);
  EXPECT_EQ(store.get("a/1")->value_or(""), "new");
  EXPECT_FALSE(store.later().get("a/2")->has_value());
  EXPECT_EQ(*store.scan("a/"), (Pairs{{"a/1", "new"}, {"a/3", "made"}}));
  EXPECT_EQ(*store.scan("b"), (Pairs{{"b", "other"}}));
  EXPECT_EQ(*inner.scan("a/"), (Pairs{{"a/1", "old"}, {"a/2", "gone"}})) << "nothing is durable yet";
  ASSERT_TRUE(store.commit({{"a/1", "newest"}}));
  EXPECT_EQ(inner.commits, 1) << "all in one";
  EXPECT_EQ(*inner.scan("a/"), (Pairs{{"a/1", "newest"}, {"a/3", "made"}}));
  EXPECT_FALSE(store.has_waiting());
  ASSERT_TRUE(store.flush());
  EXPECT_EQ(inner.commits, 1) << "there was nothing to make durable";
}

TEST(GatheringStore, KeepsWhatCouldNotBeWritten) {
  CountingStore inner;
  GatheringStore store(inner);
  ASSERT_TRUE(store.later().commit({{"a", "1"}}));
  inner.fails = true;
  EXPECT_FALSE(store.commit({{"b", "2"}}));
  EXPECT_EQ(store.get("a")->value_or(""), "1");
  EXPECT_FALSE(store.get("b")->has_value()) << "who said it was told that it failed";
  inner.fails = false;
  ASSERT_TRUE(store.flush());
  EXPECT_EQ(inner.get("a")->value_or(""), "1");
}

}  // namespace
}  // namespace drover
