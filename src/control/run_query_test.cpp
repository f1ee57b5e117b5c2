#include "control/run_query.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drover::control {
namespace {

using nlohmann::json;

json run(const std::string& id, json metric, const std::string& model, std::int64_t start) {
  json out;
  out["info"] = {{"run_id", id}, {"run_name", "Run " + id}, {"status", "FINISHED"}, {"start_time", start}};
  out["data"]["metrics"] = json::array();
  if (!metric.is_null()) out["data"]["metrics"].push_back({{"key", "rmse"}, {"value", std::move(metric)}});
  out["data"]["params"] = json::array({{{"key", "model name"}, {"value", model}}});
  out["data"]["tags"] = json::array({{{"key", "mlflow.user"}, {"value", "ada"}}});
  return out;
}

const std::vector<json> runs = {run("a", 0.5, "tree", 10), run("b", 0.25, "Forest", 20), run("c", "NaN", "tree", 30),
                                run("d", nullptr, "net", 40)};

/// Ids of runs that match, or what is wrong with the filter.
std::string found(const std::string& filter) {
  const auto parsed = parse_run_filter(filter);
  if (!parsed) return parsed.error().message;
  std::string ids;
  for (const auto& each : runs)
    if (matches(each, *parsed)) ids += each.at("info").at("run_id").get<std::string>();
  return ids;
}

std::string ordered(const std::vector<std::string>& by) {
  std::vector<RunOrder> order;
  for (const auto& text : by) {
    const auto parsed = parse_run_order(text);
    if (!parsed) return parsed.error().message;
    order.push_back(*parsed);
  }
  auto sorted = runs;
  sort_runs(sorted, order);
  std::string ids;
  for (const auto& each : sorted) ids += each.at("info").at("run_id").get<std::string>();
  return ids;
}

TEST(RunQuery, ComparesAsItsGrammarSays) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "abcd"},
      {"metrics.rmse < 0.5", "b"},
      {"metric.rmse<=0.5", "ab"},
      {"metrics.`rmse` > -1e9 AND params.\"model name\" = 'tree'", "a"},
      {"params.`model name` != 'tree'", "bd"},
      {"params.`model name` LIKE 'F%'", "b"},
      {"params.`model name` like 'f%'", ""},
      {"params.`model name` ILIKE '%o_est'", "b"},
      {"tags.mlflow.user = \"ada\"", "abcd"},
      {"tags.missing != 'x'", ""},
      {"attributes.status = 'FINISHED' and start_time >= 20", "bcd"},
      {"run_id IN ('a', 'c')", "ac"},
      {"attributes.run_id NOT IN ('a')", "bcd"},
      {"metrics.rmse != 0.5", "bc"},
  };
  for (const auto& [filter, ids] : cases) EXPECT_EQ(found(filter), ids) << filter;
}

TEST(RunQuery, SaysWhereItDoesNotRead) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"metrics.rmse", "a comparison belongs here"},
      {"metrics.rmse > 'a'", "a number belongs here"},
      {"params.a > '1'", "texts are compared by"},
      {"params.a = 1", "a text in quotes"},
      {"params.a = 'x", "a text in quotes"},
      {"moon.a = 'x'", "none of metrics"},
      {"moon = 'x'", "no attribute"},
      {"metrics.a > 1 or metrics.b > 1", "joined by"},
      {"run_id in ('a'", "does not end"},
      {"metrics.a in ('b')", "compares texts"},
      {"metrics. > 1", "a key belongs here"},
  };
  for (const auto& [filter, part] : cases) EXPECT_NE(found(filter).find(part), std::string::npos) << found(filter);
}

TEST(RunQuery, AsksForTheDataThatRunsHaveRead) {
  json reader = run("r", 1, "tree", 1);
  reader["inputs"]["dataset_inputs"] =
      json::array({{{"dataset", {{"name", "wine"}, {"digest", "d1"}}},
                    {"tags", json::array({{{"key", "mlflow.data.context"}, {"value", "train"}}})}},
                   {{"dataset", {{"name", "beer"}, {"digest", "d2"}}}}});
  const auto holds = [](const json& of, const std::string& filter) {
    const auto parsed = parse_run_filter(filter);
    return parsed && matches(of, *parsed);
  };
  for (const char* filter : {"datasets.name = 'beer'", "dataset.digest IN ('d0', 'd1')", "datasets.context = 'train'",
                             "datasets.name LIKE 'w%'", "datasets.name != 'wine'"})
    EXPECT_TRUE(holds(reader, filter)) << filter;
  EXPECT_FALSE(holds(reader, "datasets.name = 'milk'"));
  EXPECT_FALSE(holds(runs[0], "datasets.name != 'milk'")) << "it has read nothing";
  EXPECT_FALSE(parse_run_filter("datasets.size = 'x'"));
  EXPECT_FALSE(parse_run_order("datasets.name"));
}

TEST(RunQuery, AsksForExperimentsByTheSameGrammar) {
  const json lab = experiment_as_run({{"experiment_id", "12"},
                                      {"name", "lab"},
                                      {"creation_time", 7},
                                      {"tags", json::array({{{"key", "team"}, {"value", "vision"}}})}});
  const auto holds = [&](const std::string& filter) {
    const auto parsed = parse_experiment_filter(filter);
    return parsed ? (matches(lab, *parsed) ? "yes" : "no") : parsed.error().message;
  };
  EXPECT_EQ(holds("name LIKE 'l%' and creation_time >= 7 and tags.team = 'vision'"), "yes");
  EXPECT_EQ(holds("last_update_time > 0"), "no");
  EXPECT_EQ(holds("experiment_id > 9"), "yes") << "as a number";
  EXPECT_NE(holds("status = 'RUNNING'").find("no attribute of an experiment"), std::string::npos);
  EXPECT_NE(holds("params.a = 'x'").find("none of tags and attributes"), std::string::npos);
  EXPECT_FALSE(parse_experiment_order("start_time DESC"));
  EXPECT_EQ(found("attributes.`Run name` = 'Run a'"), "a") << "another name of run_name";
}

TEST(RunQuery, OrdersAndPutsWhatHasNoValueLast) {
  EXPECT_EQ(ordered({"metrics.rmse"}), "bacd");
  EXPECT_EQ(ordered({"metrics.rmse DESC"}), "abcd");
  EXPECT_EQ(ordered({"params.`model name` asc", "attributes.start_time DESC"}), "bdca");
  EXPECT_NE(ordered({"metrics.rmse SIDEWAYS"}).find("ASC or DESC"), std::string::npos);
}

}  // namespace
}  // namespace drover::control
