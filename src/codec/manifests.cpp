#include "codec/manifests.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "codec/tree.hpp"

namespace drover::codec {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 11> yes_words = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                                        "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> no_words = {"n",     "N",     "no",  "No",  "NO", "false",
                                                       "False", "FALSE", "off", "Off", "OFF"};

std::optional<json> whole_number(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  const auto begins = [&](std::string_view prefix, int with_base) {
    if (text.size() <= prefix.size() || !starts_with_ignore_case(text, prefix)) return false;
    text.remove_prefix(prefix.size());
    base = with_base;
    return true;
  };
  // A leading zero is octal, as everybody's defaultMode: 0644 rests on (YAML 1.1).
  (void)(begins("0x", 16) || begins("0b", 2) || begins("0o", 8) || begins("0", 8));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!is_negative) return value;
  constexpr std::uint64_t most = std::uint64_t{1} << 63;
  if (value > most) return std::nullopt;
  return static_cast<std::int64_t>(-value);
}

/// [-+]? (.digits | digits (. digits?)?) (e [-+]? digits)?
std::optional<json> fraction(std::string_view text) {
  const bool has_digit =
      std::ranges::any_of(text.substr(0, text.find_first_of("eE")), [](char c) { return c >= '0' && c <= '9'; });
  if (!has_digit || text.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// Types as go-yaml v2 resolves them, which kubectl reads manifests with: YAML 1.1, so that yes and on are booleans.
json scalar(const Node& node) {
  const std::string_view text = node.text;
  if (node.quoted) return node.text;
  if (text == "Null" || text == "NULL") return nullptr;
  if (std::ranges::find(yes_words, text) != yes_words.end()) return true;
  if (std::ranges::find(no_words, text) != no_words.end()) return false;
  const bool is_like_number = !text.empty() && (text.front() == '-' || text.front() == '+' || text.front() == '.' ||
                                                (text.front() >= '0' && text.front() <= '9'));
  if (!is_like_number) return node.text;
  const std::string plain = replace_all(node.text, "_", "");
  if (auto number = whole_number(plain)) return *number;
  if (auto number = fraction(plain)) return *number;
  return node.text;
}

json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      return scalar(node);
    case Node::Kind::sequence: {
      json list = json::array();
      for (const auto& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::mapping: {
      json object = json::object();
      for (const auto& field : node.fields) object[field.key.text] = to_json(field.value);
      return object;
    }
  }
  return nullptr;
}

class ManifestReader {
 public:
  explicit ManifestReader(std::shared_ptr<const std::string> file) : file_(std::move(file)) {}

  void read(const Node& node);
  std::vector<Manifest> manifests;
  std::vector<Error> errors;

 private:
  SourceSpan span(const Node& node) const { return {file_, node.line, node.column}; }
  void complain(const Node& node, std::string message, std::string hint) {
    errors.push_back(
        {.code = Code::invalid_input, .message = std::move(message), .hint = std::move(hint), .where = span(node)});
  }
  /// Of metadata: a name that can stand in an address, and a namespace if there is one.
  void check_names(const Node& metadata);
  /// A member that must be text; "" after a complaint.
  std::string text_of(const Node& object, const std::string& path, const std::string& key, const std::string& hint);

  std::shared_ptr<const std::string> file_;
};

std::string ManifestReader::text_of(const Node& object, const std::string& path, const std::string& key,
                                    const std::string& hint) {
  const Node* value = object.find(key);
  if (value == nullptr || value->kind == Node::Kind::null) {
    complain(object, path + key + ": missing", hint);
    return "";
  }
  if (value->kind != Node::Kind::scalar || value->text.empty() || !scalar(*value).is_string()) {
    complain(*value, path + key + ": not a text", "put it in quotes");
    return "";
  }
  return value->text;
}

void ManifestReader::check_names(const Node& metadata) {
  const std::string name = text_of(metadata, "metadata.", "name", "every object has one");
  if (name.find_first_of("/% \t\n") != std::string::npos || name == "." || name == "..")
    complain(*metadata.find("name"), "metadata.name: \"" + printable(name) + "\" is no name of an object",
             "lower-case letters, digits, '-' and '.'");
  if (metadata.find("namespace") == nullptr) return;
  const std::string space = text_of(metadata, "metadata.", "namespace", "leave it out for default");
  if (space.find_first_of("/% \t\n") != std::string::npos)
    complain(*metadata.find("namespace"), "metadata.namespace: \"" + printable(space) + "\" is no name of a namespace",
             "lower-case letters, digits and '-'");
}

void ManifestReader::read(const Node& node) {
  if (node.kind == Node::Kind::null) return;  // what stands between two "---"
  if (node.kind != Node::Kind::mapping)
    return complain(node, "no Kubernetes object", "an object begins with apiVersion, kind and metadata");
  const std::size_t before = errors.size();
  const std::string api_version = text_of(node, "", "apiVersion", "such as v1, or apps/v1");
  const std::string kind = text_of(node, "", "kind", "such as ConfigMap");
  if (api_version.find_first_of("% \t\n") != std::string::npos)
    complain(*node.find("apiVersion"), "apiVersion: \"" + printable(api_version) + "\" is none", "such as apps/v1");
  if (kind.find_first_of("./% \t\n") != std::string::npos)
    complain(*node.find("kind"), "kind: \"" + printable(kind) + "\" is none", "such as Deployment");
  const Node* items = node.find("items");
  if (kind.ends_with("List") && items != nullptr && items->kind == Node::Kind::sequence) {
    for (const auto& item : items->items) read(item);
    return;
  }
  if (api_version.starts_with("kustomize.config.k8s.io/"))
    return complain(node, "a kustomization, not an object", "run kubectl kustomize, and name the file that it makes");
  const Node* metadata = node.find("metadata");
  if (metadata == nullptr || metadata->kind != Node::Kind::mapping) {
    complain(metadata == nullptr ? node : *metadata, "metadata: missing", "at least metadata: {name: NAME}");
  } else {
    if (metadata->find("generateName") != nullptr && metadata->find("name") == nullptr)
      complain(*metadata, "metadata.generateName: it would be made anew by each apply", "give it a name");
    else
      check_names(*metadata);
    for (const char* field : {"managedFields", "resourceVersion", "uid"})
      if (const Node* kept = metadata->find(field))
        complain(*kept, std::string("metadata.") + field + ": the cluster's own record, not a wish",
                 "leave it out; kubectl get -o yaml shows it");
  }
  if (errors.size() == before) manifests.push_back({to_json(node), span(node)});
}

}  // namespace

std::expected<std::vector<Manifest>, std::vector<Error>> parse_manifests(
    std::string_view text, const std::shared_ptr<const std::string>& file) {
  auto documents = parse_yaml_documents(text, file);
  if (!documents) return std::unexpected(std::vector{std::move(documents.error())});
  ManifestReader reader(file);
  for (const auto& document : *documents) reader.read(document);
  if (!reader.errors.empty()) return std::unexpected(std::move(reader.errors));
  return std::move(reader.manifests);
}

}  // namespace drover::codec
