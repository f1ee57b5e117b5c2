#include "codec/model_json.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "base/text.hpp"
#include "forecast/calibrated.hpp"

namespace drover::codec {
namespace {

forecast::Model trained() {
  Rng rng(5);
  std::vector<double> users;
  std::vector<double> seconds;
  for (int i = 0; i < 90; ++i) {
    users.push_back(500 + 100 * rng.normal());
    seconds.push_back(30 + users.back() / 7);
  }
  auto training = forecast::train_calibrated(
      {.columns = {{"users", users}, {"seconds", seconds}}}, "seconds",
      {.data_digest = "ab12", .code_version = "0.1.0", .trained_at = Instant(std::chrono::hours(9))});
  return training->model;
}

TEST(ModelJson, KeepsEveryBitThroughARoundTrip) {
  const forecast::Model model = trained();
  const std::string text = format_model(model);
  const auto back = parse_model(text, "model.json");
  ASSERT_TRUE(back) << format_error(back.error());
  EXPECT_EQ(format_model(*back), text);
  EXPECT_EQ(back->record.trained_at, model.record.trained_at);
  EXPECT_EQ(back->record.data_digest, "ab12");
  ASSERT_EQ(back->equations.size(), model.equations.size());
  for (std::size_t i = 0; i < model.equations.size(); ++i) {
    EXPECT_EQ(back->equations[i].terms, model.equations[i].terms);
    EXPECT_EQ(back->equations[i].fit.coefficients, model.equations[i].fit.coefficients);
    EXPECT_EQ(back->equations[i].fit.names, model.equations[i].fit.names);
  }
  ASSERT_TRUE(back->band);
  EXPECT_EQ(back->band->high_factor, model.band->high_factor);
}

void expect_corrupt(const std::string& text, const std::string& words) {
  const auto model = parse_model(text, "m.json");
  ASSERT_FALSE(model) << words;
  EXPECT_EQ(model.error().code, Code::corrupt);
  EXPECT_NE(model.error().message.find(words), std::string::npos) << model.error().message;
}

TEST(ModelJson, NamesWhatIsWrong) {
  const std::string text = format_model(trained());
  expect_corrupt("", "no JSON");
  expect_corrupt(text.substr(0, text.size() / 2), "no JSON");
  expect_corrupt("[]", "model must be an object");
  expect_corrupt(replace_all(text, "\"format\": 1", "\"format\": 2"), "format 1");
  expect_corrupt(replace_all(text, "\"trained_rows\"", "\"rows_trained\""),
                 "model.trained_rows must be a whole number");
  expect_corrupt(replace_all(replace_all(text, "\"lag\"", "\"row\""), "\"mean\"", "\"row\""),
                 ".kind must be same_row or lag or mean");
  expect_corrupt(replace_all(text, "\"trained_at\": \"1970-01-01T09:00:00Z\"", "\"trained_at\": \"soon\""),
                 "trained_at");
  expect_corrupt(replace_all(text, "\"target\": \"seconds\",\n  \"trained", "\"target\": \"x\",\n  \"trained"),
                 "the last equation must be that of x");
  expect_corrupt(replace_all(text, "\"mae\": ", "\"mae\": 1e999, \"x\": "), "no JSON");
}

}  // namespace
}  // namespace drover::codec
