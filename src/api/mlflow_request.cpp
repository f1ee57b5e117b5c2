#include "api/mlflow_request.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "control/tracking_rules.hpp"
#include "protocol/http/message.hpp"

namespace drover::api {
namespace {

using control::invalid_value;
using control::missing_value;
using nlohmann::json;

constexpr std::array<std::string_view, 3> bare_words = {"-Infinity", "Infinity", "NaN"};
constexpr std::array views = {"", "ACTIVE_ONLY", "DELETED_ONLY", "ALL"};  // by their numbers
constexpr std::array statuses = {"", "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"};

/// One of Python's words that is read as a value: what it says.
std::optional<json> bare_word(const json& value) {
  if (!value.is_object() || value.size() != 1 || !value.contains("")) return std::nullopt;
  return value.at("");
}

Result<json> read(const std::string& path, FieldKind kind, const json& value);

Error wrong(const std::string& path, const json& value, const char* wanted) {
  const auto word = bare_word(value);
  return invalid_value(path, word ? *word : value, std::string("It must be ") + wanted + ".");
}

Result<json> read_text(const std::string& path, const json& value) {
  if (!value.is_string()) return std::unexpected(wrong(path, value, "a text"));
  return value;
}

Result<json> read_id(const std::string& path, const json& value) {
  if (value.is_string()) return value;
  if (!value.is_number_integer()) return std::unexpected(wrong(path, value, "a text"));
  return json(value.dump());
}

Result<json> read_number(const std::string& path, const json& value) {
  const auto word = bare_word(value);
  return control::read_real(path, word ? *word : value);
}

Result<json> read_whole_number(const std::string& path, const json& value) {
  DROVER_TRY(number, control::read_whole(path, value));
  return json(number);
}

/// A name, or the number of one, also in text; the name.
template <std::size_t Size>
Result<json> read_name(const std::string& path, const json& value, const std::array<const char*, Size>& names,
                       const char* wanted) {
  if (value.is_string())
    for (const std::string_view name : names)
      if (!name.empty() && value.get_ref<const std::string&>() == name) return json(name);
  if (const auto number = control::read_whole(path, value);
      number && *number > 0 && static_cast<std::size_t>(*number) < names.size())
    return json(names[static_cast<std::size_t>(*number)]);
  return std::unexpected(wrong(path, value, wanted));
}

template <class Read>
Result<json> read_list(const std::string& path, const json& value, Read read_item) {
  if (!value.is_array()) return std::unexpected(wrong(path, value, "a list"));
  json list = json::array();
  for (std::size_t i = 0; i < value.size(); ++i) {
    DROVER_TRY(item, read_item(indexed(path, i), value[i]));
    list.push_back(std::move(item));
  }
  return list;
}

/// The fields that an object gives. `within` is "", or where it stands, with a dot.
Result<json> read_fields(const std::string& within, const json& value, std::span<const Field> fields) {
  json made = json::object();
  for (const auto& field : fields) {
    const std::string path = within + std::string(field.name);
    const auto it = value.find(field.name);
    const bool is_given = it != value.end() && !it->is_null();
    if (field.is_required && (!is_given || *it == "")) return std::unexpected(missing_value(path));
    if (!is_given) continue;
    DROVER_TRY(read_value, read(path, field.kind, *it));
    made[std::string(field.name)] = std::move(read_value);
  }
  return made;
}

Result<json> read_object(const std::string& path, const json& value, std::span<const Field> fields) {
  if (!value.is_object()) return std::unexpected(wrong(path, value, "an object"));
  return read_fields(path + ".", value, fields);
}

constexpr std::array pair_fields = {Field{"key", FieldKind::text, true}, Field{"value", FieldKind::text}};
constexpr std::array metric_fields = {Field{"key", FieldKind::text, true}, Field{"value", FieldKind::real, true},
                                      Field{"timestamp", FieldKind::whole, true}, Field{"step", FieldKind::whole}};
constexpr std::array dataset_fields = {Field{"name", FieldKind::text, true},
                                       Field{"digest", FieldKind::text, true},
                                       Field{"source_type", FieldKind::text, true},
                                       Field{"source", FieldKind::text, true},
                                       Field{"schema", FieldKind::text},
                                       Field{"profile", FieldKind::text}};

/// Characters that MLflow's store has for the fields of a dataset.
Status check_dataset(const std::string& path, const json& dataset) {
  constexpr std::array<std::pair<const char*, std::size_t>, 5> limits = {
      {{"name", 500}, {"digest", 36}, {"source", 65535}, {"schema", 1048575}, {"profile", 16777215}}};
  for (const auto& [name, max] : limits)
    DROVER_CHECK(control::check_length(path + "." + name, dataset.value(name, ""), max));
  return {};
}

Result<json> read_dataset(const std::string& path, const json& value) {
  constexpr std::array fields = {Field{"tags", FieldKind::pairs}};
  DROVER_TRY(made, read_object(path, value, fields));
  const auto dataset = value.find("dataset");
  if (dataset == value.end() || dataset->is_null()) return std::unexpected(missing_value(path + ".dataset"));
  DROVER_TRY(inner, read_object(path + ".dataset", *dataset, dataset_fields));
  DROVER_CHECK(check_dataset(path + ".dataset", inner));
  made["dataset"] = std::move(inner);
  return made;
}

Result<json> read_nothing(const std::string& path, const json& value) {
  if (value.is_array() && value.empty()) return value;
  return fail(Code::invalid_input, "Drover keeps no '" + path + "' of MLflow", "leave them out");
}

template <std::size_t Size>
auto objects_of(const std::array<Field, Size>& fields) {
  return [&fields](const std::string& path, const json& value) { return read_object(path, value, fields); };
}

Result<json> read(const std::string& path, FieldKind kind, const json& value) {
  switch (kind) {
    case FieldKind::text:
      return read_text(path, value);
    case FieldKind::id:
      return read_id(path, value);
    case FieldKind::whole:
      return read_whole_number(path, value);
    case FieldKind::real:
      return read_number(path, value);
    case FieldKind::texts:
      return read_list(path, value, read_text);
    case FieldKind::ids:
      return read_list(path, value, read_id);
    case FieldKind::pairs:
      return read_list(path, value, objects_of(pair_fields));
    case FieldKind::metrics:
      return read_list(path, value, objects_of(metric_fields));
    case FieldKind::datasets:
      return read_list(path, value, read_dataset);
    case FieldKind::view:
      return read_name(path, value, views, "one of ACTIVE_ONLY, DELETED_ONLY and ALL");
    case FieldKind::status:
      return read_name(path, value, statuses, "one of RUNNING, SCHEDULED, FINISHED, FAILED and KILLED");
    case FieldKind::none:
      break;
  }
  return read_nothing(path, value);
}

bool is_list(FieldKind kind) { return kind == FieldKind::texts || kind == FieldKind::ids; }

/// The first value of a name counts, as Flask has it; of lists, all.
Result<json> from_query(std::string_view query, std::span<const Field> fields) {
  json made = json::object();
  for (const auto& [name, value] : http::parse_query(query)) {
    if (!control::count_characters(value)) return fail(Code::invalid_input, "The query is not UTF-8");
    const auto field = std::ranges::find(fields, std::string_view(name), &Field::name);
    if (field != fields.end() && is_list(field->kind))
      made[name].push_back(value);
    else if (!made.contains(name))
      made[name] = value;
  }
  return made;
}

Result<json> from_body(std::string_view body) {
  if (trim(body).empty()) return json::object();
  json made = parse_python_json(body);
  if (made.is_string()) made = parse_python_json(made.get<std::string>());
  if (made.is_null()) return json::object();
  if (!made.is_object()) return fail(Code::invalid_input, "The request's body is not a JSON object.");
  return made;
}

/// Python's word at the beginning of the text; "" for none.
std::string_view bare_word_at(std::string_view text) {
  for (const auto word : bare_words)
    if (text.starts_with(word)) return word;
  return "";
}

/// The end of the JSON string whose quotation mark is at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

}  // namespace

json parse_python_json(std::string_view text) {
  if (json made = parse_json(text); !made.is_discarded()) return made;
  std::string quoted;
  for (std::size_t at = 0; at < text.size();) {
    if (const auto word = bare_word_at(text.substr(at)); !word.empty()) {
      quoted.append("{\"\":\"").append(word).append("\"}");
      at += word.size();
      continue;
    }
    const std::size_t end = text[at] == '"' ? string_end(text, at) : at + 1;
    quoted += text.substr(at, end - at);
    at = end;
  }
  return parse_json(quoted);
}

Result<json> read_mlflow(const http::Request& request, std::span<const Field> fields) {
  const auto url = http::parse_url(request.url);
  const bool is_query = request.method == "GET" && url && !url->query.empty();
  DROVER_TRY(asked, is_query ? from_query(url->query, fields) : from_body(request.body));
  if (asked.contains("run_uuid") && (!asked.contains("run_id") || asked["run_id"].is_null()))
    asked["run_id"] = asked["run_uuid"];
  auto made = read_fields("", asked, fields);
  if (!made && made.error().code == Code::invalid_input)
    made.error().message += " See the API docs for more information about request parameters.";
  return made;
}

}  // namespace drover::api
