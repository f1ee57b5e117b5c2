#include "localcloud/kubernetes/managed_fields.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "localcloud/kubernetes/cluster.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// One path is its elements with this between them; no element holds it.
constexpr char separator = '\x1f';

using Paths = std::set<std::string>;
/// Leaves (and elements of keyed lists) by path, with their values.
using Leaves = std::map<std::string, const Json*>;

std::string joined(const std::string& path, const std::string& element) {
  return path.empty() ? element : path + separator + element;
}

/// "k:{...}" of an element of a keyed list; "" when it lacks a key.
std::string key_element(const Field& list, const Json& element) {
  Json keys = Json::object();
  for (const auto& key : list.keys) {
    const Json* value = member(element, key);
    if (value != nullptr)
      keys[key] = *value;
    else if (key == "protocol")
      keys[key] = "TCP";  // the default that Kubernetes knows of
  }
  return keys.empty() ? "" : "k:" + dump(keys);
}

void collect(const Field* field, const Json& value, const std::string& path, Leaves& leaves);

void collect_members(const Structure* structure, const Field* element, const Json& value, const std::string& path,
                     Leaves& leaves) {
  for (auto it = value.begin(); it != value.end(); ++it)
    collect(structure != nullptr ? structure->find(it.key()) : element, it.value(), joined(path, "f:" + it.key()),
            leaves);
}

void collect(const Field* field, const Json& value, const std::string& path, Leaves& leaves) {
  if (value.is_object() && !value.empty()) {
    const Structure* structure = field != nullptr && field->form == Form::object ? field->structure : nullptr;
    const Field* element = field != nullptr && field->form == Form::map ? field->element.get() : nullptr;
    return collect_members(structure, element, value, path, leaves);
  }
  if (!value.is_array() || field == nullptr || !field->merges) {
    leaves[path] = &value;
    return;
  }
  for (const auto& element : value) {
    const std::string key = field->keys.empty() ? "v:" + dump(element) : key_element(*field, element);
    if (key.empty()) continue;
    leaves[joined(path, key)] = &element;
    if (!field->keys.empty()) collect(field->element.get(), element, joined(path, key), leaves);
  }
}

bool is_server_owned(const std::string& path) {
  static const std::set<std::string, std::less<>> owned = {"apiVersion",
                                                           "kind",
                                                           "metadata.name",
                                                           "metadata.namespace",
                                                           "metadata.uid",
                                                           "metadata.resourceVersion",
                                                           "metadata.generation",
                                                           "metadata.creationTimestamp",
                                                           "metadata.selfLink",
                                                           "metadata.deletionTimestamp",
                                                           "metadata.deletionGracePeriodSeconds",
                                                           "metadata.generateName"};
  if (path.starts_with("f:metadata\x1f"
                       "f:managedFields"))
    return true;
  std::string dotted;
  for (const auto element : split(path, separator))
    dotted += (dotted.empty() ? "" : ".") + std::string(element.substr(std::min<std::size_t>(2, element.size())));
  return owned.contains(dotted);
}

Leaves leaves_of(const Structure& structure, const Json& object) {
  Leaves leaves;
  collect_members(&structure, nullptr, object, "", leaves);
  std::erase_if(leaves, [](const auto& leaf) { return is_server_owned(leaf.first); });
  return leaves;
}

/// An element of a keyed list is there or not; what it holds is its leaves' business.
bool is_element(const std::string& path) {
  const auto last = path.rfind(separator);
  return path.compare(last == std::string::npos ? 0 : last + 1, 2, "k:") == 0;
}

bool same(const std::string& path, const Json& a, const Json& b) { return is_element(path) || a == b; }

void read_tree(const Json& node, const std::string& path, Paths& paths) {
  if (!node.is_object()) return;
  if (node.empty() && !path.empty()) paths.insert(path);
  for (auto it = node.begin(); it != node.end(); ++it) {
    if (it.key() == ".")
      paths.insert(path);
    else
      read_tree(it.value(), joined(path, it.key()), paths);
  }
}

