// The form of one section of a file: its keys, what each means, and where it goes in a struct. Reading, the errors with
// "did you mean", and the published JSON Schema all come from this one description.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "codec/tree.hpp"
#include "estate/estate.hpp"

namespace drover::codec {

/// What reading needs besides the tree, and the errors that it gathers (all of them, not the first).
class Reading {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  Reading(std::shared_ptr<const std::string> file, Environment environment)
      : file_(std::move(file)), environment_(std::move(environment)) {}
  /// For files in which ${...} is no reference but text, such as the commands of jobs.
  static Reading literal(std::shared_ptr<const std::string> file) {
    Reading reading(std::move(file), nullptr);
    reading.expands_ = false;
    return reading;
  }

  SourceSpan span(const Node& node) const { return {file_, node.line, node.column}; }
  void complain(const Node& node, std::string message, std::string hint = "");
  std::vector<Error>& errors() { return errors_; }
  /// Paths of values that could not be read, and of mappings with a key that is not known.
  const std::vector<std::string>& unread() const { return unread_; }
  void note_unread(const std::string& path) { unread_.push_back(path); }

  /// Scalar text with ${ENV} and ${ENV:-default} replaced ("$${" stands for "${"); ${secret:name} is refused.
  std::string text(const Node& node, const std::string& path);
  /// The same for a secret: only a whole reference will do, and ${secret:name} stays as it is. What stands there
  /// instead is never repeated in an error.
  std::string secret(const Node& node, const std::string& path);
  /// A number from `least` to `most`.
  std::optional<std::int64_t> whole(const Node& node, const std::string& path, std::int64_t least, std::int64_t most);
  std::optional<double> number(const Node& node, const std::string& path, double least, double most);
  /// "99.5%" as 0.995; above 0 and below 1.
  std::optional<double> share(const Node& node, const std::string& path);
  std::optional<Instant> instant(const Node& node, const std::string& path);
  std::optional<bool> flag(const Node& node, const std::string& path);
  std::optional<Duration> duration(const Node& node, const std::string& path);
  std::optional<estate::Range> range(const Node& node, const std::string& path, std::int64_t least, std::int64_t most);
  void wrong_type(const Node& node, const std::string& path, const std::string& wanted);
  /// Complains of keys that are not among `known`.
  void check_keys(const Node& mapping, const std::string& path, const std::vector<std::string_view>& known);

 private:
  struct Expanded {
    std::string text;
    bool has_secret = false;
  };
  /// References replaced; nullopt after a complaint.
  std::optional<Expanded> expand(const Node& node, const std::string& path);
  /// The text of a number, duration and the like, references replaced; nullopt after a complaint.
  std::optional<std::string> plain(const Node& node, const std::string& path, const std::string& wanted);

  std::shared_ptr<const std::string> file_;
  Environment environment_;
  bool expands_ = true;
  std::vector<Error> errors_;
  std::vector<std::string> unread_;
};

/// Where a field goes, for Shape: a member of what is read.
#define DROVER_MEMBER(path) [](auto& it) -> auto& { return it.path; }

template <class T>
class Shape {
 public:
  using Read = std::function<void(T&, const Node&, const std::string& path, Reading&)>;

  explicit Shape(std::string doc) : doc_(std::move(doc)) {}

