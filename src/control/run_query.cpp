#include "control/run_query.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/number.hpp"
#include "base/text.hpp"

namespace drover::control {
namespace {

using nlohmann::json;
using How = RunComparison::How;
using Of = RunField::Of;

/// What may be asked for of a kind of thing.
struct Vocabulary {
  const char* thing;
  std::vector<std::string_view> texts, numbers;  ///< attributes
  bool is_logged_to = false;                     ///< has metrics and params
};

const Vocabulary& of_runs() {
  static const Vocabulary words = {
      "a run",
      {"run_id", "run_name", "run name", "status", "artifact_uri", "user_id", "experiment_id", "run_uuid"},
      {"start_time", "end_time", "created"},
      true};
  return words;
}

const Vocabulary& of_experiments() {
  static const Vocabulary words = {"an experiment", {"name"}, {"creation_time", "last_update_time", "experiment_id"}};
  return words;
}

bool has(const std::vector<std::string_view>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// Reads one clause after the other.
class Reader {
 public:
  Reader(std::string_view text, const Vocabulary& words) : text_(text), words_(words) {}

  bool at_end() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    return at_ >= text_.size();
  }

  std::unexpected<Error> bad(const std::string& what) const {
    return fail(Code::invalid_input, "\"" + printable(text_) + "\", character " + std::to_string(at_ + 1) + ": " + what,
                words_.is_logged_to ? "such as: metrics.rmse < 0.5 and params.model = 'tree'"
                                    : "such as: name LIKE 'lab%' and tags.team = 'vision'");
  }

  /// A word of letters and underscores, as it stands there; "" for none.
  std::string_view word() {
    if (at_end()) return "";
    const std::size_t from = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }

  bool take(std::string_view literal) {
    if (at_end() || !text_.substr(at_).starts_with(literal)) return false;
    at_ += literal.size();
    return true;
  }

  /// Takes the word if it is the next, in any case.
  bool take_word(std::string_view wanted) {
    const std::size_t from = at_;
    if (lower(word()) == wanted) return true;
    at_ = from;
    return false;
  }

  /// What stands between quotes; nullopt: no quote there, or none that ends it.
  std::optional<std::string> quoted(std::string_view quotes) {
    if (at_end() || quotes.find(text_[at_]) == quotes.npos) return std::nullopt;
    const auto end = text_.find(text_[at_], at_ + 1);
    if (end == text_.npos) return std::nullopt;
    std::string inside(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return inside;
  }

  Result<RunField> field() {
    const std::size_t from = at_;
    const std::string entity = lower(word());
    RunField field;
    if (!take(".")) {
      at_ = from;
      return attribute();
    }
    if (words_.is_logged_to && (entity == "metric" || entity == "metrics"))
      field.of = Of::metric;
    else if (words_.is_logged_to &&
             (entity == "param" || entity == "params" || entity == "parameter" || entity == "parameters"))
      field.of = Of::param;
    else if (entity == "tag" || entity == "tags")
      field.of = Of::tag;
    else if (words_.is_logged_to && (entity == "dataset" || entity == "datasets"))
      return dataset();
    else if (entity == "attribute" || entity == "attributes" || entity == "attr" || entity == "run")
      return attribute();
    else
      return bad(printable(entity) + " is none of " + (words_.is_logged_to ? "metrics, params, datasets, " : "") +
                 "tags and attributes");
    if (auto key = quoted("`\""))
      field.key = std::move(*key);
    else
      field.key = bare_key();
    if (field.key.empty()) return bad("a key belongs here");
    return field;
  }

  Result<How> comparator() {
    // The longer ones first.
    constexpr std::array<std::pair<std::string_view, How>, 7> signs = {{{"!=", How::unequal},
                                                                        {">=", How::at_least},
                                                                        {"<=", How::at_most},
                                                                        {"==", How::equal},
                                                                        {"=", How::equal},
                                                                        {">", How::more},
                                                                        {"<", How::less}}};
    for (const auto& [sign, how] : signs)
      if (take(sign)) return how;
    if (take_word("like")) return How::like;
    if (take_word("ilike")) return How::like_any_case;
    if (take_word("in")) return How::in;
    if (take_word("not")) {
      if (take_word("in")) return How::not_in;
    }
    return bad("a comparison belongs here: = != > >= < <= LIKE ILIKE IN");
  }

  std::optional<double> number() {
    if (at_end()) return std::nullopt;
    double value = 0;
    const char* const from = text_.data() + at_;
    const auto [end, error] = std::from_chars(from, text_.data() + text_.size(), value);
    if (error != std::errc{}) return std::nullopt;
    at_ += static_cast<std::size_t>(end - from);
    return value;
  }

  Result<std::vector<std::string>> list() {
    if (!take("(")) return bad("IN wants a list: ('a', 'b')");
    std::vector<std::string> values;
    do {
      auto value = quoted("'\"");
      if (!value) return bad("a text in quotes belongs here");
      values.push_back(std::move(*value));
    } while (take(","));
    if (!take(")")) return bad("the list does not end");
    return values;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  static bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

  /// Of a metric, a parameter or a tag, without quotes: tags have dots in them.
  std::string bare_key() {
    const std::size_t from = at_;
    while (at_ < text_.size() && (is_word(text_[at_]) || (text_[at_] >= '0' && text_[at_] <= '9') ||
                                  text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '/'))
      ++at_;
    return std::string(text_.substr(from, at_ - from));
  }

  Result<RunField> attribute() {
    auto in_quotes = quoted("`\"");
    std::string key = lower(in_quotes ? *in_quotes : word());
    const bool is_number = has(words_.numbers, key);
    if (!is_number && !has(words_.texts, key))
      return bad(key.empty() ? "something to compare belongs here"
                             : printable(key) + " is no attribute of " + words_.thing);
    if (key == "created") key = "start_time";
    if (key == "run_uuid") key = "run_id";
    if (key == "run name") key = "run_name";
    return RunField{Of::attribute, std::move(key), is_number};
  }

  /// Of the data that a run has read.
  Result<RunField> dataset() {
    std::string key = lower(word());
    if (key == "name" || key == "digest" || key == "context") return RunField{.of = Of::dataset, .key = std::move(key)};
    return bad("a dataset has a name, a digest and a context");
  }

  std::string_view text_;
  const Vocabulary& words_;
  std::size_t at_ = 0;
};

bool is_numeric(const RunField& field) { return field.of == Of::metric || field.is_number; }

Result<RunComparison> read_comparison(Reader& reader) {
  RunComparison made;
  DROVER_TRY(field, reader.field());
  made.field = std::move(field);
  DROVER_TRY(how, reader.comparator());
  made.how = how;
  if (how == How::in || how == How::not_in) {
    if (is_numeric(made.field)) return reader.bad("IN compares texts");
    DROVER_TRY(values, reader.list());
    made.value = std::move(values);
    return made;
  }
  if (is_numeric(made.field)) {
    if (how == How::like || how == How::like_any_case) return reader.bad("LIKE compares texts");
    const auto number = reader.number();
    if (!number) return reader.bad("a number belongs here");
    made.value = *number;
    return made;
  }
  if (how != How::equal && how != How::unequal && how != How::like && how != How::like_any_case)
    return reader.bad("texts are compared by = != LIKE ILIKE IN");
  auto text = reader.quoted("'\"");
  if (!text) return reader.bad("a text in quotes belongs here");
  made.value = std::move(*text);
  return made;
}

const json* find_pair(const json& pairs, const std::string& key) {
  for (const auto& pair : pairs)
    if (pair.at("key") == key) return &pair.at("value");
  return nullptr;
}

/// Its value in a run; null where it has none.
json value_in(const json& run, const RunField& field) {
  if (field.of == Of::attribute) return run.at("info").value(field.key, json());
  const char* const name = field.of == Of::metric ? "metrics" : field.of == Of::param ? "params" : "tags";
  const json* value = find_pair(run.at("data").at(name), field.key);
  return value == nullptr ? json() : *value;
}

/// Also of the three that JSON has no number for, as MLflow writes them.
std::optional<double> number_of(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "NaN") return std::nan("");
  if (value == "Infinity") return HUGE_VAL;
  if (value == "-Infinity") return -HUGE_VAL;
  return std::nullopt;
}

/// SQL's LIKE: % stands for any characters, _ for one. Linear in the text for each %.
bool is_like(std::string_view text, std::string_view pattern) {
  std::size_t at = 0, p = 0, star = pattern.npos, mark = 0;
  while (at < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      mark = at;
    } else if (p < pattern.size() && (pattern[p] == '_' || pattern[p] == text[at])) {
      ++p;
      ++at;
    } else if (star != pattern.npos) {
      p = star + 1;
      at = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

bool compare(double value, How how, double wanted) {
  switch (how) {
    case How::equal:
      return value == wanted;
    case How::unequal:
      return value != wanted;
    case How::less:
      return value < wanted;
    case How::at_most:
      return value <= wanted;
    case How::more:
      return value > wanted;
    default:
      return value >= wanted;
  }
}

bool compare(const std::string& value, How how, const std::string& wanted) {
  if (how == How::equal) return value == wanted;
  if (how == How::unequal) return value != wanted;
  return how == How::like ? is_like(value, wanted) : is_like(lower(value), lower(wanted));
}

/// One of a run's {dataset: {name, digest}, tags}; its context is a tag.
json value_of_input(const json& input, const std::string& key) {
  if (key != "context") return input.at("dataset").value(key, json());
  const json tags = input.value("tags", json::array());
  const json* value = find_pair(tags, "mlflow.data.context");
  return value == nullptr ? json() : *value;
}

bool matches_value(const json& value, const RunComparison& asked) {
  if (const auto* wanted = std::get_if<double>(&asked.value)) {
    const auto number = number_of(value);
    return number && compare(*number, asked.how, *wanted);
  }
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  if (const auto* wanted = std::get_if<std::string>(&asked.value)) return compare(text, asked.how, *wanted);
  const auto& list = std::get<std::vector<std::string>>(asked.value);
  return (std::ranges::find(list, text) != list.end()) == (asked.how == How::in);
}

bool matches(const json& run, const RunComparison& asked) {
  if (asked.field.of != Of::dataset) return matches_value(value_in(run, asked.field), asked);
  const auto inputs = run.find("inputs");
  return inputs != run.end() && std::ranges::any_of(inputs->at("dataset_inputs"), [&](const json& input) {
           return matches_value(value_of_input(input, asked.field.key), asked);
         });
}

/// Whether `a` comes before `b`.
bool precedes(const json& a, const json& b, const RunOrder& order) {
  const json left = value_in(a, order.field), right = value_in(b, order.field);
  if (left.is_null() || right.is_null()) return !left.is_null() && right.is_null();
  if (is_numeric(order.field)) {
    const double x = number_of(left).value_or(std::nan("")), y = number_of(right).value_or(std::nan(""));
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
    return order.ascending ? x < y : y < x;
  }
  return order.ascending ? left < right : right < left;
}

Result<std::vector<RunComparison>> parse_filter(std::string_view text, const Vocabulary& words) {
  Reader reader(text, words);
  std::vector<RunComparison> all;
  while (!reader.at_end()) {
    if (!all.empty() && !reader.take_word("and")) return reader.bad("comparisons are joined by \"and\"");
    DROVER_TRY(comparison, read_comparison(reader));
    all.push_back(std::move(comparison));
  }
  return all;
}

Result<RunOrder> parse_order(std::string_view text, const Vocabulary& words) {
  Reader reader(text, words);
  RunOrder order;
  DROVER_TRY(field, reader.field());
  if (field.of == Of::dataset) return reader.bad("runs are not ordered by what they read, for they may read much");
  order.field = std::move(field);
  if (reader.take_word("desc"))
    order.ascending = false;
  else
    reader.take_word("asc");
  if (!reader.at_end()) return reader.bad("only ASC or DESC comes here");
  return order;
}

}  // namespace

Result<std::vector<RunComparison>> parse_run_filter(std::string_view text) { return parse_filter(text, of_runs()); }
Result<RunOrder> parse_run_order(std::string_view text) { return parse_order(text, of_runs()); }

Result<std::vector<RunComparison>> parse_experiment_filter(std::string_view text) {
  return parse_filter(text, of_experiments());
}
Result<RunOrder> parse_experiment_order(std::string_view text) { return parse_order(text, of_experiments()); }

json experiment_as_run(const json& experiment) {
  json info = experiment;
  info.erase("tags");
  if (const auto number = parse_whole<std::int64_t>(experiment.value("experiment_id", "")))
    info["experiment_id"] = *number;
  for (const char* time : {"creation_time", "last_update_time"})
    if (!info.contains(time)) info[time] = 0;
  return {{"info", info},
          {"data",
           {{"metrics", json::array()}, {"params", json::array()}, {"tags", experiment.value("tags", json::array())}}}};
}

bool matches(const json& run, const std::vector<RunComparison>& filter) {
  return std::ranges::all_of(filter, [&](const RunComparison& asked) { return matches(run, asked); });
}

void sort_runs(std::vector<json>& runs, const std::vector<RunOrder>& order) {
  if (order.empty()) return;
  std::ranges::stable_sort(runs, [&](const json& a, const json& b) {
    for (const auto& each : order) {
      if (precedes(a, b, each)) return true;
      if (precedes(b, a, each)) return false;
    }
    return false;
  });
}

}  // namespace drover::control
