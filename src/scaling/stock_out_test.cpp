#include "scaling/stock_out.hpp"

#include <gtest/gtest.h>

namespace drover::scaling {
namespace {

using std::chrono::minutes;

TEST(StockOut, ABackOffGrowsAndIsBounded) {
  StockOut stock;
  EXPECT_FALSE(stock.is_out(Instant{}));
  std::vector<Duration> pauses;
  Instant now = *parse_iso("2026-11-22T10:00:00Z");
  const Instant first = now;
  for (int i = 0; i < 6; ++i) {
    stock.refuse("AllocationFailed", now);
    pauses.push_back(stock.until - now);
    EXPECT_TRUE(stock.is_out(now)) << i;
    EXPECT_FALSE(stock.is_out(stock.until)) << "then it is tried again";
    now = stock.until;
  }
  EXPECT_EQ(pauses,
            (std::vector<Duration>{minutes{5}, minutes{10}, minutes{20}, minutes{40}, minutes{60}, minutes{60}}));
  EXPECT_EQ(stock.since, first);
}

TEST(StockOut, KnowsTheWordsOfTheService) {
  EXPECT_EQ(out_of_stock({.message = "x", .service_code = "SkuNotAvailable"}), "SkuNotAvailable");
  EXPECT_EQ(out_of_stock({.message = "Code=\"ZonalAllocationFailed\" Message=..."}), "ZonalAllocationFailed");
  EXPECT_EQ(out_of_stock({.message = "no", .service_code = "ErrCode_InsufficientVCPUQuota"}), "InsufficientVCPUQuota");
  EXPECT_EQ(out_of_stock({.message = "the connection was lost"}), std::nullopt);
}

}  // namespace
}  // namespace drover::scaling
