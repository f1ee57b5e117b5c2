#include "codec/model_json.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"

namespace drover::codec {
namespace {

using forecast::Equation;
using forecast::Model;
using forecast::Scale;
using forecast::Term;
using Json = nlohmann::ordered_json;

// No sensible model has more; a stored one that claims so is damaged.
constexpr std::size_t equations_max = 64;
constexpr std::size_t terms_max = 4096;
constexpr std::size_t window_rows_max = 1'000'000;

constexpr std::array<std::pair<Scale, const char*>, 2> scale_names = {
    {{Scale::raw, "raw"}, {Scale::logarithmic, "log"}}};
constexpr std::array<std::pair<Term::Kind, const char*>, 3> kind_names = {
    {{Term::Kind::same_row, "same_row"}, {Term::Kind::lag, "lag"}, {Term::Kind::mean, "mean"}}};

template <class Names, class Value>
const char* name_of(const Names& names, Value value) {
  for (const auto& [known, name] : names)
    if (known == value) return name;
  return "";
}

Json equation_json(const Equation& equation) {
  Json terms = Json::array();
  for (std::size_t i = 0; i < equation.terms.size(); ++i) {
    const Term& term = equation.terms[i];
    terms.push_back({{"column", term.column},
                     {"kind", name_of(kind_names, term.kind)},
                     {"rows", term.rows},
                     {"scale", name_of(scale_names, term.scale)},
                     {"coefficient", equation.fit.coefficients.at(i)}});
  }
  return {{"target", equation.target},
          {"scale", name_of(scale_names, equation.scale)},
          {"intercept", equation.fit.intercept},
          {"terms", std::move(terms)}};
}

/// Reads fields of one object and remembers the first thing that was wrong; values read after that do not matter.
class Reader {
 public:
  Reader(const Json& json, std::string path, std::string& problem)
      : json_(json), path_(std::move(path)), problem_(problem) {
    if (!json_.is_object()) complain(path_, "an object");
  }

  std::string text(const char* name) {
    const Json* value = field(name);
    if (value && value->is_string()) return value->get<std::string>();
    complain(path_ + "." + name, "a text");
    return {};
  }
  double number(const char* name) {
    const Json* value = field(name);
    if (value && value->is_number() && std::isfinite(value->get<double>())) return value->get<double>();
    complain(path_ + "." + name, "a number");
    return 0;
  }
  std::size_t count(const char* name, std::size_t max) {
    const Json* value = field(name);
    if (value && value->is_number_unsigned() && value->get<std::uint64_t>() <= max) return value->get<std::size_t>();
    complain(path_ + "." + name, "a whole number up to " + std::to_string(max));
    return 0;
  }
  template <class Names>
  auto choice(const char* name, const Names& names) {
    const std::string word = text(name);
    std::string known;
    for (const auto& [value, text] : names) {
      if (word == text) return value;
      known += (known.empty() ? "" : " or ") + std::string(text);
    }
    complain(path_ + "." + name, known);
    return names.front().first;
  }
  /// Calls `read` with a reader for each element of an array of objects.
  template <class Read>
  void each(const char* name, std::size_t max, Read read) {
    const Json* value = field(name);
    if (!value || !value->is_array() || value->size() > max)
      return complain(path_ + "." + name, "a list of at most " + std::to_string(max));
    for (std::size_t i = 0; i < value->size() && problem_.empty(); ++i) {
      Reader reader((*value)[i], path_ + "." + name + "[" + std::to_string(i) + "]", problem_);
      read(reader);
    }
  }
  bool has(const char* name) const { return field(name) != nullptr; }
  Reader object(const char* name) {
    static const Json nothing;
    const Json* value = field(name);
    return Reader(value ? *value : nothing, path_ + "." + name, problem_);
  }
  void complain(const std::string& path, const std::string& wanted) {
    if (problem_.empty()) problem_ = path + " must be " + wanted;
  }

 private:
  const Json* field(const char* name) const {
    if (!json_.is_object()) return nullptr;
    const auto it = json_.find(name);
    return it == json_.end() ? nullptr : &*it;
  }

