#include "cli/scale_report.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <pugixml.hpp>

namespace drover::cli {
namespace {

LoadChart sample_chart() {
  LoadChart chart{.title = "Time <of> \"jobs\" & more",
                  .quantity = "time",
                  .unit = "s",
                  .start = Instant(std::chrono::hours(24 * 20000)),
                  .next = ChartForecast{40, 95, 75, 115},
                  .wanted_low = 30,
                  .wanted_high = 70,
                  .nodes = {{0, 1}},
                  .nodes_next = 2};
  for (int i = 0; i < 40; ++i) chart.history.push_back(60 + 30 * std::sin(i / 5.0));
  for (std::size_t i = 30; i < 40; ++i) chart.past_forecasts.push_back({i, chart.history[i] + 3, 40, 100});
  return chart;
}

/// Parses as XML, or fails with the reason.
pugi::xml_document parse(const std::string& svg) {
  pugi::xml_document document;
  const auto result = document.load_buffer(svg.data(), svg.size());
  EXPECT_TRUE(result) << result.description() << " in " << svg;
  return document;
}

void expect_inside(const pugi::xml_document& document) {
  const auto svg = document.child("svg");
  const auto expect_within = [&](const char* attribute, const char* size) {
    for (const auto& found : svg.select_nodes((std::string("//@") + attribute).c_str())) {
      EXPECT_GE(found.attribute().as_double(), 0) << attribute;
      EXPECT_LE(found.attribute().as_double(), svg.attribute(size).as_double()) << attribute;
    }
  };
  for (const char* attribute : {"x", "x1", "x2", "cx"}) expect_within(attribute, "width");
  for (const char* attribute : {"y", "y1", "y2", "cy"}) expect_within(attribute, "height");
}

TEST(Chart, IsAWellFormedPictureWithWords) {
  const auto document = parse(draw_load_chart(sample_chart()));
  const auto svg = document.child("svg");
  EXPECT_STREQ(svg.child_value("title"), "Time <of> \"jobs\" & more");
  EXPECT_STREQ(
      svg.child_value("desc"),
      "40 rows are known; the last is 90 s; the next is forecast as 95 s, between 75 s and 115 s; wanted is 30 s to "
      "70 s; nodes go from 1 to 2.");
  EXPECT_STREQ(svg.attribute("role").value(), "img");
  expect_inside(document);
}

TEST(Chart, PutsValuesWhereTheyBelong) {
  LoadChart chart = sample_chart();
  const auto document = parse(draw_load_chart(chart));
  const auto wanted = document.select_node("//rect[@class='wanted'][@x>50 and @height>20]").node();
  const auto dot = document.select_node("//circle").node();
  // 95 is as far above 70 as 70 above 45: the dot stands clearly above the wanted range.
  const double unit = wanted.attribute("height").as_double() / 40;
  EXPECT_NEAR(dot.attribute("cy").as_double(), wanted.attribute("y").as_double() - 25 * unit, 0.3);
}

TEST(Chart, LoadsNothing) {
  std::string svg = draw_load_chart(sample_chart());
  const std::string name_space = "xmlns=\"http://www.w3.org/2000/svg\"";
  svg.erase(svg.find(name_space), name_space.size());
  for (const char* word : {"http", "url(", "@import", "href", "<script"})
    EXPECT_EQ(svg.find(word), std::string::npos) << word;
}

TEST(Chart, DrawsWhateverItIsGiven) {
  std::vector<LoadChart> charts(1);
  charts.push_back({.history = {5}});
  charts.push_back({.history = {5, 5, 5}, .next = ChartForecast{3, 5, 5, 5}});
  charts.push_back({.history = {0, 0}, .nodes = {{0, 0}}, .nodes_next = -1});
  charts.push_back({.history = {1, std::nan(""), 3}, .wanted_low = -5, .wanted_high = 1e9});
  charts.push_back({.step = std::chrono::minutes(1), .history = std::vector<double>(5000, 1e-7)});
  charts.push_back({.history = {-3, -2}, .next = ChartForecast{2, std::nan(""), -INFINITY, INFINITY}});
  for (const auto& chart : charts) {
    const std::string svg = draw_load_chart(chart);
    parse(svg);
    EXPECT_LT(svg.size(), 64U << 10);
    for (const char* word : {"nan", "inf"}) EXPECT_EQ(svg.find(std::string("=\"") + word), std::string::npos) << svg;
  }
}

ScaleReport sample_report() {
  ScaleReport report{.estate = "dev<day>", .cloud = "the local cloud", .pool = "atdevday/nodepool1"};
  report.input = {
      .forecast = 95, .low = 75, .high = 115, .level = 0.9, .model_error = 9.9, .naive_error = 12.3, .nodes = 1};
  report.decision = decide(report.policy, report.input);
  report.models = {
      {.name = "calibrated v1", .target = "time", .unit = "s", .mae = 9.9, .naive_mae = 12.3, .in_use = true}};
  report.timings = {{"train", from_seconds(0.4)}};
  report.per_hour_before = Money::usd(0.096);
  report.per_hour_after = Money::usd(0.192);
  report.notes = {"a <note>"};
  report.chart = sample_chart();
  return report;
}

TEST(ScaleReport, TellsTheDecisionItsReasonsAndItsCost) {
  const std::string html = format_scale_report(sample_report());
  for (const char* text :
       {"1 \xE2\x86\x92 2 nodes", "Above the band; 2 is one step; ceiling 10.", "Not done (dry run).", "0.19 USD/h",
        "9.9 s", "12.3 s for a naive forecast", "dev&lt;day&gt;", "a &lt;note&gt;", "<svg", "0.4 s"})
    EXPECT_NE(html.find(text), std::string::npos) << text;
  for (const char* word : {"<script", "src=", "@import", "<link", "<note>"})
    EXPECT_EQ(html.find(word), std::string::npos) << word;
}

TEST(ScaleReport, SaysWhenNothingWasDone) {
  ScaleReport report = sample_report();
  report.input.model_error = 99;
  report.decision = decide(report.policy, report.input);
  const std::string html = format_scale_report(report);
  EXPECT_NE(html.find("1 node stays"), std::string::npos);
  EXPECT_NE(html.find("Nothing to do."), std::string::npos);
  EXPECT_NE(html.find("no better than a naive forecast"), std::string::npos);
}

}  // namespace
}  // namespace drover::cli
