#include "model/resource.hpp"

#include "base/text.hpp"

namespace drover {
namespace {

std::string text_of(const std::string& value) { return value; }
std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(Duration value) { return format_duration(value); }
std::string text_of(const std::optional<NodeBounds>& bounds) {
  return bounds ? std::to_string(bounds->least) + ".." + std::to_string(bounds->most) : "off";
}

bool same_text(std::string_view field, const std::string& a, const std::string& b) {
  if (equals_ignore_case(a, b)) return true;
  // ARM ignores blanks and case in locations: "West US 2" is "westus2" (reference, section 3).
  return field == "location" && equals_ignore_case(replace_all(a, " ", ""), replace_all(b, " ", ""));
}

}  // namespace

std::string resource_key(Kind kind, std::string_view name) {
  return std::string(kind_name(kind)) + "/" + to_lower(name);
}

bool lies_in(std::string_view id, std::string_view container) {
  return id.size() > container.size() && id[container.size()] == '/' && starts_with_ignore_case(id, container);
}

std::string canonical_key(std::string_view key) { return to_lower(key); }

std::vector<std::pair<std::string, std::string>> describe(const Spec& spec) {
  std::vector<std::pair<std::string, std::string>> fields;
  std::visit(
      [&](const auto& value) {
        value.fields(value,
                     [&](const char* name, const auto& field, Change) { fields.emplace_back(name, text_of(field)); });
      },
      spec);
  return fields;
}

std::vector<FieldChange> diff(const Spec& desired, const Spec& actual) {
  std::vector<FieldChange> changes;
  const auto before = describe(actual);
  std::size_t at = 0;
  std::visit(
      [&](const auto& value) {
        value.fields(value, [&](const char* name, const auto& field, Change how) {
          const std::string& old = before[at++].second;
          const std::string wanted = text_of(field);
          if (how != Change::at_creation && !same_text(name, wanted, old)) changes.push_back({name, old, wanted, how});
        });
      },
      desired);
  return changes;
}

}  // namespace drover
