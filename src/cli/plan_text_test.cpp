#include "cli/plan_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "ports/terminal.hpp"

namespace drover::cli {
namespace {

using planning::Action;
using planning::ActionKind;
using planning::Plan;

class Paper final : public Terminal {
 public:
  explicit Paper(bool live) : live_(live) {}
  void out(std::string_view) override {}
  void err(std::string_view) override {}
  bool is_live() const override { return live_; }
  int width() const override { return 100; }
  std::optional<std::string> ask(std::string_view) override { return std::nullopt; }
  std::optional<std::string> ask_secret(std::string_view) override { return std::nullopt; }

 private:
  bool live_;
};

std::string text_of(const Plan& plan, bool live = false) {
  const Invocation typed;
  Paper paper(live);
  struct NoApi final : HttpTransport {
    ExchangeId submit(http::Request, Instant, BodySink*) override { return {}; }
    std::optional<Completion> next(Instant) override { return std::nullopt; }
    void cancel(ExchangeId) override {}
    const Clock& clock() const override { return clock_; }
    SimClock clock_{Instant{}};
  } api;
  struct NoFiles final : Files {
    Result<std::string> read(const std::string&) override { return fail(Code::not_found, "none"); }
    Status write(const std::string&, std::string_view) override { return {}; }
    bool exists(const std::string&) override { return false; }
  } files;
  return format_plan({typed, api, paper, files, {}}, plan);
}

Action action(ActionKind kind, Spec spec, const std::string& name, double usd = 0, double usd_before = 0) {
  Action made{.kind = kind,
              .resource = {.key = std::string(kind_name(kind_of(spec))) + "/" + name, .name = name, .spec = spec},
              .reason = kind == ActionKind::create ? "not there yet" : "sku differs"};
  made.per_hour = Money::usd(usd);
  made.per_hour_before = Money::usd(usd_before);
  return made;
}

TEST(PlanText, SaysThatThereIsNothingToDo) {
  EXPECT_EQ(text_of({.estate = "devday", .cloud = "azure", .unchanged = 14}),
            "Estate devday on Azure: nothing to do, 14 as wanted.\n");
}

TEST(PlanText, LinesUpWhatWillBeDone) {
  Plan plan{.estate = "devday", .cloud = "local", .per_hour = Money::usd(0.5)};
  plan.actions = {
      action(ActionKind::create, ResourceGroup{.location = "eastus"}, "ml-rg"),
      action(ActionKind::create, Compute{.vm_size = "Standard_DS3_v2", .nodes_max = 4, .priority = "LowPriority"},
             "train", 0.1),
      action(ActionKind::update, StorageAccount{.sku = "Standard_GRS"}, "data", 0.04, 0.02)};
  plan.actions[2].changes = {{"sku", "Standard_LRS", "Standard_GRS"}};
  plan.actions[0].expected = std::chrono::seconds(90);
  plan.notes = {"a name was derived"};
  plan.critical_path = {"resource-group/ml-rg", "storage-account/data"};
  plan.critical_path_length = std::chrono::seconds(100);
  EXPECT_EQ(text_of(plan),
            "Estate devday on the local cloud: 2 to create, 1 to change, 0 to delete\n"
            "\n"
            "  + resource group    ml-rg  eastus                                                about 2 min\n"
            "  + compute           train  0..4 x Standard_DS3_v2, low priority  0.10 USD/h\n"
            "  ~ storage account   data   Standard_GRS                          +0.02 USD/h     sku differs\n"
            "        sku: Standard_LRS -> Standard_GRS\n"
            "\n"
            "Note: a name was derived.\n"
            "Cost 0.50 USD/h (365.00 USD/month), +0.12 USD/h by this plan. Critical path: resource group, storage "
            "account (about 2 min).\n");
}

TEST(PlanText, NamesEveryWayOfChange) {
  Plan plan{.estate = "devday", .cloud = "local"};
  for (const auto kind : {ActionKind::adopt, ActionKind::replace, ActionKind::remove, ActionKind::forget})
    plan.actions.push_back(action(kind, StorageAccount{}, "data"));
  plan.actions[1].changes = {{"location", "eastus", "westus", Change::replace}};
  plan.refusals = {{"key-vault/kv", "it is protected", "remove protect: true first"}};
  const std::string text = text_of(plan);
  for (const char* part :
       {"0 to create, 0 to change, 1 to delete, 1 to replace, 1 found existing, 1 left as they are\n", "  = storage",
        "  ! storage", "  - storage", "    storage", "location: eastus -> westus   (only by replacing it)\n",
        "  x key-vault/kv: refused: it is protected; remove protect: true first\n"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nis not in\n" << text;
}

TEST(PlanText, PutsACommaBetweenWhatItSaysOfOneThing) {
  Plan plan{.estate = "devday", .cloud = "local"};
  plan.actions.push_back(action(ActionKind::create, StorageAccount{}, "data"));
  plan.actions[0].reason = "it is gone";
  plan.actions[0].comes_with = "cluster/small";
  EXPECT_NE(text_of(plan).find("it is gone, comes with its cluster\n"), std::string::npos) << text_of(plan);
}

TEST(PlanText, OfADestructionSaysWhatItSaves) {
  Plan plan{.estate = "devday", .cloud = "local", .destroys = true, .notes = {"a name was derived"}};
  plan.actions = {action(ActionKind::remove, StorageAccount{}, "data", 0, 0.02)};
  const std::string text = text_of(plan);
  EXPECT_TRUE(text.ends_with("\nSaves 0.02 USD/h.\n")) << text;
  EXPECT_EQ(text.find("Note"), std::string::npos) << text;
}

TEST(PlanText, FitsALongPlanOntoAFewScreens) {
  Plan plan{.estate = "devday", .cloud = "local"};
  for (int i = 0; i < 1000; ++i)
    plan.actions.push_back(action(ActionKind::create, StorageAccount{}, "data" + std::to_string(i)));
  const std::string text = text_of(plan);
  EXPECT_LT(std::ranges::count(text, '\n'), 210);
  EXPECT_NE(text.find("... and 800 more (-o json shows all)"), std::string::npos);
}

TEST(PlanText, ColoursOnlyForPeople) {
  Plan plan{.estate = "devday", .cloud = "local"};
  plan.actions = {action(ActionKind::create, StorageAccount{}, "data")};
  EXPECT_EQ(text_of(plan, false).find('\x1b'), std::string::npos);
  EXPECT_NE(text_of(plan, true).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace drover::cli
