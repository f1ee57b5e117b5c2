#include "localcloud/kubernetes/selectors.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace drover::localcloud::kubernetes {
namespace {

/// Pieces between commas that are not within parentheses.
std::vector<std::string_view> split_requirements(std::string_view text) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
    pieces.push_back(trim(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return pieces;
}

bool is_key(std::string_view key) {
  return !key.empty() && key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") ==
                             std::string_view::npos;
}

std::unexpected<Error> unreadable(std::string_view piece) {
  return fail(Code::invalid_input, "unable to parse requirement: \"" + std::string(piece) + "\"");
}

Result<Requirement> make(std::string_view key, Operator op, std::vector<std::string> values, std::string_view piece) {
  if (!is_key(trim(key))) return unreadable(piece);
  return Requirement{std::string(trim(key)), op, std::move(values)};
}

/// "key in (a, b)" and "key notin (a)".
Result<Requirement> parse_set(std::string_view piece, std::size_t open) {
  std::string_view head = trim(piece.substr(0, open));
  if (!piece.ends_with(')')) return unreadable(piece);
  Operator op = Operator::in;
  if (head.ends_with(" notin")) {
    op = Operator::not_in;
    head.remove_suffix(6);
  } else if (head.ends_with(" in")) {
    head.remove_suffix(3);
  } else {
    return unreadable(piece);
  }
  std::vector<std::string> values;
  for (const auto value : split(piece.substr(open + 1, piece.size() - open - 2), ',')) values.emplace_back(trim(value));
  return make(head, op, std::move(values), piece);
}

Result<Requirement> parse_requirement(std::string_view piece) {
  if (const auto open = piece.find('('); open != std::string_view::npos) return parse_set(piece, open);
  if (piece.starts_with('!')) return make(piece.substr(1), Operator::absent, {}, piece);
  const std::size_t at = piece.find_first_of("=!<>");
  if (at == std::string_view::npos) return make(piece, Operator::exists, {}, piece);
  const std::string_view key = piece.substr(0, at);
  std::string_view rest = piece.substr(at);
  Operator op = Operator::in;
  if (rest.starts_with("!=")) op = Operator::not_in;
  if (rest.starts_with('!') && op == Operator::in) return unreadable(piece);
  if (rest[0] == '<') op = Operator::less;
  if (rest[0] == '>') op = Operator::greater;
  rest.remove_prefix(rest.starts_with("==") || rest.starts_with("!=") ? 2 : 1);
  return make(key, op, {std::string(trim(rest))}, piece);
}

bool holds(const Requirement& requirement, const Json& labels) {
  const Json* label = member(labels, requirement.key);
  const std::string value = label != nullptr && label->is_string() ? label->get<std::string>() : "";
  const auto number = [](const std::string& text) {
    long long parsed = 0;
    std::from_chars(text.data(), text.data() + text.size(), parsed);
    return parsed;
  };
  const auto& values = requirement.values;
  const bool is_one = std::ranges::find(values, value) != values.end();
  switch (requirement.op) {
    case Operator::in:
      return label != nullptr && is_one;
    case Operator::not_in:
      return label == nullptr || !is_one;
    case Operator::exists:
      return label != nullptr;
    case Operator::absent:
      return label == nullptr;
    case Operator::greater:
      return label != nullptr && !values.empty() && number(value) > number(values.front());
    case Operator::less:
      return label != nullptr && !values.empty() && number(value) < number(values.front());
  }
  return false;
}

std::string field_text(const Json& object, std::string_view path) {
  const Json* value = &object;
  for (const auto part : split(path, '.')) {
    value = member(*value, part);
    if (value == nullptr) return "";
  }
  return value->is_string() ? value->get<std::string>() : dump(*value);
}

}  // namespace

Result<Selector> parse_label_selector(std::string_view text) {
  Selector selector;
  if (trim(text).empty()) return selector;
  for (const auto piece : split_requirements(text)) {
    if (piece.empty()) return unreadable(text);
    DROVER_TRY(requirement, parse_requirement(piece));
    selector.push_back(std::move(requirement));
  }
  return selector;
}

Selector requirements_of(const Json* expressions) {
  Selector selector;
  if (expressions == nullptr || !expressions->is_array()) return selector;
  for (const auto& expression : *expressions) {
    const std::string op = text_at(expression, {"operator"});
    Requirement made{.key = text_at(expression, {"key"})};
    made.op = op == "NotIn"          ? Operator::not_in
              : op == "Exists"       ? Operator::exists
              : op == "DoesNotExist" ? Operator::absent
              : op == "Gt"           ? Operator::greater
              : op == "Lt"           ? Operator::less
                                     : Operator::in;
    if (const Json* values = member(expression, "values"); values != nullptr && values->is_array())
      for (const auto& value : *values)
        if (value.is_string()) made.values.push_back(value.get<std::string>());
    selector.push_back(std::move(made));
  }
  return selector;
}

std::optional<Selector> selector_of(const Json* value) {
  if (value == nullptr) return std::nullopt;
  Selector selector = requirements_of(member(*value, "matchExpressions"));
  if (const Json* labels = member(*value, "matchLabels"); labels != nullptr && labels->is_object())
    for (const auto& [key, wanted] : labels->items())
      if (wanted.is_string()) selector.push_back({key, Operator::in, {wanted.get<std::string>()}});
  return selector;
}

bool matches(const Selector& selector, const Json& labels) {
  return std::ranges::all_of(selector, [&](const Requirement& requirement) { return holds(requirement, labels); });
}

const Json& labels_of(const Json& object) {
  static const Json none = Json::object();
  const Json* labels = at(object, {"metadata", "labels"});
  return labels == nullptr ? none : *labels;
}

std::string format_selector(const Json* value) {
  if (value == nullptr) return "<none>";
  std::vector<std::string> parts;
  if (const Json* labels = member(*value, "matchLabels"); labels != nullptr && labels->is_object())
    for (const auto& [key, wanted] : labels->items())
      parts.push_back(key + "=" + (wanted.is_string() ? wanted.get<std::string>() : ""));
  std::ranges::sort(parts);
  for (const auto& requirement : requirements_of(member(*value, "matchExpressions"))) {
    const std::string values = "(" + join(requirement.values, ",") + ")";
    parts.push_back(requirement.op == Operator::exists   ? requirement.key
                    : requirement.op == Operator::absent ? "!" + requirement.key
                    : requirement.op == Operator::not_in ? requirement.key + " notin " + values
                                                         : requirement.key + " in " + values);
  }
  return parts.empty() ? "<none>" : join(parts, ",");
}

Result<FieldSelector> parse_field_selector(std::string_view text) {
  FieldSelector selector;
  if (trim(text).empty()) return selector;
  for (const auto raw : split(text, ',')) {
    const auto piece = trim(raw);
    const auto at = piece.find_first_of("=!");
    if (at == std::string_view::npos || at == 0)
      return fail(Code::invalid_input,
                  "invalid selector: '" + std::string(piece) + "'; can't understand '" + std::string(piece) + "'");
    const std::string_view rest = piece.substr(at);
    const bool equals = !rest.starts_with('!');
    const std::size_t width = rest.starts_with("==") || rest.starts_with("!=") ? 2 : 1;
    selector.push_back({std::string(piece.substr(0, at)), std::string(rest.substr(width)), equals});
  }
  return selector;
}

bool matches(const FieldSelector& selector, const Json& object) {
  return std::ranges::all_of(selector, [&](const FieldRequirement& wanted) {
    return (field_text(object, wanted.path) == wanted.value) == wanted.equals;
  });
}

}  // namespace drover::localcloud::kubernetes
