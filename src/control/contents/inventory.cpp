#include "control/contents/inventory.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "control/contents/fields.hpp"

namespace drover::control {
namespace {

using nlohmann::json;

/// It is always there, nobody deletes it, and few may write to it.
constexpr const char* inventory_space = "kube-system";
constexpr std::string_view adopted_mark = " adopted";
constexpr const char* objects_key = "objects";
constexpr const char* format_key = "format";
constexpr const char* format_now = "1";

/// Of an estate's name, what may stand in an object's.
std::string name_of(const std::string& estate) {
  std::string name;
  for (const char c : to_lower(estate)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    name += is_plain ? c : '-';
  }
  constexpr std::size_t digits = 8, length_max = 100;
  // Two estates that differ only in what was lost here have two inventories.
  if (name != estate || name.size() > length_max || name.starts_with('-') || name.ends_with('-'))
    name = name.substr(0, length_max) + "-" + sha256_hex(estate).substr(0, digits);
  return "drover-inventory-" + name;
}

}  // namespace

std::string format_inventory(const KeptObjects& objects) {
  std::string text;
  for (const auto& [name, kept] : objects) {
    text += planning::format_manifest(name);
    if (kept == Kept::adopted) text += adopted_mark;
    text += '\n';
  }
  return text;
}

Result<KeptObjects> parse_inventory(std::string_view text) {
  KeptObjects objects;
  for (auto line : split(text, '\n')) {
    if (line.empty()) continue;
    const bool is_adopted = line.ends_with(adopted_mark);
    if (is_adopted) line.remove_suffix(adopted_mark.size());
    const auto name = planning::parse_manifest(line);
    if (!name) return fail(Code::corrupt, "\"" + printable(line.substr(0, 100)) + "\" names no object");
    objects[*name] = is_adopted ? Kept::adopted : Kept::made;
  }
  return objects;
}

Inventory::Inventory(kubernetes::Cluster& cluster, const std::string& estate)
    : cluster_(cluster), name_(name_of(estate)) {}

std::string Inventory::shown_name() const { return "ConfigMap " + std::string(inventory_space) + "/" + name_; }

kubernetes::ObjectName Inventory::place() const { return {kubernetes::kinds::config_maps, inventory_space, name_}; }

json Inventory::object_of(const KeptObjects& objects) const {
  json made = {{"apiVersion", "v1"}, {"kind", "ConfigMap"}};
  made["metadata"] = {{"name", name_}, {"namespace", inventory_space}};
  made["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "drover";
  made["data"] = {{format_key, format_now}, {objects_key, format_inventory(objects)}};
  return made;
}

Flow<Status> Inventory::read() {
  objects_.clear();
  version_.clear();
  uid_.clear();
  auto found = co_await cluster_.get(place());
  if (!found && found.error().code == Code::not_found) co_return Status{};
  if (!found) co_return std::unexpected(std::move(found.error()));
  const std::string format = text_at(*found, "data/format");
  if (format != format_now)
    co_return fail(Code::corrupt,
                   shown_name() + " is of format \"" + printable(format) + "\", and this Drover knows " + format_now,
                   "apply with the Drover that wrote it, or a newer one");
  auto objects = parse_inventory(text_at(*found, "data/objects"));
  if (!objects) {
    Error error = std::move(objects.error()).in(shown_name());
    error.hint = "put it back as it was; it says what may be pruned";
    co_return std::unexpected(std::move(error));
  }
  objects_ = std::move(*objects);
  version_ = text_at(*found, "metadata/resourceVersion");
  uid_ = text_at(*found, "metadata/uid");
  co_return Status{};
}

Flow<Status> Inventory::write(KeptObjects objects) {
  if (objects == objects_) co_return Status{};
  Result<json> written = json();
  if (objects.empty()) {
    kubernetes::DeleteOptions options;
    options.uid = uid_;
    auto gone = co_await cluster_.remove(place(), options);
    if (!gone) co_return std::unexpected(std::move(gone.error()));
  } else {
    json object = object_of(objects);
    if (version_.empty()) {
      written = co_await cluster_.create(std::move(object));
    } else {
      object["metadata"]["resourceVersion"] = version_;
      kubernetes::ApplyOptions options;
      options.force = true;  // what was created is owned by another operation of the same manager
      written = co_await cluster_.apply(std::move(object), options);
    }
  }
  if (!written) {
    Error error = std::move(written.error());
    if (error.code == Code::already_exists || error.code == Code::conflict) {
      // It may be ours: a call whose answer was lost is sent again.
      auto seen = co_await read();
      if (seen && objects_ == objects) co_return Status{};
      error.code = Code::conflict;
      error.message = shown_name() + " was changed meanwhile: another apply is under way";
      error.hint = "wait for its end, and plan again";
    }
    co_return std::unexpected(std::move(error));
  }
  objects_ = std::move(objects);
  version_ = text_at(*written, "metadata/resourceVersion");
  uid_ = text_at(*written, "metadata/uid");
  co_return Status{};
}

}  // namespace drover::control
