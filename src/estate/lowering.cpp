// Places, groups and resources: what every section of an estate needs when it is lowered.
#include "estate/lowering.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "model/regions.hpp"

namespace drover::estate {

void Lowering::complain(const SourceSpan& where, std::string message, std::string hint) {
  errors_.push_back(
      {.code = Code::invalid_input, .message = std::move(message), .hint = std::move(hint), .where = where});
}

void Lowering::miss(const SourceSpan& where, std::string message, std::string hint) {
  if (!estate_.lost_names()) complain(where, std::move(message), std::move(hint));
}

void Lowering::miss_key(const SourceSpan& where, const std::string& path, const std::string& key,
                        const std::string& more, std::string hint) {
  if (estate_.is_partial && estate_.unread.empty()) return;  // no mapping at all
  const std::string whole = path.empty() ? key : path + "." + key;
  const auto is_lost = [&](const std::string& lost) { return lost == path || lost == whole; };
  if (std::ranges::none_of(estate_.unread, is_lost)) complain(where, whole + ": missing" + more, std::move(hint));
}

std::string Lowering::did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates,
                                   std::string otherwise) {
  constexpr std::size_t looks_max = 20;  // 10,000 wrong names among 10,000 would take minutes
  constexpr std::size_t word_max = 200;
  if (errors_.size() >= looks_max || word.size() > word_max) return otherwise;
  const auto near = nearest(word, candidates);
  return near.empty() ? otherwise : "did you mean " + std::string(near) + "?";
}

void Lowering::check_name(Kind kind, const std::string& name, const std::string& path, const SourceSpan& where) {
  if (const auto problem = name_problem(kind, name)) complain(where, path + ": " + *problem);
}

std::string Lowering::base() const {
  if (!estate_.base.value.empty()) return estate_.base.value;
  return estate_.workspace ? estate_.workspace->name.value : estate_.name.value;
}

const Resource* Lowering::find(std::string_view key) const {
  const auto it = by_key_.find(canonical_key(key));
  return it == by_key_.end() ? nullptr : &resources_[it->second];
}

const std::string* Lowering::account_name(const Text& wanted, const SourceSpan& where, const std::string& path) {
  if (estate_.accounts.empty()) return nullptr;  // said already
  if (wanted.value.empty()) {
    if (estate_.accounts.size() == 1) return &estate_.accounts.begin()->first;
    if (const auto main = estate_.accounts.find("main"); main != estate_.accounts.end()) return &main->first;
    miss_key(where, path, "account", ", and there are several accounts", "say which, or call one of them main");
    return nullptr;
  }
  const auto it = estate_.accounts.find(wanted.value);
  if (it != estate_.accounts.end()) return &it->first;
  const auto names = names_of(estate_.accounts);
  const std::string all = names.size() == 1 ? "the only account is " + std::string(names.front()) : "";
  miss(wanted.where, path + ".account: there is no account \"" + printable(wanted.value) + "\"",
       did_you_mean(wanted.value, names, all));
  return nullptr;
}

/// Complains of a region that there is not.
void Lowering::check_location(const std::string& path, const Text& location) {
  if (location.value.empty() || regions::canonical(location.value)) return;
  complain(location.where, path + ".location: there is no Azure region \"" + printable(location.value) + "\"",
           did_you_mean(to_lower(replace_all(location.value, " ", "")), regions::all(),
                        "az account list-locations -o table lists them"));
}

std::optional<Place> Lowering::place_of(const Placement& placement, const std::string& path) {
  const std::string* name = account_name(placement.account, placement.where, path);
  if (!name) return std::nullopt;
  const Account& account = estate_.accounts.at(*name);
  Place place{.account = *name, .subscription = account.subscription.value, .tenant = account.tenant.value};
  place.group = placement.group.value.empty() ? account.group.value : placement.group.value;
  place.location = placement.location.value;
  const auto declared = estate_.groups.find(place.group);
  if (place.location.empty() && declared != estate_.groups.end())
    place.location = declared->second.placement.location.value;
  if (place.location.empty()) place.location = account.location.value;
  const std::string account_path = join_path("accounts", *name);
  if (place.group.empty())
    miss_key(placement.where, path, "group", "", "say the group here, or " + account_path + ".group for all");
  if (place.location.empty())
    miss_key(placement.where, path, "location", "", "say the location here, or " + account_path + ".location for all");
  check_location(path, placement.location);
  if (place.group.empty() || place.location.empty()) return std::nullopt;
  if (const auto known = regions::canonical(place.location)) place.location = *known;
  place.group_id = arm_id::group(place.subscription, place.group);
  place.group_key = resource_key(ResourceGroup::kind, place.group);
  want_group(place, placement.group.value.empty() ? account.group.where : placement.group.where);
  return place;
}

