#include <nlohmann/json.hpp>

#include "base/money.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "kinds/kinds.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

Tone tone_of(const std::string& state) {
  if (state == "ready") return Tone::good;
  return state == "busy" ? Tone::attention : Tone::bad;
}

std::string title_of(const json& row) {
  const auto kind = parse_kind(row.value("kind", ""));
  return kind ? kind_title(*kind) : row.value("kind", "");
}

std::string drift_of(const json& row) {
  std::string text;
  for (const auto& entry : row.value("drift", json::array()))
    text += (text.empty() ? "" : ", ") + entry.value("field", "") + " is " + entry.value("is", "") + ", wanted " +
            entry.value("wanted", "");
  return text;
}

int print_history(const Context& context) {
  auto answer = call(context, "GET", "/v1/history", {});
  if (!answer) return answer.error();
  if (context.typed.json) {
    context.terminal.out(answer->dump(2) + "\n");
    return Exit::done;
  }
  for (const auto& line : (*answer)["history"])
    context.terminal.out(line.value("at", "").substr(0, 19) + "Z  " + std::string(trim(line.value("text", ""))) + "\n");
  return Exit::done;
}

std::expected<json, int> fetch(const Context& context) {
  auto estate = estate_request(context);
  if (!estate) return std::unexpected(complain(context, std::move(estate.error())));
  return call(context, "POST", "/v1/status", {{"estate", *estate}, {"cloud", context.typed.cloud}});
}

/// The row that NAME means: a key, a whole name, or the end of one ("nodepool1") where that is unique.
int pick(const Context& context, const json& rows, const json*& found) {
  const std::string& wanted = context.typed.name;
  std::vector<std::string> exact, ending;
  std::vector<std::string_view> names;
  for (const auto& row : rows) {
    const auto& name = row["name"].get_ref<const std::string&>();
    const auto& key = row["key"].get_ref<const std::string&>();
    names.push_back(name);
    const bool is_exact = equals_ignore_case(name, wanted) || equals_ignore_case(key, wanted);
    if (is_exact)
      exact.push_back(key);
    else if (to_lower(name).ends_with("/" + to_lower(wanted)))
      ending.push_back(key);
  }
  const auto& chosen = exact.empty() ? ending : exact;
  if (chosen.size() == 1) {
    for (const auto& row : rows)
      if (row["key"] == chosen.front()) found = &row;
    return Exit::done;
  }
  Error error{.code = Code::invalid_input, .message = "there is no resource called " + wanted};
  if (chosen.size() > 1) {
    error.message = wanted + " could be " + join(chosen, " or ");
    error.hint = "say it with its kind";
  } else {
    const auto near = nearest(wanted, names);
    error.hint = near.empty() ? "drover status names them" : "did you mean " + std::string(near) + "?";
  }
  context.terminal.err(error_line(context, error));
  return Exit::bad_input;
}

/// The key of a row, with its name as the estate spells it.
std::string label_of(const json& rows, const std::string& key) {
  for (const auto& row : rows)
    if (row.value("key", "") == key) return row.value("kind", "") + "/" + row.value("name", "");
  return key;
}

/// How a field of the answer reads, whatever its type.
std::string text_of(const json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

int status(const Context& context) {
  if (context.typed.history) return print_history(context);
  auto answer = fetch(context);
  if (!answer) return answer.error();
  if (context.typed.json) {
    context.terminal.out(answer->dump(2) + "\n");
    return Exit::done;
  }
  const json& rows = (*answer)["resources"];
  Money cost;
  std::size_t ready = 0;
  std::string text;
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.value("name", "").size() + 2);
  for (const auto& row : rows) {
    const std::string state = row.value("state", "");
    ready += state == "ready";
    cost += Money::usd(row.value("usd_per_hour", 0.0));
    const json outputs = row.value("outputs", json::object());
    std::string note = drift_of(row);
    if (outputs.contains("nodes"))
      note = text_of(outputs["nodes"]) + (outputs["nodes"] == "1" ? " node" : " nodes") + (note.empty() ? "" : "; ") +
             note;
    std::string line = "  " + padded(title_of(row), 18) + padded(row.value("name", ""), width) +
                       toned(context, tone_of(state), padded(state, 9)) +
                       padded(row.value("origin", "") == "adopted" ? "adopted" : "", 9) + note;
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  Money unmanaged;
  for (const auto& one : (*answer)["unmanaged"]) {
    const Money price = Money::usd(one.value("usd_per_hour", 0.0));
    unmanaged += price;
    text += "  " + one.value("name", "") + ": not made by Drover" +
            (price.micro_usd != 0 ? ", " + format_money(price) + "/h" : "") + "\n";
  }
  context.terminal.out(
      "Estate " + toned(context, Tone::strong, answer->value("estate", "")) + " on " +
      (answer->value("cloud", "") == "local" ? "the local cloud" : "Azure") + " at " +
      answer->value("at", "").substr(0, 19) + "Z" +
      (answer->value("clock", "").empty() ? "" : " (" + answer->value("clock", "") + ")") + ": " +
      std::to_string(ready) + " of " + std::to_string(rows.size()) + " ready, " + format_money(cost) + "/h" +
      (unmanaged.micro_usd != 0 ? ", and " + format_money(unmanaged) + "/h not made by Drover" : "") + "\n\n" + text);
  return Exit::done;
}

int show(const Context& context) {
  auto answer = fetch(context);
  if (!answer) return answer.error();
  const json& rows = (*answer)["resources"];
  const json* found = nullptr;
  if (const int code = pick(context, rows, found); code != Exit::done) return code;
  if (context.typed.json) {
    context.terminal.out(found->dump(2) + "\n");
    return Exit::done;
  }
  const json& row = *found;
  std::string text = title_of(row) + " " + toned(context, Tone::strong, row.value("name", "")) + "\n";
  const auto add = [&](const std::string& label, const std::string& value) {
    if (!value.empty()) text += "  " + padded(label, 16) + value + "\n";
  };
  add("state", row.value("state", "") +
                   (row.value("service_state", "").empty() ? "" : " (" + row.value("service_state", "") + ")"));
  add("origin", row.value("origin", ""));
  add("account", row.value("account", ""));
  add("id", row.value("id", ""));
  json fields = row.value("observed", json::object());
  fields.update(row.value("outputs", json::object()));
  for (const auto& [field, value] : fields.items()) add(field, text_of(value));
  add("cost", format_money(Money::usd(row.value("usd_per_hour", 0.0))) + "/h");
  add("drift", drift_of(row));
  for (const auto& need : row.value("needs", json::array())) add("needs", label_of(rows, need.get<std::string>()));
  context.terminal.out(text);
  return Exit::done;
}

}  // namespace drover::cli
