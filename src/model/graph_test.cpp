#include "model/graph.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace drover {
namespace {

Resource group(const std::string& name, std::vector<std::string> needs) {
  Resource resource{.key = "resource-group/" + name, .name = name, .spec = ResourceGroup{}};
  for (auto& need : needs) resource.needs.push_back("resource-group/" + need);
  resource.where = {std::make_shared<const std::string>("estate.yaml"), 7, 3};
  return resource;
}

std::string message_of(std::vector<Resource> resources) {
  const auto graph = ResourceGraph::make(std::move(resources));
  EXPECT_FALSE(graph);
  if (graph) return "";
  EXPECT_EQ(graph.error().code, Code::invalid_input);
  return format_error(graph.error());
}

TEST(Graph, PutsEveryResourceAfterWhatItNeeds) {
  const auto graph = ResourceGraph::make({group("c", {"b", "a"}), group("b", {"a"}), group("a", {}), group("d", {"c"})});
  ASSERT_TRUE(graph);
  std::vector<std::size_t> place(graph->size());
  for (std::size_t i = 0; i < graph->order().size(); ++i) place[graph->order()[i]] = i;
  for (std::size_t i = 0; i < graph->size(); ++i)
    for (const auto need : graph->needs(i)) EXPECT_LT(place[need], place[i]);
  EXPECT_EQ(graph->find("resource-group/b")->name, "b");
  EXPECT_EQ(graph->find("resource-group/e"), nullptr);
}

TEST(Graph, SpellsACycleOut) {
  EXPECT_EQ(message_of({group("a", {"b"}), group("b", {"c"}), group("c", {"a"}), group("leaf", {"a"})}),
            "estate.yaml:7:3: these need each other: resource-group/a -> resource-group/b -> resource-group/c -> "
            "resource-group/a");
}

TEST(Graph, LeavesOutOfTheCycleWhatOnlyLeadsToIt) {
  EXPECT_EQ(message_of({group("leaf", {"a"}), group("a", {"b"}), group("b", {"a"})}),
            "estate.yaml:7:3: these need each other: resource-group/a -> resource-group/b -> resource-group/a");
}

TEST(Graph, SaysThatAThingNeedsItself) {
  EXPECT_EQ(message_of({group("a", {"a"})}),
            "estate.yaml:7:3: these need each other: resource-group/a -> resource-group/a");
}

TEST(Graph, RefusesTwinsAndStrangers) {
  EXPECT_EQ(message_of({group("a", {}), group("a", {})}), "estate.yaml:7:3: resource-group/a is there twice");
  EXPECT_EQ(message_of({group("a", {"x"})}),
            "estate.yaml:7:3: resource-group/a needs resource-group/x, which is not in the estate");
}

}  // namespace
}  // namespace drover
