// The list of all kinds of resource that an estate may be made of. A new kind is a folder here and a line in this list.
#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "kinds/application_insights/spec.hpp"
#include "kinds/attached_compute/spec.hpp"
#include "kinds/blob_container/spec.hpp"
#include "kinds/cluster/spec.hpp"
#include "kinds/compute/spec.hpp"
#include "kinds/extension/spec.hpp"
#include "kinds/key_vault/spec.hpp"
#include "kinds/node_pool/spec.hpp"
#include "kinds/provider_registration/spec.hpp"
#include "kinds/resource_group/spec.hpp"
#include "kinds/role_assignment/spec.hpp"
#include "kinds/service_principal/spec.hpp"
#include "kinds/storage_account/spec.hpp"
#include "kinds/workspace/spec.hpp"

namespace drover {

/// One resource as plain values, of any kind.
using Spec =
    std::variant<ResourceGroup, ProviderRegistration, StorageAccount, BlobContainer, KeyVault, ApplicationInsights,
                 Workspace, Cluster, NodePool, Compute, ServicePrincipal, RoleAssignment, Extension, AttachedCompute>;

/// What each of them has to have.
template <class S>
concept ResourceSpec = std::default_initializable<S> && requires(const S& spec) {
  { S::kind } -> std::convertible_to<Kind>;
  S::in_azure;
  { spec.summary() } -> std::same_as<std::string>;
  { spec.hourly_cost() } -> std::same_as<Money>;
  S::fields(spec, [](const char*, const auto&, Change) {});
};

template <ResourceSpec... Specs>
constexpr std::array<Kind, sizeof...(Specs)> kinds_of(const std::variant<Specs...>*) {
  return {Specs::kind...};
}
/// In the order of the list.
inline constexpr auto all_kinds = kinds_of(static_cast<const Spec*>(nullptr));

inline Kind kind_of(const Spec& spec) { return all_kinds[spec.index()]; }
/// A default-made Spec of that kind.
Spec make_spec(Kind kind);
std::optional<Kind> parse_kind(std::string_view name);

/// "resource group", for sentences and tables.
inline const char* kind_title(Kind kind) { return kind->title; }
/// "resource-group", for keys, JSON and the command line.
inline const char* kind_name(Kind kind) { return kind->name; }

}  // namespace drover
