#include "localcloud/kubernetes/patches.hpp"

#include <algorithm>

namespace drover::localcloud::kubernetes {
namespace {

/// Operations of one JSON patch at most, as in Kubernetes.
constexpr std::size_t operations_max = 10'000;

constexpr std::string_view order_directive = "$setElementOrder/";
constexpr std::string_view delete_directive = "$deleteFromPrimitiveList/";

bool is_directive(std::string_view key) { return key.starts_with('$'); }

Status merge_object(const Structure* structure, Json& target, const Json& patch);

const Structure* structure_below(const Field* field) {
  if (field == nullptr) return nullptr;
  if (field->form == Form::object) return field->structure;
  if (field->form == Form::map || field->form == Form::list)
    return field->element->form == Form::object ? field->element->structure : nullptr;
  return nullptr;
}

Json* element_of(Json& list, const std::string& key, const Json& wanted) {
  for (auto& element : list)
    if (const Json* value = member(element, key); value != nullptr && *value == wanted) return &element;
  return nullptr;
}

Status merge_keyed_list(const Field& field, Json& target, const Json& patch) {
  const std::string& key = field.keys.front();
  const bool replaces =
      std::ranges::any_of(patch, [](const Json& element) { return text_at(element, {"$patch"}) == "replace"; });
  if (replaces) target = Json::array();
  for (const auto& element : patch) {
    const std::string directive = text_at(element, {"$patch"});
    if (directive == "replace" && element.size() == 1) continue;
    const Json* value = member(element, key);
    if (value == nullptr)
      return fail(Code::invalid_input, "map: " + dump(element) + " does not contain declared merge key: " + key);
    Json* present = element_of(target, key, *value);
    if (directive == "delete") {
      if (present != nullptr) target.erase(static_cast<std::size_t>(present - &target[0]));
      continue;
    }
    if (present == nullptr) {
      target.push_back(Json::object());
      present = &target.back();
    }
    DROVER_CHECK(merge_object(structure_below(&field), *present, element));
  }
  return {};
}

void merge_set(Json& target, const Json& patch) {
  for (const auto& value : patch)
    if (std::ranges::find(target, value) == target.end()) target.push_back(value);
}

/// Puts the elements that `order` names into its order; others keep their place behind those before them.
void reorder(const Field& field, Json& list, const Json& order) {
  if (!list.is_array() || !order.is_array()) return;
  const auto rank = [&](const Json& element) -> std::size_t {
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (field.keys.empty()
              ? order[i] == element
              : member(order[i], field.keys.front()) != nullptr && member(element, field.keys.front()) != nullptr &&
                    *member(order[i], field.keys.front()) == *member(element, field.keys.front()))
        return i + 1;
    }
    return 0;
  };
  std::vector<std::pair<std::size_t, Json>> ranked;
  std::size_t last = 0;
  for (auto& element : list) {
    const std::size_t mine = rank(element);
    last = mine == 0 ? last : mine;
    ranked.emplace_back(last, std::move(element));
  }
  std::ranges::stable_sort(ranked, {}, &std::pair<std::size_t, Json>::first);
  list = Json::array();
  for (auto& [place, element] : ranked) list.push_back(std::move(element));
}

Status merge_field(const Field* field, Json& target, const std::string& name, const Json& value) {
  Json* present = target.contains(name) ? &target[name] : nullptr;
  if (value.is_object() && (field == nullptr || field->form == Form::object || field->form == Form::map)) {
    if (present == nullptr || !present->is_object()) target[name] = Json::object();
    return merge_object(structure_below(field), target[name], value);
  }
  if (!value.is_array() || field == nullptr || !field->merges) {
    target[name] = value;
    return {};
  }
  if (present == nullptr || !present->is_array()) target[name] = Json::array();
  if (!field->keys.empty()) return merge_keyed_list(*field, target[name], value);
  merge_set(target[name], value);
  return {};
}

void delete_from(Json& target, const std::string& name, const Json& values) {
  if (!target.contains(name) || !target[name].is_array() || !values.is_array()) return;
  Json kept = Json::array();
  for (const auto& value : target[name])
    if (std::ranges::find(values, value) == values.end()) kept.push_back(value);
  target[name] = std::move(kept);
}

void retain_keys(Json& target, const Json& keys) {
  if (!keys.is_array()) return;
  for (auto it = target.begin(); it != target.end();) {
    if (std::ranges::find(keys, Json(it.key())) == keys.end())
      it = target.erase(it);
    else
      ++it;
  }
}

Status merge_object(const Structure* structure, Json& target, const Json& patch) {
  const std::string directive = text_at(patch, {"$patch"});
  if (!directive.empty() && directive != "replace" && directive != "delete" && directive != "merge")
    return fail(Code::invalid_input, "unknown patch type found in map: " + directive);
  if (directive == "replace" || directive == "delete") target = Json::object();
  if (directive == "delete") return {};
  if (const Json* keys = member(patch, "$retainKeys")) retain_keys(target, *keys);
  for (auto it = patch.begin(); it != patch.end(); ++it) {
    const std::string& name = it.key();
    if (name.starts_with(delete_directive)) delete_from(target, name.substr(delete_directive.size()), it.value());
    if (is_directive(name)) continue;
    if (it.value().is_null()) {
      target.erase(name);
      continue;
    }
    DROVER_CHECK(merge_field(structure == nullptr ? nullptr : structure->find(name), target, name, it.value()));
  }
  for (auto it = patch.begin(); it != patch.end(); ++it) {
    if (!it.key().starts_with(order_directive)) continue;
    const std::string name = it.key().substr(order_directive.size());
    const Field* field = structure == nullptr ? nullptr : structure->find(name);
    if (field != nullptr && field->merges && target.contains(name)) reorder(*field, target[name], it.value());
  }
  return {};
}

}  // namespace

Json merge_patch(Json target, const Json& patch) {
  if (!patch.is_object()) return patch;
  if (!target.is_object()) target = Json::object();
  for (auto it = patch.begin(); it != patch.end(); ++it) {
    if (it.value().is_null())
      target.erase(it.key());
    else
      target[it.key()] = merge_patch(target.contains(it.key()) ? target[it.key()] : Json(), it.value());
  }
  return target;
}

Result<Json> json_patch(const Json& target, const Json& operations) {
  if (!operations.is_array()) return fail(Code::invalid_input, "a JSON patch is an array of operations");
  if (operations.size() > operations_max)
    return fail(Code::invalid_input,
                "the allowed maximum operations in a JSON patch is 10000, got " + std::to_string(operations.size()));
  try {
    return target.patch(operations);
  } catch (const Json::exception& error) {
    return fail(Code::precondition, error.what());
  }
}

Result<Json> strategic_patch(const Structure& structure, Json target, const Json& patch) {
  if (!patch.is_object() || !target.is_object()) return fail(Code::invalid_input, "a merge patch is an object");
  DROVER_CHECK(merge_object(&structure, target, patch));
  return target;
}

}  // namespace drover::localcloud::kubernetes
