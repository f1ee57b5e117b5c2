#include "codec/manifests.hpp"

#include <gtest/gtest.h>

namespace drover::codec {
namespace {

const auto file = std::make_shared<const std::string>("web.yaml");

std::vector<Manifest> read(std::string_view text) {
  auto parsed = parse_manifests(text, file);
  EXPECT_TRUE(parsed) << format_error(parsed.error().front());
  return parsed ? std::move(*parsed) : std::vector<Manifest>{};
}

std::vector<std::string> errors_of(std::string_view text) {
  const auto parsed = parse_manifests(text, file);
  std::vector<std::string> lines;
  if (!parsed)
    for (const auto& error : parsed.error()) lines.push_back(format_error(error));
  return lines;
}

TEST(Manifests, SeveralDocumentsEachWithItsPlace) {
  const auto found = read(
      "# first\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n---\n"
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(format_span(found[0].where), "web.yaml:2:1");
  EXPECT_EQ(format_span(found[1].where), "web.yaml:7:1");
  EXPECT_EQ(found[1].object["metadata"]["name"], "b");
  EXPECT_TRUE(read("# nothing yet\n").empty());
}

TEST(Manifests, ListsAreTakenApart) {
  const auto found = read(R"({"apiVersion": "v1", "kind": "List", "items": [
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}]})");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].object["kind"], "ConfigMap");
}

TEST(Manifests, ScalarsAreWhatKubectlTakesThemFor) {
  const auto found = read(
      "apiVersion: v1\nkind: X\nmetadata: {name: x}\nspec:\n"
      "  mode: 0644\n  port: 80\n  hex: 0x1F\n  low: -3\n  part: 2.5\n  big: 1e3\n  on: on\n"
      "  no: no\n  text: '80'\n  block: |\n    7\n  memory: 512Mi\n  version: 1.20.2\n"
      "  none: ~\n  tagged: !!str 12\n  dash: '-'\n  grouped: 1_000\n  word: -x\n");
  ASSERT_EQ(found.size(), 1u);
  const auto& spec = found.front().object["spec"];
  EXPECT_EQ(spec["mode"], 420);
  EXPECT_EQ(spec["port"], 80);
  EXPECT_EQ(spec["hex"], 31);
  EXPECT_EQ(spec["low"], -3);
  EXPECT_EQ(spec["part"], 2.5);
  EXPECT_EQ(spec["big"], 1000.0);
  EXPECT_EQ(spec["on"], true);
  EXPECT_EQ(spec["no"], false);
  EXPECT_EQ(spec["text"], "80");
  EXPECT_EQ(spec["block"], "7\n");
  EXPECT_EQ(spec["memory"], "512Mi");
  EXPECT_EQ(spec["version"], "1.20.2");
  EXPECT_TRUE(spec["none"].is_null());
  EXPECT_EQ(spec["tagged"], "12");
  EXPECT_EQ(spec["dash"], "-");
  EXPECT_EQ(spec["grouped"], 1000);
  EXPECT_EQ(spec["word"], "-x");
}

TEST(Manifests, AllThatIsWrongIsToldWithItsPlace) {
  EXPECT_EQ(errors_of("kind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: [Pod]\nmetadata:\n  name: 5\n"),
            (std::vector<std::string>{"web.yaml:1:1: apiVersion: missing; such as v1, or apps/v1",
                                      "web.yaml:5:7: kind: not a text; put it in quotes",
                                      "web.yaml:7:9: metadata.name: not a text; put it in quotes"}));
  EXPECT_EQ(errors_of("- a\n"),
            (std::vector<std::string>{
                "web.yaml:1:1: no Kubernetes object; an object begins with apiVersion, kind and metadata"}));
  EXPECT_EQ(errors_of("apiVersion: v1\nkind: Pod\n").size(), 1u);
  EXPECT_NE(errors_of("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n").front().find("give it a name"),
            std::string::npos);
  EXPECT_NE(errors_of("apiVersion: v1\nkind: Pod\nmetadata: {name: a, uid: b}\n").front().find("3:"),
            std::string::npos);
  EXPECT_NE(errors_of("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n").front().find("kubectl"),
            std::string::npos);
  EXPECT_NE(errors_of("apiVersion: v1\nkind: Pod\nmetadata: {name: a b}\n").front().find("is no name"),
            std::string::npos);
  EXPECT_NE(errors_of("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: 7}\n").front().find("not a text"),
            std::string::npos);
  EXPECT_NE(errors_of("apiVersion: v1\nkind: A/b c\nmetadata: {name: a}\n").front().find("is none"), std::string::npos);
  EXPECT_NE(errors_of("a: [").front().find("not YAML"), std::string::npos);
}

}  // namespace
}  // namespace drover::codec
