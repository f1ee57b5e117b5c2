#include "drivers/system/time_zones.hpp"

#include <gtest/gtest.h>

namespace drover::system {
namespace {

using namespace std::chrono_literals;

TEST(TimeZones, KnowWhenBerlinChangesItsClocks) {
  const auto zone = load_time_zone("Europe/Berlin");
  if (!zone) GTEST_SKIP() << zone.error().message;
  EXPECT_EQ(zone->name(), "Europe/Berlin");
  EXPECT_EQ(zone->offset_at(*parse_iso("2025-03-30T00:59:59Z")), 1h);
  EXPECT_EQ(zone->offset_at(*parse_iso("2025-03-30T01:00:00Z")), 2h);
  EXPECT_EQ(zone->offset_at(*parse_iso("2025-10-26T01:00:00Z")), 1h);
  EXPECT_FALSE(zone->is_fixed());
}

TEST(TimeZones, SayWhatTheyDoNotKnow) {
  for (const char* name : {"Europe/Atlantis", "", "../../etc/passwd"}) {
    const auto zone = load_time_zone(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().code, Code::not_found);
  }
  if (const auto utc = load_time_zone("UTC")) EXPECT_TRUE(utc->is_fixed());
}

}  // namespace
}  // namespace drover::system