  const Json& json_;
  std::string path_;
  std::string& problem_;
};

Equation read_equation(Reader& reader) {
  Equation equation{
      .target = reader.text("target"), .scale = reader.choice("scale", scale_names), .terms = {}, .fit = {}};
  equation.fit.intercept = reader.number("intercept");
  reader.each("terms", terms_max, [&](Reader& term) {
    equation.terms.push_back({.column = term.text("column"),
                              .kind = term.choice("kind", kind_names),
                              .rows = term.count("rows", window_rows_max),
                              .scale = term.choice("scale", scale_names)});
    const bool is_past = equation.terms.back().kind != Term::Kind::same_row;
    if (is_past != (equation.terms.back().rows > 0)) term.complain("rows of a term", is_past ? "above 0" : "0");
    equation.fit.coefficients.push_back(term.number("coefficient"));
    equation.fit.names.push_back(format_term(equation.terms.back()));
  });
  return equation;
}

forecast::Metrics read_metrics(Reader reader) {
  return {.r2 = reader.number("r2"),
          .r2_original_order = reader.number("r2_original_order"),
          .mae = reader.number("mae"),
          .naive_mae = reader.number("naive_mae"),
          .held_out_rows = reader.count("held_out_rows", window_rows_max),
          .band_coverage = reader.number("band_coverage")};
}

forecast::Band read_band(Reader reader) {
  return {.level = reader.number("level"),
          .spread_intercept = reader.number("spread_intercept"),
          .spread_slope = reader.number("spread_slope"),
          .spread_min = reader.number("spread_min"),
          .low_factor = reader.number("low_factor"),
          .high_factor = reader.number("high_factor")};
}

Model read_model(Reader& reader) {
  Model model{.kind = reader.text("kind"), .target = reader.text("target")};
  reader.each("equations", equations_max,
              [&](Reader& equation) { model.equations.push_back(read_equation(equation)); });
  if (model.equations.empty() || model.equations.back().target != model.target)
    reader.complain("the last equation", "that of " + model.target);
  if (reader.has("band")) model.band = read_band(reader.object("band"));
  model.metrics = read_metrics(reader.object("metrics"));
  model.trained_rows = reader.count("trained_rows", window_rows_max);
  model.record.data_digest = reader.text("data_digest");
  model.record.code_version = reader.text("code_version");
  if (const auto at = parse_iso(reader.text("trained_at")))
    model.record.trained_at = *at;
  else
    reader.complain("model.trained_at", "a time like 2026-11-21T23:06:36Z");
  return model;
}

}  // namespace

std::string format_model(const Model& model) {
  Json equations = Json::array();
  for (const auto& equation : model.equations) equations.push_back(equation_json(equation));
  const auto& metrics = model.metrics;
  Json json = {{"format", model_format},
               {"kind", model.kind},
               {"target", model.target},
               {"trained_at", format_iso(model.record.trained_at)},
               {"code_version", model.record.code_version},
               {"data_digest", model.record.data_digest},
               {"trained_rows", model.trained_rows},
               {"metrics",
                {{"r2", metrics.r2},
                 {"r2_original_order", metrics.r2_original_order},
                 {"mae", metrics.mae},
                 {"naive_mae", metrics.naive_mae},
                 {"held_out_rows", metrics.held_out_rows},
                 {"band_coverage", metrics.band_coverage}}},
               {"equations", std::move(equations)}};
  if (model.band)
    json["band"] = {{"level", model.band->level},
                    {"spread_intercept", model.band->spread_intercept},
                    {"spread_slope", model.band->spread_slope},
                    {"spread_min", model.band->spread_min},
                    {"low_factor", model.band->low_factor},
                    {"high_factor", model.band->high_factor}};
  // Names come from users' files and may be no UTF-8; such bytes are replaced rather than thrown over.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Model> parse_model(std::string_view text, const std::string& source) {
  const Json json = parse_ordered_json(text);
  if (json.is_discarded()) return fail(Code::corrupt, source + ": this is no JSON, so no model", "train again");
  std::string problem;
  Reader reader(json, "model", problem);
  if (json.is_object() && json.value("format", Json()) != model_format)
    return fail(Code::corrupt, source + ": not a model of format " + std::to_string(model_format),
                "train again, or use the version of drover that wrote it");
  Model model = read_model(reader);
  if (!problem.empty()) return fail(Code::corrupt, source + ": " + problem, "train again");
  return model;
}

}  // namespace drover::codec
