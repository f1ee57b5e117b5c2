#include "codec/shape.hpp"

#include <gtest/gtest.h>

namespace drover::codec {
namespace {

struct Thing {
  estate::Text name;
  estate::Text secret;
  estate::Written<std::int64_t> count{7};
  estate::Written<bool> on;
  estate::Written<Duration> wait;
  estate::Written<estate::Range> range;
  std::vector<estate::Text> tags;
};

Shape<Thing> thing_shape() {
  Shape<Thing> shape("A thing");
  shape.text("name", [](Thing& t) -> auto& { return t.name; }, "name", {"red", "green"})
      .secret(
          "secret", [](Thing& t) -> auto& { return t.secret; }, "secret")
      .whole(
          "count", [](Thing& t) -> auto& { return t.count; }, "count", 0, 10)
      .flag(
          "on", [](Thing& t) -> auto& { return t.on; }, "on")
      .duration(
          "wait", [](Thing& t) -> auto& { return t.wait; }, "wait")
      .range(
          "range", [](Thing& t) -> auto& { return t.range; }, "range", 0, 9)
      .texts("tags", [](Thing& t) -> auto& { return t.tags; }, "tags");
  return shape;
}

struct Outcome {
  Thing thing;
  std::vector<std::string> errors;
};

Outcome read(std::string_view text) {
  const auto file = std::make_shared<const std::string>("f");
  Reading reading(file, [](const std::string& name) -> std::optional<std::string> {
    if (name == "COLOUR") return "green";
    if (name == "FIVE") return "5";
    if (name == "EMPTY") return "";
    return std::nullopt;
  });
  Outcome out;
  const auto tree = parse_yaml(text, file);
  EXPECT_TRUE(tree);
  if (tree) thing_shape().read(out.thing, *tree, "thing", reading, reading.span(*tree));
  for (const auto& error : reading.errors()) out.errors.push_back(format_error(error));
  return out;
}

std::string text_of(std::string_view value) {
  const auto file = std::make_shared<const std::string>("f");
  Reading reading(file,
                  [](const std::string& name) { return name == "A" ? std::optional<std::string>("1") : std::nullopt; });
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = value;
  const std::string out = reading.text(node, "p");
  return reading.errors().empty() ? out : "! " + reading.errors().front().message;
}

using Strings = std::vector<std::string>;

TEST(Shape, ReadsEveryKindOfValueWithItsPlace) {
  const auto [thing, errors] = read("name: red\ncount: 3\non: yes\nwait: 1h30m\nrange: 0..4\ntags: [a, b]\n");
  EXPECT_EQ(errors, Strings{});
  EXPECT_EQ(thing.name.value, "red");
  EXPECT_EQ(thing.name.where.line, 1u);
  EXPECT_EQ(thing.name.where.column, 7u);
  EXPECT_EQ(thing.count.value, 3);
  EXPECT_TRUE(thing.on.value);
  EXPECT_EQ(thing.wait.value, std::chrono::minutes(90));
  EXPECT_EQ(thing.range.value.high, 4);
  ASSERT_EQ(thing.tags.size(), 2u);
  EXPECT_EQ(thing.tags[1].where.column, 11u);
}

TEST(Shape, LeavesDefaultsWhereNothingIsSaid) {
  const auto [thing, errors] = read("count:\n");
  EXPECT_EQ(errors, Strings{});
  EXPECT_EQ(thing.count.value, 7);
  EXPECT_FALSE(thing.count.where);
}

TEST(Shape, GathersEveryErrorNotOnlyTheFirst) {
  const auto outcome = read("nmae: red\ncount: 11\non: 3\nwait: 5\nrange: 4-5\ntags: a\nsize: 1\n");
  EXPECT_EQ(
      outcome.errors,
      (Strings{
          "f:1:1: thing.nmae: unknown key; did you mean name?",
          "f:7:1: thing.size: unknown key; known here are name, secret, count, on, wait, range, tags",
          "f:2:8: thing.count: \"11\" is not from 0 to 10",
          "f:3:5: thing.on: here stands a single value (\"3\"), wanted is true or false",
          "f:4:7: thing.wait: \"5\" is not a duration; say it with units: 90s, 5m, 1h30m, 14d",
          "f:5:8: thing.range: \"4-5\" is not a range; say least..most, such as 0..4, or one number without quotes",
          "f:6:7: thing.tags: here stands a single value (\"a\"), wanted is a list"}));
}

TEST(Shape, SuggestsTheNearestChoice) {
  EXPECT_EQ(read("name: gren\n").errors,
            Strings{"f:1:7: thing.name: \"gren\" is not one of red, green; did you mean green?"});
  EXPECT_EQ(read("name: violet\n").errors, Strings{"f:1:7: thing.name: \"violet\" is not one of red, green"});
}

TEST(Shape, TakesReferencesInEveryScalar) {
  const auto [thing, errors] = read("name: ${COLOUR}\ncount: ${FIVE}\nwait: ${FIVE}m\nrange: 0..${FIVE}\n");
  EXPECT_EQ(errors, Strings{});
  EXPECT_EQ(thing.name.value, "green");
  EXPECT_EQ(thing.count.value, 5);
  EXPECT_EQ(thing.wait.value, std::chrono::minutes(5));
  EXPECT_EQ(thing.range.value.high, 5);
  EXPECT_EQ(read("count: \"${FIVE}\"\n").thing.count.value, 5);
  EXPECT_EQ(read("count: \"5\"\n").errors.size(), 1u);  // text, not a number
}

TEST(Shape, ExpandsReferencesAsShellsDo) {
  EXPECT_EQ(text_of("x${A}y${A}"), "x1y1");
  EXPECT_EQ(text_of("${B:-two}"), "two");
  EXPECT_EQ(text_of("${A:-two}"), "1");
  EXPECT_EQ(text_of("${B:-}"), "");
  EXPECT_EQ(text_of("$${A}"), "${A}");
  EXPECT_EQ(text_of("$A $ {A} }"), "$A $ {A} }");
  EXPECT_EQ(text_of("${B}"), "! p: the environment has no B");
  EXPECT_EQ(text_of("${A"), "! p: \"${\" without \"}\"");
  EXPECT_EQ(text_of("${secret:x}"), "! p: a secret may stand only where one is asked for");
}

TEST(Shape, TakesSecretsByReferenceOnlyAndNeverRepeatsThem) {
  EXPECT_EQ(read("secret: \"${secret:vault}\"\n").thing.secret.value, "${secret:vault}");
  EXPECT_EQ(read("secret: \"${FIVE}\"\n").thing.secret.value, "5");
  for (const char* open :
       {"secret: hunter2\n", "secret: [hunter2]\n", "secret: x${FIVE}hunter2\n", "secret: ${FIVE}hunter2\n"}) {
    const auto [thing, errors] = read(open);
    ASSERT_EQ(errors.size(), 1u) << open;
    EXPECT_EQ(errors[0].find("hunter2"), std::string::npos) << errors[0];
    EXPECT_EQ(thing.secret.value, "");
  }
}

TEST(Shape, KeepsTheTerminalSafe) {
  const auto outcome = read("\"a\\e[31mb\": 1\nname: \"\\e]0;x\\a\"\n");
  ASSERT_EQ(outcome.errors.size(), 2u);
  for (const auto& error : outcome.errors) EXPECT_EQ(error.find('\x1b'), std::string::npos) << error;
  EXPECT_NE(outcome.errors[0].find("a\\x1b[31mb"), std::string::npos) << outcome.errors[0];
}

}  // namespace
}  // namespace drover::codec
