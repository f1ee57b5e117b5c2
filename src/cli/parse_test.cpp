#include <gtest/gtest.h>

#include "cli/invocation.hpp"

namespace drover::cli {
namespace {

std::string complaint_of;

std::optional<Invocation> typed(std::vector<const char*> words) {
  words.insert(words.begin(), "drover");
  complaint_of.clear();
  return parse(static_cast<int>(words.size()), words.data(), complaint_of);
}

TEST(Parse, KnowsEveryCommand) {
  const std::vector<std::pair<std::vector<const char*>, Command>> commands = {
      {{}, Command::help},
      {{"--help"}, Command::help},
      {{"--version"}, Command::version},
      {{"validate"}, Command::validate},
      {{"plan"}, Command::plan},
      {{"apply"}, Command::apply},
      {{"destroy"}, Command::destroy},
      {{"status"}, Command::status},
      {{"show", "x"}, Command::show},
      {{"schema"}, Command::schema},
      {{"secret", "set", "x"}, Command::secret_set},
      {{"forecast", "train", "--log", "x"}, Command::forecast_train},
      {{"forecast", "show"}, Command::forecast_show},
      {{"forecast", "sample", "--out", "x"}, Command::forecast_sample},
      {{"forecast", "backtest", "--log", "x"}, Command::forecast_backtest},
      {{"scale", "once"}, Command::scale_once},
      {{"scale", "report", "--out", "x"}, Command::scale_once},
      {{"scale", "watch"}, Command::scale_watch},
      {{"cloud", "serve"}, Command::cloud_serve},
      {{"schema", "--api"}, Command::schema},
      {{"open"}, Command::open},
      {{"open", "7f3c", "-o", "json"}, Command::open},
      {{"job", "submit", "a.yml", "b.yml", "--retry", "2"}, Command::job_submit},
      {{"job", "prune", "--older", "30d"}, Command::job_prune},
      {{"job", "submit", "--set", "a=b", "a.yml", "--set", "c=d", "b.yml"}, Command::job_submit},
  };
  for (const auto& [words, command] : commands) {
    const auto invocation = typed(words);
    ASSERT_TRUE(invocation) << complaint_of;
    EXPECT_EQ(invocation->command, command) << (words.empty() ? "" : words.front());
  }
}

TEST(Parse, TakesTheEstateWithOrWithoutAFlag) {
  EXPECT_EQ(typed({"plan", "a.yaml"})->estate, "a.yaml");
  EXPECT_EQ(typed({"plan", "-f", "a.yaml"})->estate, "a.yaml");
  EXPECT_EQ(typed({"apply", "kept.plan"})->saved_plan, "kept.plan");
}

TEST(Parse, ReadsOptions) {
  const auto plan = typed({"plan", "--only", "a,b", "--only", "c", "--detailed-exitcode", "--out", "p", "-o", "json",
                           "--cloud", "azure", "--trace"});
  ASSERT_TRUE(plan) << complaint_of;
  EXPECT_EQ(plan->only, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(plan->detailed_exitcode && plan->json && plan->trace);
  EXPECT_EQ(plan->out, "p");
  EXPECT_EQ(plan->cloud, "azure");
  EXPECT_FALSE(typed({"plan", "-o", "text"})->json);
}

TEST(Parse, MakesAReportWithoutDoingAnything) {
  const auto report = typed({"scale", "report", "--out", "r.html"});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->dry_run);
  EXPECT_EQ(report->out, "r.html");
  EXPECT_FALSE(typed({"scale", "once", "--report", "r.html"})->dry_run);
}

TEST(Parse, SaysWhichCommandMayHaveBeenMeant) {
  EXPECT_FALSE(typed({"job", "sumbit", "a.yml"}));
  EXPECT_NE(complaint_of.find("drover job has no command sumbit; did you mean submit?"), std::string::npos)
      << complaint_of;
  EXPECT_FALSE(typed({"plann"}));
  EXPECT_NE(complaint_of.find("drover has no command plann; did you mean plan?"), std::string::npos) << complaint_of;
  EXPECT_FALSE(typed({"job", "xyzzy"}));
  EXPECT_NE(complaint_of.find("drover job has no command xyzzy\n"), std::string::npos) << complaint_of;
  EXPECT_FALSE(typed({"plan", "--outt", "x"}));
  EXPECT_NE(complaint_of.find("--outt"), std::string::npos) << complaint_of;
}

TEST(Parse, LeadsToTheHelpOfWhatIsACommand) {
  EXPECT_FALSE(typed({"cluod", "serve"}));
  EXPECT_EQ(complaint_of, "drover has no command cluod; did you mean cloud?\nRun drover --help for what there is.\n");
  EXPECT_FALSE(typed({"job", "sumbit", "serve"}));
  EXPECT_NE(complaint_of.find("Run drover job --help"), std::string::npos) << complaint_of;
  EXPECT_FALSE(typed({"secret"}));
  EXPECT_TRUE(complaint_of.starts_with("drover secret needs a command after it: ")) << complaint_of;
}

TEST(Parse, SaysWhichOptionMayHaveBeenMeant) {
  EXPECT_FALSE(typed({"scale", "replay", "--lgo", "a.csv"}));
  EXPECT_NE(complaint_of.find("drover scale replay has no option --lgo; did you mean --log?"), std::string::npos)
      << complaint_of;
  EXPECT_FALSE(typed({"scale", "replay", "--log", "a.csv", "--xyzzy-plugh=3"}));
  EXPECT_NE(complaint_of.find("has no option --xyzzy-plugh\n"), std::string::npos) << complaint_of;
}

TEST(Parse, ReplaysWithItsUsualsUnlessTold) {
  const auto usual = typed({"scale", "replay", "--log", "load.csv"});
  ASSERT_TRUE(usual) << complaint_of;
  EXPECT_EQ(usual->command, Command::scale_replay);
  EXPECT_EQ(usual->replay.slo_percent, 99.5);
  EXPECT_EQ(usual->replay.nodes_at_p999, 30);
  const auto told = typed({"scale", "replay", "--log", "a.csv", "--slo", "99", "--node-capacity", "7", "-o", "json"});
  ASSERT_TRUE(told) << complaint_of;
  EXPECT_EQ(told->replay.node_capacity, 7);
  EXPECT_TRUE(told->json);
  EXPECT_FALSE(typed({"scale", "replay", "--log", "a.csv", "--node-capacity", "7", "--nodes-at-p999", "3"}));
}

TEST(Parse, BacktestsTakeTheWordsOfReplays) {
  const auto told = typed({"forecast", "backtest", "--log", "a.csv", "--lead", "10m", "--daily", "--wanted", "30..70"});
  ASSERT_TRUE(told) << complaint_of;
  EXPECT_EQ(told->replay.lead, "10m");
  EXPECT_TRUE(told->daily);
  EXPECT_EQ(told->wanted, "30..70");
  EXPECT_FALSE(typed({"forecast", "backtest", "--log", "a.csv", "--wanted", "30..70"}));  // of days only
  const auto peers = typed({"scale", "replay", "--log", "a.csv", "--forecasts", "b.csv,c.csv"});
  ASSERT_TRUE(peers) << complaint_of;
  EXPECT_EQ(peers->replay.forecasts, (std::vector<std::string>{"b.csv", "c.csv"}));
}

TEST(Parse, RefusesWhatItDoesNotKnow) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{"plann"},
                                             {"plan", "--outt", "x"},
                                             {"plan", "--cloud", "moon"},
                                             {"plan", "-o", "xml"},
                                             {"show"},
                                             {"scale"},
                                             {"forecast", "sample", "--days", "3", "--out", "x"},
                                             {"scale", "report"},
                                             {"scale", "replay"},
                                             {"cloud", "serve", "--port", "99999"},
                                             {"plan", "a", "b"}}) {
    EXPECT_FALSE(typed(words)) << words.back();
    EXPECT_NE(complaint_of.find(" --help for what there is"), std::string::npos) << complaint_of;
  }
}

