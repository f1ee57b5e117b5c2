#include "localcloud/filter.hpp"

#include "base/text.hpp"

namespace drover::localcloud {
namespace {

/// Takes words, quoted texts and punctuation off the front.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  /// The next token; quoted texts come without quotes (a doubled quote stands for one). "" at the end.
  std::string next() {
    rest_ = trim(rest_);
    if (rest_.empty()) return "";
    if (rest_.front() == '\'') return quoted();
    const auto end = rest_.find_first_of(" ,()'");
    const auto size = end == 0 ? 1 : std::min(end, rest_.size());
    std::string token(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return token;
  }

 private:
  std::string quoted() {
    std::string text;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\'' && !rest_.starts_with('\'')) break;
      if (c == '\'') rest_.remove_prefix(1);
      text += c;
    }
    return text;
  }

  std::string_view rest_;
};

/// After "startswith": "(field,'value')"; after "substringof": "('value',field)".
Condition parse_call(Tokens& tokens, bool value_first) {
  tokens.next();  // (
  std::string first = tokens.next();
  tokens.next();  // ,
  std::string second = tokens.next();
  tokens.next();  // )
  if (value_first) return {second, Condition::Relation::contains, first};
  return {first, Condition::Relation::starts_with, second};
}

}  // namespace

bool Condition::holds(std::string_view actual) const {
  switch (relation) {
    case Relation::equals:
      return equals_ignore_case(actual, value);
    case Relation::differs:
      return !equals_ignore_case(actual, value);
    case Relation::starts_with:
      return starts_with_ignore_case(actual, value);
    case Relation::contains:
      return to_lower(actual).find(to_lower(value)) != std::string::npos;
  }
  return false;
}

std::string Filter::value(std::string_view field) const {
  for (const auto& condition : conditions)
    if (condition.relation == Condition::Relation::equals && equals_ignore_case(condition.field, field))
      return condition.value;
  return "";
}

Filter parse_filter(std::string_view text) {
  Filter filter;
  Tokens tokens(text);
  for (std::string word = tokens.next(); !word.empty(); word = tokens.next()) {
    if (equals_ignore_case(word, "and") || word == "(" || word == ")") continue;
    if (equals_ignore_case(word, "or")) {
      filter.any = true;
    } else if (equals_ignore_case(word, "startswith") || equals_ignore_case(word, "substringof")) {
      filter.conditions.push_back(parse_call(tokens, equals_ignore_case(word, "substringof")));
    } else {
      const bool differs = equals_ignore_case(tokens.next(), "ne");
      filter.conditions.push_back(
          {word, differs ? Condition::Relation::differs : Condition::Relation::equals, tokens.next()});
    }
  }
  return filter;
}

}  // namespace drover::localcloud
