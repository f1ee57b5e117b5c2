// Forecasts of a load that follows people: does knowing their clocks and holidays pay, in error, where these matter?
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/rng.hpp"
#include "forecast/load_forecaster.hpp"

namespace drover::forecast {
namespace {

using namespace std::chrono_literals;

constexpr int lead = 5;

Instant at(const char* text) { return *parse_iso(text); }

/// Offices in Berlin: they open at eight and close at six by their clocks, on workdays; a little on other days.
struct Offices {
  Calendar calendar;
  double load(Instant now, Rng& rng) const {
    const LocalDay day = calendar.zone.day_at(now);
    const double hour = calendar.zone.minute_of_day(now) / 60;
    const double open = 1 / (1 + std::exp(-4 * (hour - 8))) - 1 / (1 + std::exp(-4 * (hour - 18)));
    const bool is_off = is_weekend(day) || calendar.is_holiday(day);
    return (100 + (is_off ? 60 : 900) * open) * std::exp(0.01 * rng.normal());
  }
};

/// Mean absolute error, of the load a lead time on, over [from, to) of five-minute steps that begin at `start`.
double error_over(const Offices& offices, const Calendar& known, Instant start, Instant from, Instant to) {
  LoadAxis axis{.step = 5min, .start = start, .lead_steps = lead, .calendar = known};
  LoadForecaster forecaster(axis, 50);
  Rng rng(7);
  std::vector<double> loads, forecasts;
  for (std::ptrdiff_t t = 0; axis.at(t) < to; ++t) {
    loads.push_back(offices.load(axis.at(t), rng));
    forecaster.push(loads.back());
    forecasts.push_back(forecaster.outlook().at_lead);
  }
  double sum = 0;
  int count = 0;
  for (std::size_t t = 0; t < loads.size(); ++t) {
    if (axis.at(static_cast<std::ptrdiff_t>(t)) < from) continue;
    sum += std::abs(loads[t] - forecasts[t - lead - 1]);
    ++count;
  }
  return sum / count;
}

TimeZone berlin() {
  return {"Europe/Berlin", {{Instant{}, 1h}, {at("2026-03-29T01:00:00Z"), 2h}, {at("2026-10-25T01:00:00Z"), 1h}}};
}

TEST(CalendarForecast, FollowsTheClocksWhenTheyAreChanged) {
  const Offices offices{{.zone = berlin()}};
  for (const auto& [start, from, to] :
       {std::tuple{"2026-03-09T00:00:00Z", "2026-03-30T00:00:00Z", "2026-04-01T00:00:00Z"},
        std::tuple{"2026-10-05T00:00:00Z", "2026-10-26T00:00:00Z", "2026-10-28T00:00:00Z"}}) {
    const double with = error_over(offices, offices.calendar, at(start), at(from), at(to));
    const double without = error_over(offices, {}, at(start), at(from), at(to));
    EXPECT_LT(with, 0.8 * without) << from << ": " << with << " against " << without;
  }
}

TEST(CalendarForecast, TakesAHolidayForASundayAndIsNotFooledAfterIt) {
  const Offices offices{{.zone = berlin(), .holidays = {*parse_day("2026-06-04")}}};  // a Thursday
  const Calendar zone_only{.zone = berlin()};
  const Instant start = at("2026-05-11T00:00:00Z");
  const auto both = [&](const char* from, const char* to) {
    return std::pair(error_over(offices, offices.calendar, start, at(from), at(to)),
                     error_over(offices, zone_only, start, at(from), at(to)));
  };
  const auto [holiday, holiday_without] = both("2026-06-03T22:00:00Z", "2026-06-04T22:00:00Z");
  EXPECT_LT(holiday, 0.8 * holiday_without) << holiday << " against " << holiday_without;
  const auto [after, after_without] = both("2026-06-04T22:00:00Z", "2026-06-05T22:00:00Z");
  EXPECT_LT(after, 0.8 * after_without) << after << " against " << after_without;
}

}  // namespace
}  // namespace drover::forecast
