// What load was: numbers at a regular step, alone (Series) or as named columns of one time axis (Table). Reading them
// from logs is codec's business, learning from them that of the files beside this one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace drover::forecast {

inline constexpr Duration one_day = std::chrono::hours{24};

/// values[i] holds for [start + i * step, start + (i + 1) * step).
struct Series {
  Instant start{};
  Duration step = one_day;
  std::vector<double> values;
};

struct Column {
  std::string name;
  std::vector<double> values;
};

/// Columns of equal length over one regular time axis; the oldest row comes first.
struct Table {
  std::optional<Instant> start = {};  ///< begin of row 0; nullopt when the source had no dates (the workshop's table)
  Duration step = one_day;
  std::vector<Column> columns = {};

  std::size_t rows() const { return columns.empty() ? 0 : columns.front().values.size(); }
  /// nullptr when there is no column of that name.
  const std::vector<double>* find(std::string_view name) const;
  std::vector<std::string> names() const;
  /// The same columns, only rows [0, count).
  Table first_rows(std::size_t count) const;
};

/// invalid_input unless all columns have the same length, distinct names and finite values.
Status check_table(const Table& table);

}  // namespace drover::forecast