Json write_tree(const Paths& paths) {
  Json tree = Json::object();
  for (const auto& path : paths) {
    Json* node = &tree;
    for (const auto element : split(path, separator)) {
      Json& child = (*node)[std::string(element)];
      if (child.is_null()) child = Json::object();
      node = &child;
    }
    if (is_element(path)) (*node)["."] = Json::object();
  }
  return tree;
}

struct Owner {
  Writer writer;
  std::string operation;
  std::string time;
  Paths paths;
};

std::vector<Owner> owners_of(const Json& object) {
  std::vector<Owner> owners;
  const Json* entries = at(object, {"metadata", "managedFields"});
  if (entries == nullptr || !entries->is_array()) return owners;
  for (const auto& entry : *entries) {
    Owner owner{
        .writer = {text_at(entry, {"manager"}), text_at(entry, {"apiVersion"}), text_at(entry, {"subresource"})},
        .operation = text_at(entry, {"operation"}),
        .time = text_at(entry, {"time"}),
        .paths = {}};
    if (const Json* tree = member(entry, "fieldsV1")) read_tree(*tree, "", owner.paths);
    owners.push_back(std::move(owner));
  }
  return owners;
}

void write_owners(Json& object, const std::vector<Owner>& owners) {
  Json entries = Json::array();
  for (const auto& owner : owners) {
    if (owner.paths.empty()) continue;
    Json entry = {{"manager", owner.writer.manager},
                  {"operation", owner.operation},
                  {"apiVersion", owner.writer.api_version},
                  {"time", owner.time},
                  {"fieldsType", "FieldsV1"},
                  {"fieldsV1", write_tree(owner.paths)}};
    if (!owner.writer.subresource.empty()) entry["subresource"] = owner.writer.subresource;
    entries.push_back(std::move(entry));
  }
  object["metadata"].erase("managedFields");
  if (!entries.empty()) object["metadata"]["managedFields"] = std::move(entries);
}

/// The writer's own entry for `operation`, made when it is missing.
Owner& owner_for(std::vector<Owner>& owners, const Writer& writer, std::string_view operation) {
  for (auto& owner : owners)
    if (owner.writer.manager == writer.manager && owner.operation == operation &&
        owner.writer.subresource == writer.subresource)
      return owner;
  owners.push_back({.writer = writer, .operation = std::string(operation), .time = "", .paths = {}});
  return owners.back();
}

std::string shown_path(const std::string& path) {
  std::string shown;
  for (const auto element : split(path, separator)) {
    if (element.starts_with("f:"))
      shown += "." + std::string(element.substr(2));
    else
      shown += "[" + replace_all(replace_all(std::string(element.substr(2)), "{", ""), "}", "") + "]";
  }
  return shown;
}

/// Lays `config` over `live`: maps merge, keyed lists merge by all their keys, everything else is replaced.
void lay_over(const Field* field, Json& live, const Json& config) {
  if (config.is_object() && live.is_object()) {
    const Structure* structure = field != nullptr && field->form == Form::object ? field->structure : nullptr;
    for (auto it = config.begin(); it != config.end(); ++it) {
      const Field* below = structure != nullptr                           ? structure->find(it.key())
                           : field != nullptr && field->form == Form::map ? field->element.get()
                                                                          : nullptr;
      if (it.value().is_null())
        live.erase(it.key());
      else
        lay_over(below, live[it.key()], it.value());
    }
    return;
  }
  if (!config.is_array() || !live.is_array() || field == nullptr || !field->merges) {
    live = config;
    return;
  }
  for (const auto& element : config) {
    const auto found = std::ranges::find_if(live, [&](const Json& present) {
      return field->keys.empty() ? present == element : key_element(*field, present) == key_element(*field, element);
    });
    if (found == live.end())
      live.push_back(element);
    else
      lay_over(field->element.get(), *found, element);
  }
}

