// How accounts of an estate prove who they are, found once: in the estate, sealed in the state folder, or in the
// environment.
#pragma once

#include <string>

#include "app/environment.hpp"
#include "drivers/azure/tokens.hpp"
#include "estate/estate.hpp"
#include "ports/secrets.hpp"

namespace drover::app {

/// A client with its secret, or (`az`) whatever a logged-in az is.
struct Proof {
  std::string tenant, client, secret;
  bool az = false;
};

/// For the cloud "local" or "azure". The local cloud has one principal that is always there; what the estate says is
/// for Azure. Errors: invalid_input, with the place in the estate and what to do.
Result<Proof> find_proof(const std::string& name, const estate::Account& account, const std::string& cloud,
                         Secrets& secrets, const Environment& environment);

azure::Credential credential_of(const Proof& proof);

}  // namespace drover::app
