#include "forecast/table.hpp"

#include <algorithm>
#include <cmath>

namespace drover::forecast {

const std::vector<double>* Table::find(std::string_view name) const {
  const auto it = std::ranges::find(columns, name, &Column::name);
  return it == columns.end() ? nullptr : &it->values;
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> out;
  out.reserve(columns.size());
  for (const auto& column : columns) out.push_back(column.name);
  return out;
}

Table Table::first_rows(std::size_t count) const {
  Table out{.start = start, .step = step};
  for (const auto& column : columns) {
    const auto end = column.values.begin() + static_cast<std::ptrdiff_t>(std::min(count, column.values.size()));
    out.columns.push_back({column.name, std::vector<double>(column.values.begin(), end)});
  }
  return out;
}

Status check_table(const Table& table) {
  if (table.columns.empty()) return fail(Code::invalid_input, "the load table has no columns");
  if (table.step <= Duration{0}) return fail(Code::invalid_input, "the step of the load table must be above zero");
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    if (column.values.size() != table.rows())
      return fail(Code::invalid_input, "column " + column.name + " has " + std::to_string(column.values.size()) +
                                           " rows, the first column has " + std::to_string(table.rows()));
    for (std::size_t j = 0; j < i; ++j)
      if (table.columns[j].name == column.name)
        return fail(Code::invalid_input, "two columns are named " + column.name);
    const auto bad = std::ranges::find_if(column.values, [](double value) { return !std::isfinite(value); });
    if (bad != column.values.end())
      return fail(Code::invalid_input, "column " + column.name + ", row " +
                                           std::to_string(bad - column.values.begin()) + " is not a finite number");
  }
  return {};
}

}  // namespace drover::forecast
