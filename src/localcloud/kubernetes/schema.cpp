#include "localcloud/kubernetes/schema.hpp"

#include <map>

#include "base/text.hpp"

namespace drover::localcloud::kubernetes {
namespace {

using Index = std::map<std::string, Structure*, std::less<>>;

Field parse_form(std::string_view text, const Index& index);

/// The element between a bracket and its partner: "[s]" and "{q}".
Field parse_container(std::string_view text, Form form, const Index& index) {
  const char close = form == Form::list ? ']' : '}';
  const std::size_t end = text.rfind(close);
  Field field{.form = form};
  field.element = std::make_shared<Field>(parse_form(text.substr(1, end - 1), index));
  const std::string_view rest = text.substr(end + 1);
  if (rest.empty()) return field;
  field.merges = true;
  for (const auto key : split(rest.substr(1), ','))
    if (!key.empty()) field.keys.emplace_back(key);
  return field;
}

Field parse_form(std::string_view text, const Index& index) {
  static const std::map<std::string_view, Form> forms = {
      {"s", Form::text},     {"i", Form::integer},          {"n", Form::number}, {"b", Form::boolean},
      {"q", Form::quantity}, {"is", Form::integer_or_text}, {"t", Form::time},   {"j", Form::any}};
  if (text.starts_with('[')) return parse_container(text, Form::list, index);
  if (text.starts_with('{')) return parse_container(text, Form::map, index);
  if (const auto it = forms.find(text); it != forms.end()) return {.form = it->second};
  const auto it = index.find(text);
  if (it == index.end()) return {.form = Form::any};
  return {.form = Form::object, .structure = it->second};
}

Field parse_field(std::string_view text, const Index& index) {
  bool required = false;
  bool retains = false;
  for (; text.ends_with('!') || text.ends_with('~'); text.remove_suffix(1)) {
    required = required || text.back() == '!';
    retains = retains || text.back() == '~';
  }
  Field field = parse_form(text, index);
  field.required = required;
  field.retains_keys = retains;
  return field;
}

/// A line of the table: a package ("@io.k8s..."), or a structure and its fields.
void parse_lines(std::string_view table, std::vector<std::unique_ptr<Structure>>& all, Index& index, bool with_fields) {
  std::string package;
  for (const auto line : split(table, '\n')) {
    if (line.empty()) continue;
    if (line.starts_with('@')) {
      package = line.substr(1);
      continue;
    }
    const auto words = split(line, ' ');
    if (!with_fields) {
      all.push_back(
          std::make_unique<Structure>(Structure{.name = std::string(words[0]), .package = package, .fields = {}}));
      index[all.back()->name] = all.back().get();
      continue;
    }
    Structure& structure = *index.at(std::string(words[0]));
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto colon = words[i].find(':');
      structure.fields.emplace_back(words[i].substr(0, colon), parse_field(words[i].substr(colon + 1), index));
    }
  }
}

const char* form_name(Form form) {
  switch (form) {
    case Form::text:
    case Form::time:
    case Form::quantity:
    case Form::integer_or_text:
      return "string";
    case Form::integer:
      return "integer";
    case Form::number:
      return "number";
    case Form::boolean:
      return "boolean";
    case Form::list:
      return "array";
    default:
      return "object";
  }
}

bool fits(Form form, const Json& value) {
  switch (form) {
    case Form::text:
    case Form::time:
      return value.is_string();
    case Form::integer:
      return value.is_number_integer();
    case Form::number:
      return value.is_number();
    case Form::boolean:
      return value.is_boolean();
    case Form::quantity:
    case Form::integer_or_text:
      return value.is_string() || value.is_number();
    case Form::list:
      return value.is_array();
    case Form::map:
    case Form::object:
      return value.is_object();
    case Form::any:
      return true;
  }
  return true;
}

void check_field(const Field& field, Json& value, const std::string& path, Complaints& complaints) {
  if (!fits(field.form, value)) {
    complaints.mismatched.push_back(path + ": expected " + form_name(field.form) + ", got " + value.type_name());
    return;
  }
  if (field.form == Form::object) check_structure(*field.structure, value, path, complaints);
  if (field.form == Form::list)
    for (std::size_t i = 0; i < value.size(); ++i) check_field(*field.element, value[i], indexed(path, i), complaints);
  if (field.form == Form::map)
    for (auto it = value.begin(); it != value.end(); ++it)
      check_field(*field.element, it.value(), path + "." + it.key(), complaints);
}

}  // namespace

const Field* Structure::find(std::string_view field) const {
  for (const auto& [name_, value] : fields)
    if (name_ == field) return &value;
  return nullptr;
}

const std::vector<std::unique_ptr<Structure>>& structures() {
  static const auto all = [] {
    std::vector<std::unique_ptr<Structure>> made;
    Index index;
    for (const char* table : {core_fields, group_fields}) parse_lines(table, made, index, false);
    for (const char* table : {core_fields, group_fields}) parse_lines(table, made, index, true);
    return made;
  }();
  return all;
}

const Structure* find_structure(std::string_view name) {
  static const auto index = [] {
    std::map<std::string, const Structure*, std::less<>> made;
    for (const auto& structure : structures()) made[structure->name] = structure.get();
    return made;
  }();
  const auto it = index.find(name);
  return it == index.end() ? nullptr : it->second;
}

void check_structure(const Structure& structure, Json& value, const std::string& path, Complaints& complaints) {
  for (auto it = value.begin(); it != value.end();) {
    const std::string below = path.empty() ? it.key() : path + "." + it.key();
    const Field* field = structure.find(it.key());
    if (field == nullptr) complaints.unknown.push_back(below);
    if (field == nullptr || it.value().is_null()) {
      it = value.erase(it);
      continue;
    }
    check_field(*field, it.value(), below, complaints);
    ++it;
  }
}

}  // namespace drover::localcloud::kubernetes
