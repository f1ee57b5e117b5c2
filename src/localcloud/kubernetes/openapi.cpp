#include "localcloud/kubernetes/openapi.hpp"

#include "localcloud/kubernetes/schema.hpp"
#include "localcloud/kubernetes/types.hpp"

namespace drover::localcloud::kubernetes {
namespace {

std::string base_path(const ResourceType& type) { return type.group.empty() ? "api/v1" : "apis/" + type.api_version(); }

/// Where one object of the type is.
std::string item_path(const ResourceType& type) {
  return "/" + base_path(type) + (type.namespaced ? "/namespaces/{namespace}/" : "/") + std::string(type.plural) +
         "/{name}";
}

Json kind_extension(const ResourceType& type) {
  return {{"group", type.group}, {"kind", type.kind}, {"version", type.version}};
}

/// The type whose objects have this structure; null for parts of objects.
const ResourceType* type_with(const Structure& structure) {
  for (const auto& type : resource_types())
    if (type.kind == structure.name) return &type;
  return nullptr;
}

Json field_schema(const Field& field, const std::string& references) {
  switch (field.form) {
    case Form::text:
      return {{"type", "string"}};
    case Form::time:
      return {{"type", "string"}, {"format", "date-time"}};
    case Form::quantity:
      return {{"type", "string"}, {"format", "quantity"}};
    case Form::integer_or_text:
      return {{"type", "string"}, {"format", "int-or-string"}};
    case Form::integer:
      return {{"type", "integer"}, {"format", "int64"}};
    case Form::number:
      return {{"type", "number"}, {"format", "double"}};
    case Form::boolean:
      return {{"type", "boolean"}};
    case Form::object:
      return {{"$ref", references + field.structure->full_name()}};
    case Form::map:
      return {{"type", "object"}, {"additionalProperties", field_schema(*field.element, references)}};
    case Form::list: {
      Json schema = {{"type", "array"}, {"items", field_schema(*field.element, references)}};
      if (!field.merges) return schema;
      schema["x-kubernetes-list-type"] = field.keys.empty() ? "set" : "map";
      if (!field.keys.empty()) {
        schema["x-kubernetes-list-map-keys"] = field.keys;
        schema["x-kubernetes-patch-merge-key"] = field.keys.front();
      }
      schema["x-kubernetes-patch-strategy"] = field.retains_keys ? "merge,retainKeys" : "merge";
      return schema;
    }
    case Form::any:
      return {{"type", "object"}};
  }
  return {{"type", "object"}};
}

Json structure_schema(const Structure& structure, const std::string& references) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& [name, field] : structure.fields) {
    properties[name] = field_schema(field, references);
    if (field.retains_keys && field.form != Form::list) properties[name]["x-kubernetes-patch-strategy"] = "retainKeys";
    if (field.required) required.push_back(name);
  }
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  if (const ResourceType* type = type_with(structure))
    schema["x-kubernetes-group-version-kind"] = Json::array({kind_extension(*type)});
  return schema;
}

/// kubectl looks there for what a server can do: --dry-run=server, --validate=strict.
Json patch_operation(const ResourceType& type, bool is_v3) {
  Json parameters = Json::array();
  for (const char* name : {"dryRun", "fieldManager", "fieldValidation", "force"}) {
    Json parameter = {{"name", name}, {"in", "query"}};
    if (is_v3)
      parameter["schema"] = {{"type", "string"}};
    else
      parameter["type"] = "string";
    parameters.push_back(std::move(parameter));
  }
  return {{"parameters", std::move(parameters)},
          {"responses", {{"200", {{"description", "OK"}}}}},
          {"x-kubernetes-action", "patch"},
          {"x-kubernetes-group-version-kind", kind_extension(type)}};
}

Json paths_of(std::string_view base, bool is_v3) {
  Json paths = Json::object();
  for (const auto& type : resource_types())
    if (base.empty() || base_path(type) == base) paths[item_path(type)] = {{"patch", patch_operation(type, is_v3)}};
  return paths;
}