/// A group that something goes to is made, whether or not it stands under groups:.
void Lowering::want_group(const Place& place, const SourceSpan& where) {
  if (const auto [known, is_new] = groups_.try_emplace(place.group, place.group_id); !is_new) {
    if (!equals_ignore_case(known->second, place.group_id))
      complain(where, "group " + place.group + " is wanted in two subscriptions, and is known by its name",
               "give it another name in one of the accounts");
    return;
  }
  check_name(ResourceGroup::kind, place.group, join_path("groups", place.group), where);
  ResourceGroup spec{.location = place.location};
  Placement placement;
  if (const auto declared = estate_.groups.find(place.group); declared != estate_.groups.end()) {
    placement = declared->second.placement;
  } else if (!estate_.accounts.at(place.account).location.value.empty()) {
    // A group is not moved by the one resource in it that goes elsewhere.
    spec.location = estate_.accounts.at(place.account).location.value;
    if (const auto known = regions::canonical(spec.location)) spec.location = *known;
  }
  placement.where = where;
  Place in_subscription = place;
  in_subscription.group_key.clear();
  add(ResourceGroup::kind, place.group, place.group_id, spec, in_subscription, placement);
}

void Lowering::lower_groups() {
  for (const auto& [name, group] : estate_.groups) {
    Placement placement = group.placement;
    placement.group = {name, group.placement.where};
    place_of(placement, join_path("groups", name));
  }
}

Resource& Lowering::add(Kind kind, const std::string& name, const std::string& arm_id, Spec spec, const Place& place,
                        const Placement& placement) {
  Resource resource{.key = resource_key(kind, name),
                    .name = name,
                    .account = place.account,
                    .arm_id = arm_id,
                    .spec = std::move(spec)};
  resource.is_protected = placement.protect.value;
  resource.where = placement.where;
  if (!place.group_key.empty()) resource.needs.push_back(place.group_key);
  const std::string_view type = kind->arm_type;
  const auto provider = providers_.find(to_lower(type.substr(0, type.find('/'))));
  if (provider != providers_.end()) resource.needs.push_back(provider->second);
  by_key_.emplace(resource.key, resources_.size());
  resources_.push_back(std::move(resource));
  return resources_.back();
}

/// Azure ignores case in names: two that differ in nothing else are one thing there, and would fight over it.
void Lowering::refuse_twins() {
  std::unordered_map<std::string, const Resource*> seen;
  seen.reserve(resources_.size());
  for (const auto& resource : resources_) {
    const auto [it, is_new] = seen.emplace(to_lower(resource.arm_id), &resource);
    if (is_new) continue;
    const Resource& first = *it->second;
    complain(resource.where,
             resource.key + ": is there twice" +
                 (first.key == resource.key ? "" : ": to Azure it is the same as " + first.key),
             first.key == resource.key ? "keep one of them" : "write both the same way, or keep one of them");
  }
}

std::expected<Lowered, std::vector<Error>> Lowering::run() {
  check_accounts();
  lower_providers();
  lower_groups();
  lower_storage();
  lower_vaults();
  lower_insights();
  lower_workspace();
  lower_clusters();
  lower_compute();
  lower_principals();
  lower_roles();
  check_scalers();
  refuse_twins();
  if (!errors_.empty() || estate_.is_partial) return std::unexpected(std::move(errors_));
  for (const auto& resource : resources_)
    if (resource.kind()->name_rule.is_global && !estate_.base.value.empty() &&
        !resource.name.starts_with(estate_.base.value))
      notes_.push_back(resource.key + ": the name must be unique in all of Azure and does not begin with the base " +
                       estate_.base.value);
  auto graph = ResourceGraph::make(std::move(resources_));
  if (!graph) return std::unexpected(std::vector{std::move(graph.error())});
  return Lowered{std::move(*graph), std::move(notes_)};
}

std::expected<Lowered, std::vector<Error>> lower(const Estate& estate) { return Lowering(estate).run(); }

}  // namespace drover::estate
