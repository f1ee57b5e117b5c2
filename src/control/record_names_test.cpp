#include "control/record_names.hpp"

#include <gtest/gtest.h>

namespace drover::control {
namespace {

TEST(RecordNames, OfOlderStatesAreFoundInLowerCase) {
  MemoryStore store;
  ASSERT_TRUE(store.commit({{"model/Lab/Web/000003/calibrated/Avg_Time", "model"},
                            {"training/Lab/Web/3", "notes"},
                            {"load/Lab/Web/daily", "table"},
                            {"scale/Lab/Web/hand", "pin"},
                            {"scale/Lab/Web/decision/2026-11-22T10:00:00Z", "turn"},
                            {"scaled/Lab/Web", "turn"},
                            {"workspace/Lab", "access"},
                            {"job/Lab", "not a name of Azure"}}));
  ASSERT_TRUE(adopt_record_names(store));
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"model/lab/web/000003/calibrated/Avg_Time", "model"},
                                                        {"training/lab/web/3", "notes"},
                                                        {"load/lab/web/daily", "table"},
                                                        {"scale/lab/web/hand", "pin"},
                                                        {"scale/lab/web/decision/2026-11-22T10:00:00Z", "turn"},
                                                        {"scaled/lab/web", "turn"},
                                                        {"workspace/lab", "access"},
                                                        {"job/Lab", "not a name of Azure"}})
    EXPECT_EQ(store.get(key).value().value_or("nothing"), value) << key;
  EXPECT_FALSE(store.get("scaled/Lab/Web").value());
}

TEST(RecordNames, TheLowerCaseRecordIsTheNewerOne) {
  MemoryStore store;
  ASSERT_TRUE(store.commit({{"watch/Lab/web", "old"}, {"watch/lab/web", "new"}}));
  ASSERT_TRUE(adopt_record_names(store));
  EXPECT_EQ(store.get("watch/lab/web").value(), "new");
  EXPECT_FALSE(store.get("watch/Lab/web").value());
}

}  // namespace
}  // namespace drover::control