  Shape& field(std::string key, std::string doc, nlohmann::json schema, Read read) {
    schema["description"] = std::move(doc);
    fields_.push_back({std::move(key), std::move(schema), std::move(read)});
    return *this;
  }
  template <class Access>
  Shape& text(std::string key, Access access, std::string doc, std::vector<std::string> one_of = {}) {
    nlohmann::json schema = {{"type", "string"}};
    if (!one_of.empty()) schema["enum"] = one_of;
    return field(key, std::move(doc), std::move(schema),
                 [access, one_of](T& into, const Node& node, const std::string& path, Reading& reading) {
                   auto& place = access(into);
                   place = {reading.text(node, path), reading.span(node)};
                   check_choice(place.value, one_of, node, path, reading);
                 });
  }
  template <class Access>
  Shape& secret(std::string key, Access access, std::string doc) {
    return field(key, std::move(doc), {{"type", "string"}},
                 [access](T& into, const Node& node, const std::string& path, Reading& reading) {
                   access(into) = {reading.secret(node, path), reading.span(node)};
                 });
  }
  template <class Access>
  Shape& whole(std::string key, Access access, std::string doc, std::int64_t least, std::int64_t most) {
    return field(key, std::move(doc), {{"type", "integer"}, {"minimum", least}, {"maximum", most}},
                 [access, least, most](T& into, const Node& node, const std::string& path, Reading& reading) {
                   if (const auto value = reading.whole(node, path, least, most))
                     access(into) = {*value, reading.span(node)};
                 });
  }
  template <class Access>
  Shape& number(std::string key, Access access, std::string doc, double least, double most) {
    return field(key, std::move(doc), {{"type", "number"}, {"minimum", least}, {"maximum", most}},
                 [access, least, most](T& into, const Node& node, const std::string& path, Reading& reading) {
                   if (const auto value = reading.number(node, path, least, most))
                     access(into) = {*value, reading.span(node)};
                 });
  }
  template <class Access>
  Shape& instant(std::string key, Access access, std::string doc) {
    return field(key, std::move(doc), {{"type", "string"}, {"format", "date-time"}},
                 [access](T& into, const Node& node, const std::string& path, Reading& reading) {
                   if (const auto value = reading.instant(node, path)) access(into) = {*value, reading.span(node)};
                 });
  }
  template <class Access>
  Shape& flag(std::string key, Access access, std::string doc) {
    return field(key, std::move(doc), {{"type", "boolean"}},
                 [access](T& into, const Node& node, const std::string& path, Reading& reading) {
                   if (const auto value = reading.flag(node, path)) access(into) = {*value, reading.span(node)};
                 });
  }
  template <class Access>
  Shape& duration(std::string key, Access access, std::string doc) {
    return field(key, std::move(doc), {{"type", "string"}, {"pattern", "^([0-9.]+(ms|s|m|h|d))+$"}},
                 [access](T& into, const Node& node, const std::string& path, Reading& reading) {
                   if (const auto value = reading.duration(node, path)) access(into) = {*value, reading.span(node)};
                 });
  }
  template <class Access>
  Shape& range(std::string key, Access access, std::string doc, std::int64_t least, std::int64_t most) {
    nlohmann::json whole = {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
    nlohmann::json text = {{"type", "string"}, {"pattern", "^[0-9]+\\.\\.[0-9]+$"}};
    return field(key, std::move(doc), {{"oneOf", {whole, text}}},
                 [access, least, most](T& into, const Node& node, const std::string& path, Reading& reading) {
                   if (const auto value = reading.range(node, path, least, most))
                     access(into) = {*value, reading.span(node)};
                 });
  }
  template <class Access>
  Shape& texts(std::string key, Access access, std::string doc) {
    return field(
        key, std::move(doc), {{"type", "array"}, {"items", {{"type", "string"}}}},
        [access](T& into, const Node& node, const std::string& path, Reading& reading) {
          if (node.kind != Node::Kind::sequence) return reading.wrong_type(node, path, "a list");
          for (std::size_t i = 0; i < node.items.size(); ++i)
            access(into).push_back({reading.text(node.items[i], indexed(path, i)), reading.span(node.items[i])});
        });
  }
  /// A section of things by name: `key: {NAME: {...}, ...}`. A name with nothing after it has all defaults.
  template <class Item, class Access>
  Shape& map(std::string key, Access access, Shape<Item> shape, std::string doc) {
    nlohmann::json schema = {{"type", "object"}, {"additionalProperties", nullable(shape.schema())}};
    return field(
        key, std::move(doc), std::move(schema),
        [access, shape = std::move(shape)](T& into, const Node& node, const std::string& path, Reading& reading) {
          if (node.kind == Node::Kind::null) return;
          if (node.kind != Node::Kind::mapping) return reading.wrong_type(node, path, "names, each with its settings");
          for (const auto& [name, value] : node.fields) {
            Item item{};
            shape.read(item, value, join_path(path, name.text), reading, reading.span(name));
            if (const auto [place, is_new] = access(into).emplace(name.text, std::move(item)); !is_new)
              reading.complain(name,
                               join_path(path, name.text) + " is the same name as " + printable(place->first) +
                                   " above: names are compared without upper and lower case",
                               "keep one of them");
          }
        });
  }
  template <class Item, class Access>
  Shape& list(std::string key, Access access, Shape<Item> shape, std::string doc) {
    nlohmann::json schema = {{"type", "array"}, {"items", shape.schema()}};  // before `shape` is moved from
    return field(
        key, std::move(doc), std::move(schema),
        [access, shape = std::move(shape)](T& into, const Node& node, const std::string& path, Reading& reading) {
          if (node.kind != Node::Kind::sequence) return reading.wrong_type(node, path, "a list");
          for (std::size_t i = 0; i < node.items.size(); ++i) {
            Item item{};
            shape.read(item, node.items[i], indexed(path, i), reading, reading.span(node.items[i]));
            access(into).push_back(std::move(item));
          }
        });
  }
  template <class Item, class Access>
  Shape& section(std::string key, Access access, Shape<Item> shape, std::string doc) {
    nlohmann::json schema = shape.schema();  // before `shape` is moved from
    return field(
        key, std::move(doc), std::move(schema),
        [access, shape = std::move(shape)](T& into, const Node& node, const std::string& path, Reading& reading) {
          shape.read(access(into), node, path, reading, reading.span(node));
        });
  }
  /// What is called for each thing read, with the place of its name.
  Shape& placed(std::function<void(T&, const SourceSpan&)> place) {
    place_ = std::move(place);
    return *this;
  }

  void read(T& into, const Node& node, const std::string& path, Reading& reading, const SourceSpan& where) const {
    if (place_) place_(into, where);
    if (node.kind == Node::Kind::null) return;
    if (node.kind != Node::Kind::mapping) {
      reading.note_unread(path);
      return reading.wrong_type(node, path, "settings (key: value)");
    }
    std::vector<std::string_view> known;
    for (const auto& entry : fields_) known.push_back(entry.key);
    std::size_t errors = reading.errors().size();
    reading.check_keys(node, path, known);
    if (reading.errors().size() > errors) reading.note_unread(path);
    for (const auto& entry : fields_) {
      const Node* value = node.find(entry.key);
      if (value == nullptr || value->kind == Node::Kind::null) continue;
      errors = reading.errors().size();
      const std::size_t noted = reading.unread().size();
      const std::string at = join_path(path, entry.key);
      entry.read(into, *value, at, reading);
      // The innermost part that failed is what is lost, not all that it lies in.
      if (reading.errors().size() > errors && reading.unread().size() == noted) reading.note_unread(at);
    }
  }

  nlohmann::json schema() const {
    nlohmann::json properties = nlohmann::json::object();
    for (const auto& entry : fields_) properties[entry.key] = entry.schema;
    return {{"type", "object"}, {"description", doc_}, {"additionalProperties", false}, {"properties", properties}};
  }

 private:
  struct Field {
    std::string key;
    nlohmann::json schema;
    Read read;
  };

  static nlohmann::json nullable(nlohmann::json schema) {
    schema["type"] = {"object", "null"};
    return schema;
  }
  static void check_choice(const std::string& value, const std::vector<std::string>& one_of, const Node& node,
                           const std::string& path, Reading& reading);

  std::string doc_;
  std::vector<Field> fields_;
  std::function<void(T&, const SourceSpan&)> place_;
};

/// Complains when `value` is none of `one_of` (an empty list allows all).
void complain_of_choice(const std::string& value, const std::vector<std::string>& one_of, const Node& node,
                        const std::string& path, Reading& reading);

template <class T>
void Shape<T>::check_choice(const std::string& value, const std::vector<std::string>& one_of, const Node& node,
                            const std::string& path, Reading& reading) {
  complain_of_choice(value, one_of, node, path, reading);
}

}  // namespace drover::codec
