#include "codec/tree.hpp"

#include <gtest/gtest.h>

namespace drover::codec {
namespace {

const auto file = std::make_shared<const std::string>("f.yaml");

Node parsed(std::string_view text, TreeLimits limits = {}) {
  auto node = parse_yaml(text, file, limits);
  EXPECT_TRUE(node) << format_error(node.error());
  return node ? std::move(*node) : Node{};
}

std::string complaint(std::string_view text, TreeLimits limits = {}) {
  const auto node = parse_yaml(text, file, limits);
  return node ? "" : format_error(node.error());
}

TEST(Tree, KnowsThePlaceOfEveryNode) {
  const Node root = parsed("a:\n  b: [1,\n      two]\n");
  const Node& list = root.fields.at(0).value.fields.at(0).value;
  EXPECT_EQ(root.fields[0].key.line, 1u);
  EXPECT_EQ(list.line, 2u);
  EXPECT_EQ(list.items.at(1).text, "two");
  EXPECT_EQ(list.items[1].line, 3u);
  EXPECT_EQ(list.items[1].column, 7u);
}

TEST(Tree, ReadsJsonToo) {
  const Node root = parsed(R"({"a": {"b": [1, null, "x\ny"]}})");
  const Node& list = *root.find("a")->find("b");
  EXPECT_EQ(list.items.at(0).text, "1");
  EXPECT_EQ(list.items.at(1).kind, Node::Kind::null);
  EXPECT_EQ(list.items.at(2).text, "x\ny");
  EXPECT_TRUE(list.items[2].quoted);
}

TEST(Tree, TellsNullFromTheWord) {
  const Node root = parsed("a: ~\nb: null\nc:\nd: 'null'\ne: \"\"\n");
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(root.find(key)->kind, Node::Kind::null) << key;
  for (const char* key : {"d", "e"}) EXPECT_EQ(root.find(key)->kind, Node::Kind::scalar) << key;
}

TEST(Tree, ExpandsAliasesAndMerges) {
  const Node root = parsed("x: &base {a: 1, b: 2}\ny: {<<: *base, b: 3, c: 4}\nz: {<<: [{a: 5}, *base]}\n");
  const Node& merged = *root.find("y");
  EXPECT_EQ(merged.fields.size(), 3u);
  EXPECT_EQ(merged.find("a")->text, "1");
  EXPECT_EQ(merged.find("b")->text, "3");           // what the mapping says itself wins
  EXPECT_EQ(root.find("z")->find("a")->text, "5");  // of several, the first
  EXPECT_EQ(root.find("z")->find("b")->text, "2");
}

TEST(Tree, RefusesWhatIsNoDocument) {
  EXPECT_EQ(complaint(""), "f.yaml:1:1: the file is empty; begin with estate: NAME");
  EXPECT_EQ(complaint("a: 1\n---\nb: 2\n"),
            "f.yaml:2:1: a second document begins here; put each estate in a file of its own");
  EXPECT_EQ(complaint("a: 1\na: 2\n"), "f.yaml:2:1: \"a\" is there twice; keep one of them");
  EXPECT_EQ(complaint("[a, b]: c\n"), "f.yaml:1:1: a key must be plain text");
  EXPECT_EQ(complaint("a: {<<: [1]}\n"), "f.yaml:1:10: << merges mappings only");
}

TEST(Tree, RefusesBytesThatAreNoText) {
  EXPECT_EQ(complaint(std::string_view("a: b\nc: \0d", 10)),
            "f.yaml:2:4: not text: here stands a zero byte; is it the right file? Estates are UTF-8 text");
  for (const char* bad : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
    EXPECT_EQ(complaint(std::string("a: ") + bad),
              "f.yaml:1:4: not UTF-8: here stand bytes that are no character; save the file as UTF-8");
  for (const char* good : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\x8e", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(complaint(std::string("a: ") + good), "");
}

TEST(Tree, TextAfterTheDocumentIsNoSecondDocument) {
  // The comma was endlessly many empty documents for yaml-cpp: 14 s and 800 MB for 23 bytes (found by fuzzing).
  for (const char* bad : {",c", ",", "\"a\" ,b", "\"a\" b", "[1] 2", "{a: 1}, b"}) {
    EXPECT_NE(complaint(bad).find("not YAML: the value above has ended"), std::string::npos) << bad;
    EXPECT_FALSE(parse_yaml_documents(bad, nullptr)) << bad;
  }
  for (const char* good :
       {"a\n---\nb\n", "---\na\n...\n---\nb", "a\n...\nb", "---\n---\n", "%YAML 1.2\n---\na\n...\n# c\nb\n"}) {
    const auto documents = parse_yaml_documents(good, nullptr);
    ASSERT_TRUE(documents) << good << documents.error().message;
    EXPECT_EQ(documents->size(), 2U) << good;
  }
}

TEST(Tree, BlamesTabsForWhatTabsDid) {
  EXPECT_NE(complaint("a:\n\tb:\n\t\tc: 1\n").find("blanks, not with tabs"), std::string::npos);
  EXPECT_EQ(complaint("a: [\n").find("tabs"), std::string::npos);
}

TEST(Tree, TruthIsWrittenInAnyLetters) {
  const auto root = parse_yaml("[true, True, TRUE, yes, On, false, False, NO, off, 'true', 1, null, []]", nullptr);
  ASSERT_TRUE(root);
  for (std::size_t i = 0; i < root->items.size(); ++i) {
    const std::optional<bool> wanted = i < 5 ? std::optional(true) : i < 9 ? std::optional(false) : std::nullopt;
    EXPECT_EQ(flag_of(root->items[i]), wanted) << i;
  }
}

TEST(Tree, StopsAtItsLimits) {
  EXPECT_NE(complaint(std::string(100, '['), {.depth_max = 8}).find("nested more than 8 deep"), std::string::npos);
  EXPECT_EQ(complaint("a: [[[[[[1]]]]]]", {.depth_max = 8}), "");
  // 9 values, each alias worth what it stands for: 1 + 3 + 3 * 4 + ...
  EXPECT_NE(complaint("a: &a [1, 1]\nb: [*a, *a, *a]\n", {.nodes_max = 12}).find("more than 12 values"),
            std::string::npos);
  EXPECT_EQ(complaint("a: &a [1, 1]\nb: [*a, *a, *a]\n", {.nodes_max = 20}), "");
  EXPECT_NE(complaint("abcdef", {.bytes_max = 5}).find("at most"), std::string::npos);
}

TEST(Tree, EndsQuicklyOnABillionLaughs) {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += (j ? ", " : "") + before;
    laughs += "]\n";
  }
  EXPECT_NE(complaint(laughs).find("more than 500000 copies"), std::string::npos);
}

TEST(Tree, CountsWhatNestedAnchorsCopy) {
  // Each of these anchors keeps a copy of all that it names: a few hundred bytes were gigabytes (found by fuzzing).
  std::string nested = "a: &a [1, 1]\nb: ";
  for (int i = 0; i < 5; ++i) nested += "&k" + std::to_string(i) + " [";
  nested += "*a]]]]]\n";
  EXPECT_NE(complaint(nested, {.copies_max = 20}).find("more than 20 copies"), std::string::npos);
  EXPECT_EQ(complaint(nested, {.copies_max = 40}), "");
}

}  // namespace
}  // namespace drover::codec