/// The help that a complaint names is that of the command that was typed.
TEST(Parse, NamesTheHelpOfTheCommand) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> cases = {
      {{"plann"}, "Run drover --help"},
      {{"plan", "--outt", "x"}, "Run drover plan --help"},
      {{"job", "submitt"}, "Run drover job --help"},
      {{"job", "submit", "--nope", "job"}, "Run drover job submit --help"},
      {{"scale"}, "Run drover scale --help"},
      {{"help", "jobb"}, "drover has no command jobb; did you mean job?"},
      {{"help", "job", "submitt"}, "Run drover job --help"},
  };
  for (const auto& [words, says] : cases) {
    EXPECT_FALSE(typed(words)) << says;
    EXPECT_NE(complaint_of.find(says), std::string::npos) << complaint_of;
  }
}

TEST(Parse, AnswersHelpAsAWord) {
  for (const std::vector<std::vector<const char*>>& alike :
       std::vector<std::vector<std::vector<const char*>>>{{{"help"}, {"--help"}},
                                                          {{"help", "job"}, {"job", "--help"}},
                                                          {{"help", "job", "submit"}, {"job", "submit", "--help"}}}) {
    const auto by_word = typed(alike[0]), by_option = typed(alike[1]);
    ASSERT_TRUE(by_word && by_option) << complaint_of;
    EXPECT_EQ(by_word->command, Command::help);
    EXPECT_EQ(by_word->help, by_option->help);
  }
}

}  // namespace
}  // namespace drover::cli