/// Takes the field at `elements` away.
void remove_path(const Field* field, const Structure* structure, Json& value,
                 const std::vector<std::string_view>& elements, std::size_t depth) {
  const std::string_view element = elements[depth];
  const bool is_last = depth + 1 == elements.size();
  if (element.starts_with("f:") && value.is_object()) {
    const std::string name(element.substr(2));
    if (!value.contains(name)) return;
    if (is_last) {
      value.erase(name);
      return;
    }
    const Field* below = structure != nullptr                           ? structure->find(name)
                         : field != nullptr && field->form == Form::map ? field->element.get()
                                                                        : nullptr;
    return remove_path(below, below != nullptr && below->form == Form::object ? below->structure : nullptr, value[name],
                       elements, depth + 1);
  }
  if (!value.is_array() || field == nullptr) return;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string mine = field->keys.empty() ? "v:" + dump(value[i]) : key_element(*field, value[i]);
    if (mine != element) continue;
    if (is_last) {
      value.erase(i);
      return;
    }
    const Field* below = field->element.get();
    return remove_path(below, below->form == Form::object ? below->structure : nullptr, value[i], elements, depth + 1);
  }
}

}  // namespace

void track_update(const Structure& structure, const Json* before, Json& after, const Writer& writer, Instant now) {
  auto owners = owners_of(before == nullptr ? after : *before);
  const Leaves now_there = leaves_of(structure, after);
  const Leaves was_there = before == nullptr ? Leaves{} : leaves_of(structure, *before);
  Paths changed;
  for (const auto& [path, value] : now_there) {
    const auto it = was_there.find(path);
    if (it == was_there.end() || !same(path, *it->second, *value)) changed.insert(path);
  }
  for (auto& owner : owners)
    std::erase_if(owner.paths,
                  [&](const std::string& path) { return changed.contains(path) || !now_there.contains(path); });
  if (!changed.empty()) {
    Owner& mine = owner_for(owners, writer, "Update");
    mine.paths.insert(changed.begin(), changed.end());
    mine.time = time_text(now);
    mine.writer.api_version = writer.api_version;
  }
  write_owners(after, owners);
}

Applied apply_config(const Structure& structure, const Json& live, const Json& config, const Writer& writer, bool force,
                     Instant now) {
  Applied applied{.object = live, .conflicts = {}};
  auto owners = owners_of(live);
  const Leaves wanted = leaves_of(structure, config);
  const Leaves present = leaves_of(structure, live);
  const Paths before = owner_for(owners, writer, "Apply").paths;
  for (auto& owner : owners) {
    if (owner.writer.manager == writer.manager && owner.operation == "Apply") continue;
    for (const auto& [path, value] : wanted) {
      const auto it = present.find(path);
      if (!owner.paths.contains(path) || (it != present.end() && same(path, *it->second, *value))) continue;
      if (force)
        owner.paths.erase(path);
      else
        applied.conflicts.push_back({owner.writer.manager, owner.writer.api_version, shown_path(path)});
    }
  }
  if (!applied.conflicts.empty()) return applied;
  const Field whole{.form = Form::object, .structure = &structure};
  lay_over(&whole, applied.object, config);
  for (auto it = before.rbegin(); it != before.rend(); ++it) {  // elements of lists after what is in them
    const bool is_shared = std::ranges::any_of(owners, [&](const Owner& owner) {
      return (owner.writer.manager != writer.manager || owner.operation != "Apply") && owner.paths.contains(*it);
    });
    if (!wanted.contains(*it) && !is_shared) remove_path(&whole, &structure, applied.object, split(*it, separator), 0);
  }
  Owner& mine = owner_for(owners, writer, "Apply");
  mine.paths.clear();
  for (const auto& [path, value] : wanted) mine.paths.insert(path);
  if (mine.paths != before || mine.time.empty()) mine.time = time_text(now);
  mine.writer.api_version = writer.api_version;
  write_owners(applied.object, owners);
  return applied;
}

}  // namespace drover::localcloud::kubernetes
