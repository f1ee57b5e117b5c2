#include "server/certificates.hpp"

#include <gtest/gtest.h>

namespace drover::server {
namespace {

using std::chrono::days;

const Instant now = *parse_iso("2026-11-21T08:00:00Z");
const std::vector<std::string> names = {"localhost", "*.localhost", "127.0.0.1", "management.azure.com"};

TEST(CertificatesTest, HoldsItsNamesForAYear) {
  const auto authority = make_authority(now);
  ASSERT_TRUE(authority);
  const auto identity = issue(*authority, names, now);
  ASSERT_TRUE(identity) << format_error(identity.error());
  EXPECT_TRUE(is_good(identity->chain_pem, names, now));
  EXPECT_TRUE(is_good(identity->chain_pem, names, now + days(300)));
  EXPECT_FALSE(is_good(identity->chain_pem, names, now + days(340)));
  EXPECT_FALSE(is_good(identity->chain_pem, names, now - days(2)));
  EXPECT_FALSE(is_good(identity->chain_pem, {"graph.microsoft.com"}, now));
  EXPECT_FALSE(is_good(identity->chain_pem, {"10.0.0.1"}, now));
  EXPECT_FALSE(is_good("", names, now));
  EXPECT_TRUE(is_good(authority->certificate_pem, {}, now + days(3000)));
}

TEST(CertificatesTest, KnowsItsAuthority) {
  const auto authority = make_authority(now);
  const auto other = make_authority(now);
  const auto identity = issue(*authority, names, now);
  ASSERT_TRUE(identity);
  EXPECT_TRUE(is_signed_by(identity->chain_pem, *authority));
  EXPECT_FALSE(is_signed_by(identity->chain_pem, *other));
  EXPECT_NE(authority->key_pem, other->key_pem);
  EXPECT_NE(issue(*authority, names, now)->chain_pem, identity->chain_pem);
}

TEST(CertificatesTest, RefusesWhatIsNoNameAndNoAuthority) {
  const auto authority = make_authority(now);
  for (const std::string name : {"", "a,b", "DNS:x", "a b", "a\n"})
    EXPECT_EQ(issue(*authority, {"localhost", name}, now).error().code, Code::invalid_input) << name;
  EXPECT_EQ(issue(*authority, {}, now).error().code, Code::invalid_input);
  EXPECT_EQ(issue({"x", "y"}, names, now).error().code, Code::invalid_input);
}

}  // namespace
}  // namespace drover::server
