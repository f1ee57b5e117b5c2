#include "control/journal.hpp"

#include <gtest/gtest.h>

namespace drover::control {
namespace {

using planning::Origin;

Resource account(const std::string& name) {
  return {.key = "storage-account/" + name,
          .name = name,
          .account = "a",
          .arm_id = "/x/" + name,
          .spec = StorageAccount{"eastus"}};
}

Journal reopened(Log& log) {
  auto journal = Journal::open(log);
  EXPECT_TRUE(journal) << journal.error().message;
  return std::move(*journal);
}

TEST(Journal, KnowsWhatItMadeAfterAReopen) {
  MemoryLog log;
  auto journal = reopened(log);
  const auto intents = journal.intend({{Verb::create, account("one"), ""}}, Instant{});
  ASSERT_TRUE(intents);
  ASSERT_TRUE(journal.conclude({{intents->front(), Verb::create, "storage-account/one", true, "", {}}}, Instant{}));
  const auto again = reopened(log);
  ASSERT_TRUE(again.holdings().contains("storage-account/one"));
  EXPECT_EQ(again.holdings().at("storage-account/one").origin, Origin::created);
  EXPECT_EQ(again.holdings().at("storage-account/one").resource.arm_id, "/x/one");
  EXPECT_TRUE(again.holdings().at("storage-account/one").is_made);
}

TEST(Journal, ACreationThatWasNotConcludedMayHaveMadeSomething) {
  MemoryLog log;
  {
    auto journal = reopened(log);
    ASSERT_TRUE(journal.intend({{Verb::create, account("one"), ""}}, Instant{}));
  }  // killed here
  const auto again = reopened(log);
  ASSERT_TRUE(again.holdings().contains("storage-account/one")) << "or it would be an orphan";
  EXPECT_FALSE(again.holdings().at("storage-account/one").is_made);
}

TEST(Journal, ForgetsWhatWasRemovedAndKeepsWhatWasNot) {
  MemoryLog log;
  auto journal = reopened(log);
  const auto made = journal.intend({{Verb::create, account("one"), ""}, {Verb::create, account("two"), ""}}, Instant{});
  ASSERT_TRUE(made);
  const auto removals =
      journal.intend({{Verb::remove, account("one"), ""}, {Verb::remove, account("two"), ""}}, Instant{});
  ASSERT_TRUE(removals);
  ASSERT_TRUE(journal.conclude({{(*removals)[0], Verb::remove, "storage-account/one", true, "", {}},
                                {(*removals)[1], Verb::remove, "storage-account/two", false, "locked", {}}},
                               Instant{}));
  const auto again = reopened(log);
  EXPECT_FALSE(again.holdings().contains("storage-account/one"));
  EXPECT_TRUE(again.holdings().contains("storage-account/two"));
}

TEST(Journal, AdoptionDoesNotMakeAThingOurs) {
  MemoryLog log;
  auto journal = reopened(log);
  ASSERT_TRUE(journal.intend({{Verb::adopt, account("one"), ""}}, Instant{}));
  EXPECT_EQ(reopened(log).holdings().at("storage-account/one").origin, Origin::adopted);
}

TEST(Journal, RefusesDamageByItsPlace) {
  MemoryLog log;
  ASSERT_TRUE(log.append({R"({"intent":"create","at":1,"resource":{"kind":"nonsense"}})"}));
  const auto journal = Journal::open(log);
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code, Code::corrupt);
  EXPECT_NE(journal.error().message.find("entry 1"), std::string::npos);
}

}  // namespace
}  // namespace drover::control