Json all_schemas(const std::string& references) {
  Json schemas = Json::object();
  for (const auto& structure : structures()) schemas[structure->full_name()] = structure_schema(*structure, references);
  return schemas;
}

Json info() { return {{"title", "Kubernetes"}, {"version", "v1"}}; }

/// Writes protocol buffers: fields with a length, and flags.
class Message {
 public:
  Message& text(unsigned number, std::string_view value) {
    put_varint(number << 3 | 2);
    put_varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(unsigned number, const Message& value) { return text(number, value.bytes_); }
  Message& flag(unsigned number, bool value) {
    put_varint(number << 3);
    put_varint(value ? 1 : 0);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void put_varint(std::size_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7F) | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

// Field numbers are those of gnostic's OpenAPIv2.proto.

Message named(std::string_view name, const Message& value) {
  Message message;
  return message.text(1, name).message(2, value);
}

Message any_of(const Json& value) {
  Message any;
  return any.text(2, dump(value) + "\n");  // YAML, which JSON is
}

Message schema_message(const Json& schema) {
  Message message;
  for (const auto& [key, value] : schema.items()) {
    if (key == "$ref") message.text(1, value.get_ref<const std::string&>());
    if (key == "format") message.text(2, value.get_ref<const std::string&>());
    if (key == "required")
      for (const auto& name : value) message.text(19, name.get_ref<const std::string&>());
    if (key == "additionalProperties") message.message(21, Message().message(1, schema_message(value)));
    if (key == "type") message.message(22, Message().text(1, value.get_ref<const std::string&>()));
    if (key == "items") message.message(23, Message().message(1, schema_message(value)));
    if (key == "properties") {
      Message properties;
      for (const auto& [name, property] : value.items()) properties.message(1, named(name, schema_message(property)));
      message.message(25, properties);
    }
    if (key.starts_with("x-")) message.message(31, named(key, any_of(value)));
  }
  return message;
}

Message operation_message(const Json& operation) {
  Message message;
  for (const auto& parameter : operation["parameters"]) {
    Message query;
    query.text(2, "query").text(4, parameter["name"].get_ref<const std::string&>()).text(6, "string");
    message.message(8, Message().message(1, Message().message(2, Message().message(3, query))));
  }
  Message response;
  response.text(1, "OK");
  message.message(9, Message().message(1, named("200", Message().message(1, response))));
  for (const auto& [key, value] : operation.items())
    if (key.starts_with("x-")) message.message(13, named(key, any_of(value)));
  return message;
}

}  // namespace

Json openapi_v2() {
  return {{"swagger", "2.0"},
          {"info", info()},
          {"paths", paths_of("", false)},
          {"definitions", all_schemas("#/definitions/")}};
}

std::string openapi_v2_protobuf() {
  const Json document = openapi_v2();
  Message paths;
  for (const auto& [path, item] : document["paths"].items())
    paths.message(2, named(path, Message().message(8, operation_message(item["patch"]))));
  Message definitions;
  for (const auto& [name, schema] : document["definitions"].items())
    definitions.message(1, named(name, schema_message(schema)));
  Message all;
  all.text(1, "2.0")
      .message(2, Message().text(1, "Kubernetes").text(2, "v1"))
      .message(8, paths)
      .message(9, definitions);
  return all.bytes();
}

Json openapi_v3_index() {
  Json paths = Json::object();
  for (const auto& type : resource_types())
    paths[base_path(type)] = {{"serverRelativeURL", "/openapi/v3/" + base_path(type) + "?hash=1"}};
  return {{"paths", std::move(paths)}};
}

Json openapi_v3(std::string_view path) {
  Json paths = paths_of(path, true);
  if (path.empty() || paths.empty()) return nullptr;
  return {{"openapi", "3.0.0"},
          {"info", info()},
          {"paths", std::move(paths)},
          {"components", {{"schemas", all_schemas("#/components/schemas/")}}}};
}

}  // namespace drover::localcloud::kubernetes
