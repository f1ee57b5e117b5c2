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

TEST(Journal, RemembersHowLongThingsTake) {
  MemoryLog log;
  auto journal = reopened(log);
  const std::pair what{StorageAccount::kind, catalog::Verb::create};
  EXPECT_FALSE(journal.measured().contains(what));
  for (const int seconds : {100, 7, 30, 0, 8, 9})
    ASSERT_TRUE(journal.conclude(
        {{1, Verb::create, "storage-account/one", seconds != 8, "", std::chrono::seconds(seconds)}}, Instant{}));
  EXPECT_EQ(journal.measured().at(what), std::chrono::seconds(30)) << "of 7, 9, 30, 100: not what failed nor what is 0";
  EXPECT_EQ(reopened(log).measured(), journal.measured());
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
