#include "estate/names.hpp"

#include <gtest/gtest.h>

namespace drover::estate {
namespace {

struct Alphabet {
  Kind kind;
  std::size_t shortest, longest;
  std::string filler;  ///< a name of any allowed length is made of these
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

// One row a published rule; the numbers are written down again on purpose.
const std::vector<Alphabet>& alphabets() {
  static const std::vector<Alphabet> rows = {
      {ResourceGroup::kind, 1, 90, "a", {"A", "ml-rg", "a_b.c(d)", "-x", "1"}, {"ends.", "a b", "a/b", "caf\xc3\xa9"}},
      {ProviderRegistration::kind,
       3,
       100,
       "a.b",
       {"Microsoft.Network", "Microsoft.MachineLearningServices"},
       {"Microsoft", "1a.b", "a.b.", "a/b.c"}},
      {StorageAccount::kind, 3, 24, "a", {"abc", "123", "a1b2"}, {"Abc", "a-b", "a_b", "a.b"}},
      {BlobContainer::kind, 3, 63, "a", {"abc", "a-b-c", "1-2"}, {"Abc", "-ab", "ab-", "a--b", "a_b"}},
      {KeyVault::kind, 3, 24, "a", {"abc", "A-b", "kv-1"}, {"1ab", "-ab", "ab-", "a--b", "a_b"}},
      {ApplicationInsights::kind,
       1,
       260,
       "a",
       {"a", "with blank", "caf\xc3\xa9", "a-b_c.d(e)"},
       {"a?", "a/b", "a<b", "ends ", "ends.", "a%b", "tab\t"}},
      {Workspace::kind, 3, 33, "a", {"abc", "1-2", "a_b-"}, {"-ab", "_ab", "a.b", "a b"}},
      {Cluster::kind, 1, 63, "a", {"a", "A1", "a-b_c"}, {"-a", "a-", "_a", "a_", "a.b", "a b"}},
      {NodePool::kind, 1, 12, "a", {"a", "nodepool1", "a12345678901"}, {"1a", "A", "a-b", "nodePool", "a_b"}},
      {Compute::kind, 3, 32, "a", {"abc", "a-1", "Train-1"}, {"1ab", "ab-", "a_b", "a.b"}},
      {ServicePrincipal::kind, 1, 120, "a", {"a", "My app (test)", "caf\xc3\xa9"}, {"a\tb", std::string("a\0b", 3)}},
      {RoleAssignment::kind,
       36,
       36,
       "a",
       {"10ca1000-0000-4000-8000-000000000002"},
       {"10ca1000_0000_4000_8000_000000000002"}},
      {Extension::kind, 1, 63, "a", {"a", "azureml", "a-b_c"}, {"-a", "a-", "a.b"}},
      {AttachedCompute::kind, 3, 32, "a", {"abc", "a-1", "Train-1"}, {"1ab", "ab-", "a_b", "a.b"}},
  };
  return rows;
}

std::string of_length(const Alphabet& row, std::size_t length) {
  std::string name;
  while (name.size() < length) name += row.filler;
  name.resize(length);
  if (row.kind == ProviderRegistration::kind) name.back() = 'b';
  return name;
}

TEST(Names, CoverEveryKind) {
  std::vector<Kind> covered;
  for (const auto& row : alphabets()) covered.push_back(row.kind);
  EXPECT_EQ(covered, std::vector<Kind>(all_kinds.begin(), all_kinds.end()));
}

TEST(Names, MayBeAsShortAndAsLongAsAzureSays) {
  for (const auto& row : alphabets()) {
    EXPECT_FALSE(name_problem(row.kind, of_length(row, row.shortest))) << kind_name(row.kind);
    EXPECT_FALSE(name_problem(row.kind, of_length(row, row.longest))) << kind_name(row.kind);
    EXPECT_TRUE(name_problem(row.kind, of_length(row, row.longest + 1))) << kind_name(row.kind);
    EXPECT_TRUE(name_problem(row.kind, of_length(row, row.shortest - 1))) << kind_name(row.kind);
    EXPECT_TRUE(name_problem(row.kind, "")) << kind_name(row.kind);
  }
}

TEST(Names, HaveTheAlphabetThatAzureSays) {
  for (const auto& row : alphabets()) {
    for (const auto& name : row.good) EXPECT_FALSE(name_problem(row.kind, name)) << kind_name(row.kind) << " " << name;
    for (const auto& name : row.bad) EXPECT_TRUE(name_problem(row.kind, name)) << kind_name(row.kind) << " " << name;
  }
}

TEST(Names, AreRefusedWithTheWholeRule) {
  EXPECT_EQ(name_problem(NodePool::kind, "nodePool1"),
            "a pool name is 1 to 12 lower-case letters and digits, beginning with a letter");
  for (const Kind kind : all_kinds) EXPECT_FALSE(kind->name_rule.source.empty()) << kind->name;
}

TEST(Names, DerivedFromGoodBasesAreGood) {
  const std::vector<std::string> bases = {"mms4721-ml", "abc1234", "a_b", "Team-2--x_y", "123", std::string(33, 'w')};
  for (const auto& base : bases) {
    ASSERT_FALSE(name_problem(Workspace::kind, base)) << base;
    EXPECT_FALSE(name_problem(StorageAccount::kind, derived_storage_name(base))) << derived_storage_name(base);
    EXPECT_FALSE(name_problem(KeyVault::kind, derived_vault_name(base))) << derived_vault_name(base);
    EXPECT_FALSE(name_problem(ApplicationInsights::kind, derived_insights_name(base))) << base;
  }
  EXPECT_EQ(derived_storage_name("mms4721-ml"), "stmms4721ml");
  EXPECT_EQ(derived_vault_name("mms4721-ml"), "kv-mms4721-ml");
  EXPECT_EQ(derived_vault_name("Team-2--x_y"), "kv-Team-2-x-y");
  EXPECT_EQ(derived_insights_name("mms4721-ml"), "appi-mms4721-ml");
  EXPECT_EQ(derived_dns_prefix("at_Dev_Day"), "at-dev-day");
  EXPECT_EQ(derived_dns_prefix(std::string(63, 'a')).size(), 54u);
}

TEST(Names, HaveBasesOfSevenOrEightLetters) {
  for (const char* good : {"abc1234", "abcd1234"}) EXPECT_FALSE(base_problem(good)) << good;
  for (const char* bad : {"abc123", "abcde1234", "ABC1234", "abc-123", ""}) EXPECT_TRUE(base_problem(bad)) << bad;
}

}  // namespace
}  // namespace drover::estate
