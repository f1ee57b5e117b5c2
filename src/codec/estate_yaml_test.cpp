#include "codec/estate_yaml.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "base/text.hpp"
#include "codec/tree.hpp"

namespace drover::codec {
namespace {

using nlohmann::json;

std::string text_of(const std::string& path) {
  std::ifstream stream(std::string(DROVER_SOURCE) + "/" + path);
  EXPECT_TRUE(stream) << path;
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::optional<std::string> no_environment(const std::string&) { return std::nullopt; }

/// YAML as an editor's language server sees it: scalars typed by their looks.
json json_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::sequence: {
      json list = json::array();
      for (const auto& item : node.items) list.push_back(json_of(item));
      return list;
    }
    case Node::Kind::mapping: {
      json object = json::object();
      for (const auto& [key, value] : node.fields) object[key.text] = json_of(value);
      return object;
    }
    case Node::Kind::scalar:
      break;
  }
  if (node.quoted) return node.text;
  if (node.text == "true" || node.text == "false") return node.text == "true";
  const json number = json::parse(node.text, nullptr, false);
  return number.is_number() ? number : json(node.text);
}

/// What the published schema says against a YAML text; empty when it fits.
std::vector<std::string> schema_complaints(const std::string& yaml) {
  const json schema_json = json::parse(estate_schema());
  valijson::Schema schema;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json), schema);
  const auto tree = parse_yaml(yaml, std::make_shared<const std::string>("f"));
  if (!tree) return {format_error(tree.error())};
  const json document = json_of(*tree);
  valijson::ValidationResults results;
  valijson::Validator().validate(schema, valijson::adapters::NlohmannJsonAdapter(document), &results);
  std::vector<std::string> out;
  for (valijson::ValidationResults::Error error; results.popError(error);) out.push_back(error.description);
  return out;
}

TEST(EstateYaml, ReadsTheWorkshop) {
  const auto read = read_estate(text_of("examples/workshop/estate.yaml"), "estate.yaml", no_environment);
  ASSERT_TRUE(read.errors.empty()) << format_error(read.errors.front());
  const auto& estate = read.estate;
  EXPECT_EQ(estate.name.value, "devday");
  EXPECT_EQ(estate.accounts.at("main").subscription.value, "10ca1000-0000-4000-8000-000000000002");
  EXPECT_EQ(estate.workspace->name.value, "mms4721-ml");
  EXPECT_EQ(estate.storage.at("mms4721amlsa").containers.at(0).value, "modeldata");
  EXPECT_EQ(estate.clusters.at("atDevDayCluster").pools.at("nodepool1").nodes.value.high, 1);
  EXPECT_EQ(estate.compute.at("train-cluster").nodes.value.high, 4);
  EXPECT_EQ(estate.compute.at("train-cluster").idle.value, std::chrono::minutes(5));
  const auto& scaler = estate.scalers.at("atDevDayCluster/nodepool1");
  EXPECT_EQ(scaler.below.value, std::chrono::seconds(50));
  EXPECT_EQ(scaler.cooldown.value, std::chrono::minutes(10));
  EXPECT_EQ(scaler.where.line, 35u);
}

TEST(EstateYaml, TakesVariablesOfTheEnvironmentBeforeDefaults) {
  const auto read = read_estate(text_of("examples/workshop/estate.yaml"), "estate.yaml",
                                [](const std::string& name) { return std::optional("value of " + name); });
  EXPECT_EQ(read.estate.accounts.at("main").tenant.value, "value of AZURE_TENANT_ID");
}

TEST(EstateYaml, SaysErrorsOfFormAndMeaningInTheOrderOfTheFile) {
  const auto loaded = load_estate(
      "estate: devday\n"
      "accounts: {main: {subscription: 1, tenant: 10ca1000-0000-4000-8000-000000000001, location: eastus, group: g}}\n"
      "clustres: {}\n"
      "storage:\n  Bad:\n"
      "compute:\n  train: {size: Standard_D2_v3, nodes: 0..4, ilde: 5m}\n",
      "f.yaml", no_environment);
  ASSERT_FALSE(loaded);
  std::vector<std::uint32_t> lines;
  for (const auto& error : loaded.error()) lines.push_back(error.where.line);
  EXPECT_EQ(lines, (std::vector<std::uint32_t>{2, 3, 5, 7}));
}

std::vector<std::string> messages_of(const std::string& text, std::string_view cloud = "") {
  std::vector<std::string> messages;
  const auto loaded = load_estate(text, "f.yaml", no_environment, cloud);
  if (!loaded)
    for (const auto& error : loaded.error()) messages.push_back(error.message + " | " + error.hint);
  return messages;
}

