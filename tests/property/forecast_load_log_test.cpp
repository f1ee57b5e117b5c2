// Logs with random damage: reading one ends with a table that makes sense or an error that names the file, never
// otherwise. (tests/fuzz goes deeper; this runs in every build.)
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "codec/load_log.hpp"
#include "codec/model_json.hpp"
#include "forecast/calibrated.hpp"
#include "forecast/sample_log.hpp"

namespace drover {
namespace {

std::string damage(std::string text, Rng& rng) {
  constexpr std::string_view pieces[] = {"\t", "\n", "\r\n",  ",",   "\"",           ";",      "[",   "] \"",
                                         "-",  "9",  "1e308", "nan", "\xEF\xBB\xBF", " Start", " End"};
  for (std::uint64_t i = 1 + rng.below(12); i > 0 && !text.empty(); --i) {
    const std::size_t at = rng.below(text.size());
    switch (rng.below(5)) {
      case 0:
        text[at] = static_cast<char>(rng.next());
        break;
      case 1:
        text.erase(at, 1 + rng.below(40));
        break;
      case 2:
        text.insert(at, pieces[rng.below(std::size(pieces))]);
        break;
      case 3:
        text.insert(at, text.substr(rng.below(text.size()), rng.below(200)));
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

std::vector<std::string> sound_logs() {
  std::string daily = "row,admin_users,config_users,end_users,avg_completion_time\r\n";
  std::string timed = "time,load,\"other, load\"\n";
  std::string requests;
  for (int i = 10; i < 59; ++i) {
    const std::string n = std::to_string(i);
    daily += n + ",5,23,6590,196.5\r\n";
    timed += "2026-01-01T00:" + n + ":00Z," + n + ",\"7\"\n";
    requests += "127.0.0.1 - - [10/Oct/2000:13:" + n + ":36 -0700] \"GET /a.gif HTTP/1.0\" 200 2326\n";
  }
  return {daily, timed, requests, forecast::sample_log({.days = 2}, Rng(1)).substr(0, 8000)};
}

TEST(LoadLogProperty, DamagedLogsGiveATableOrAnErrorThatNamesTheFile) {
  const auto logs = sound_logs();
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    Rng rng(seed);
    const std::string text = damage(logs[seed % logs.size()], rng);
    codec::LoadLogOptions options{.malformed_share_max = rng.chance(0.5) ? 0.01 : 1.0};
    if (rng.chance(0.3)) options.format = static_cast<codec::LoadLogFormat>(rng.below(5));
    const auto log = codec::read_load_log(text, "damaged.log", options);
    if (!log) {
      EXPECT_EQ(log.error().code, Code::invalid_input) << "seed " << seed;
      EXPECT_TRUE(log.error().where) << "seed " << seed << ": " << log.error().message;
      continue;
    }
    EXPECT_GT(log->daily.rows(), 0U) << "seed " << seed;
    EXPECT_TRUE(forecast::check_table(log->daily)) << "seed " << seed;
    EXPECT_NE(log->daily.find(log->target), nullptr) << "seed " << seed;
    if (HasFailure()) return;
  }
}

TEST(ModelJsonProperty, DamagedModelsAreReadOrRefused) {
  Rng data(3);
  std::vector<double> load;
  for (int i = 0; i < 60; ++i) load.push_back(100 + 10 * data.normal());
  const auto training = forecast::train_calibrated({.columns = {{"load", load}}}, "load", {.code_version = "1"});
  ASSERT_TRUE(training);
  const std::string sound = codec::format_model(training->model);
  const forecast::Table table{.columns = {{"load", load}}};
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    Rng rng(seed);
    const auto model = codec::parse_model(damage(sound, rng), "m.json");
    if (!model) {
      EXPECT_EQ(model.error().code, Code::corrupt) << "seed " << seed;
    } else {
      const auto next = forecast_next(*model, table);  // whatever was read can be applied without harm
      EXPECT_TRUE(next || !next.error().message.empty());
    }
  }
}

}  // namespace
}  // namespace drover
