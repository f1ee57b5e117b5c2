#include "app/credentials.hpp"

#include "base/text.hpp"
#include "drivers/system/az_token.hpp"
#include "drivers/system/files.hpp"
#include "localcloud/defaults.hpp"

namespace drover::app {
namespace {

constexpr std::string_view secret_mark = "${secret:";

/// The secret that the estate names; "" when it names none.
Result<std::string> named_secret(const std::string& name, const estate::Credential& said, Secrets& secrets) {
  const auto placed = [&](Error error, const char* key, const SourceSpan& where) {
    error = std::move(error).in("accounts." + name + ".credential." + key);
    error.where = where;
    return std::unexpected(std::move(error));
  };
  if (!said.secret_file.value.empty()) {
    auto secret = system::read_secret_file(said.secret_file.value);
    if (!secret) return placed(std::move(secret.error()), "secret_file", said.secret_file.where);
    return secret;
  }
  const std::string& text = said.secret.value;
  if (!text.starts_with(secret_mark)) return text;
  auto secret = secrets.get(text.substr(secret_mark.size(), text.size() - secret_mark.size() - 1));
  if (!secret) {
    secret.error().code = Code::invalid_input;
    return placed(std::move(secret.error()), "secret", said.secret.where);
  }
  return secret;
}

}  // namespace

Result<Proof> find_proof(const std::string& name, const estate::Account& account, const std::string& cloud,
                         Secrets& secrets, const Environment& environment) {
  const auto& said = account.credential;
  Proof proof{.tenant = account.tenant.value, .client = said.client.value, .secret = {}};
  DROVER_TRY(secret, named_secret(name, said, secrets));
  proof.secret = std::move(secret);
  if (cloud == "local") {
    proof.client = localcloud::default_client_id;
    proof.secret = localcloud::default_client_secret;
    return proof;
  }
  if (said.az.value) {
    proof.az = true;
    return proof;
  }
  if (proof.client.empty()) proof.client = environment("AZURE_CLIENT_ID").value_or("");
  if (proof.secret.empty()) proof.secret = environment("AZURE_CLIENT_SECRET").value_or("");
  if (proof.client.empty() || proof.secret.empty())
    return std::unexpected(Error{
        .code = Code::invalid_input,
        .message = "accounts." + name + ": no credential",
        .hint = "set AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or write credential: {az: true}, or client and secret",
        .where = account.where});
  return proof;
}

azure::Credential credential_of(const Proof& proof) {
  if (!proof.az) return oauth::ClientCredentials{proof.tenant, proof.client, proof.secret};
  return azure::TokenSource(
      [tenant = proof.tenant](const std::string& audience) { return system::az_token(audience, tenant); });
}

}  // namespace drover::app