const std::string one_account =
    "estate: devday\naccounts: {main: {subscription: 10ca1000-0000-4000-8000-000000000002, tenant: "
    "10ca1000-0000-4000-8000-000000000001, location: eastus, group: g}}\n";

TEST(EstateYaml, SaysAllErrorsAtOnceOfKeysValuesNamesReferencesSizesRegionsAndRoles) {
  const auto said = messages_of(one_account +
                                "groups: {far: {location: atlantis}}\n"
                                "clusters:\n"
                                "  lab: {pools: {web: {sise: Standard_D2_v3}, gpu: {size: Standard_D2s_v33}}}\n"
                                "  big: {pools: {sys: {size: Standard_D2_v3, nodes: many}}}\n"
                                "principals: {app: }\n"
                                "roles: [{principal: ap, role: Contributor}, {principal: app, role: Contributer}]\n"
                                "scalers: {lab/wed: {slo: 99%}}\n"
                                "storage: {UPPER: }\n");
  const auto says = [&](std::string_view what) {
    return std::ranges::any_of(said, [&](const std::string& one) { return one.find(what) != std::string::npos; });
  };
  for (const char* what :
       {"groups.far.location: there is no Azure region \"atlantis\"", "did you mean size?",
        "did you mean Standard_D2s_v3?", "clusters.big.pools.sys.nodes", "there is no principal \"ap\"",
        "did you mean Contributor?", "there is no pool \"lab/wed\"", "storage.UPPER"})
    EXPECT_TRUE(says(what)) << what << "\n" << join(said, "\n");
  EXPECT_FALSE(says("clusters.lab.pools.web.size: missing")) << "it stands there, misspelt: " << join(said, "\n");
}

TEST(EstateYaml, TakesNamesThatDifferInLettersForOne) {
  const auto said = messages_of(one_account + "storage:\n  data:\n  DATA:\n");
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("storage.DATA is the same name as data above"), std::string::npos) << said[0];
}

TEST(EstateYaml, NeedsNoAccountForTheLocalCloud) {
  EXPECT_EQ(messages_of("estate: x\ncloud: local\nclusters: {lab: {group: g, pools: {sys: {size: Standard_D2_v3}}}}\n"),
            std::vector<std::string>{});
  EXPECT_EQ(messages_of("estate: x\naccounts: {main: {location: westus2, group: g}}\nstorage: {data: }\n", "local"),
            std::vector<std::string>{});
  EXPECT_FALSE(messages_of("estate: x\ncloud: local\nstorage: {data: {group: g}}\n", "azure").empty());
}

TEST(EstateYaml, CountsErrorsBeyondAHundred) {
  std::string text =
      "estate: x\naccounts: {main: {subscription: 10ca1000-0000-4000-8000-000000000002, tenant: "
      "10ca1000-0000-4000-8000-000000000001, location: eastus, group: g}}\nstorage:\n";
  for (int i = 0; i < 150; ++i) text += "  Bad" + std::to_string(i) + ":\n";
  const auto loaded = load_estate(text, "f.yaml", no_environment);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().size(), 101u);
  EXPECT_EQ(loaded.error().back().message, "50 errors more");
}

TEST(EstateSchema, IsTheOneThatIsPublished) {
  EXPECT_EQ(text_of("docs/estate.schema.json"), estate_schema() + "\n") << "drover schema > docs/estate.schema.json";
}

TEST(EstateSchema, AcceptsTheWorkshop) {
  EXPECT_EQ(schema_complaints(text_of("examples/workshop/estate.yaml")), std::vector<std::string>{});
}

TEST(EstateSchema, RefusesWhatTheReaderRefuses) {
  const std::string head = "estate: x\naccounts: {main: {}}\n";
  EXPECT_TRUE(schema_complaints(head).empty());
  EXPECT_TRUE(schema_complaints(head + "x-anchors: {a: 1}\nstorage: {data: }\n").empty());
  for (const char* bad :
       {"clustres: {}\n", "storage: [a]\n", "cloud: azur\n", "clusters: {c: {pools: {p: {nodes: many}}}}\n",
        "clusters: {c: {pools: {p: {nodes: 1001}}}}\n", "workspace: {nmae: x}\n", "compute: {c: {idle: 5}}\n"})
    EXPECT_FALSE(schema_complaints(head + bad).empty()) << bad;
}

}  // namespace
}  // namespace drover::codec
