#include "codec/load_log_header.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/text.hpp"

namespace drover::codec {
namespace {

/// Enough lines to tell the separator, and the rows from what is above them.
constexpr std::size_t lines_looked_at = 60;
constexpr std::string_view fields_of_w3c = "#Fields:";
/// The likelier first, of those that divide the lines alike.
constexpr std::array separators = {'\t', ';', ',', '|'};

struct HeadLine {
  std::uint32_t number = 0;
  std::string_view text;
};

struct Head {
  std::vector<HeadLine> lines;     ///< that are no comments
  std::vector<HeadLine> comments;  ///< above the first of those
  std::optional<char> separator;   ///< as "sep=;" says
};

std::optional<char> said_separator(std::string_view line) {
  std::string_view text = trim(line);
  if (text.starts_with('"') && text.ends_with('"') && text.size() > 2) text = text.substr(1, text.size() - 2);
  if (!starts_with_ignore_case(text, "sep=")) return std::nullopt;
  const std::string_view rest = line.substr(line.find('=') + 1);
  return rest.empty() ? std::nullopt : std::optional(rest.front());
}

Head read_head(std::string_view text) {
  Head head;
  LineCursor cursor(text);
  while (head.lines.size() < lines_looked_at && cursor.next()) {
    const std::string_view line = cursor.line();
    const auto separator = head.lines.empty() ? said_separator(line) : std::nullopt;
    if (separator)
      head.separator = separator;
    else if (!is_comment(line))
      head.lines.push_back({cursor.number(), line});
    else if (head.lines.empty())
      head.comments.push_back({cursor.number(), line});
  }
  return head;
}

/// Empty ones at the end make no column.
std::size_t count_fields(std::string_view line, char separator) {
  CsvFields fields;
  if (line.size() > line_bytes_max || !fields.split(line, separator)) return 0;
  std::size_t count = fields.size();
  while (count > 1 && fields[count - 1].empty()) --count;
  return count;
}

/// How often the most frequent number of fields comes, of those above one.
struct Division {
  char separator = ',';
  std::size_t fields = 1, lines = 0;
};

Division divide(const std::vector<HeadLine>& lines, char separator) {
  std::map<std::size_t, std::size_t> counts;
  for (const auto& line : lines) ++counts[count_fields(line.text, separator)];
  Division best{.separator = separator};
  for (const auto& [fields, count] : counts)
    if (fields > 1 && count >= best.lines) best = {separator, fields, count};
  return best;
}

Division best_division(const Head& head) {
  if (head.separator) return divide(head.lines, *head.separator);
  Division best;
  for (const char separator : separators)
    if (const Division division = divide(head.lines, separator); division.lines > best.lines) best = division;
  return best;
}

std::vector<std::string> names_in(std::string_view line, char separator) {
  CsvFields fields;
  std::vector<std::string> names;
  if (!fields.split(line, separator)) return names;
  for (std::size_t i = 0; i < fields.size(); ++i) names.push_back(printable(fields[i]));
  return names;
}

bool looks_like_data(const std::vector<std::string>& fields) {
  return std::ranges::any_of(fields, [](const auto& field) {
    return read_number(field) || parse_log_time(field, DateOrder::month_first) ||
           parse_log_time(field, DateOrder::day_first);
  });
}

/// "date time cs-method": the names behind "#Fields:", which columns separated by blanks follow.
std::optional<CsvLayout> header_of_w3c(const Head& head) {
  const auto is_fields = [](const HeadLine& line) { return line.text.starts_with(fields_of_w3c); };
  const auto found = std::ranges::find_if(head.comments, is_fields);
  if (found == head.comments.end() || head.lines.empty()) return std::nullopt;
  CsvLayout layout{.separator = ' ', .first_row = head.lines.front().number};
  layout.names = names_in(found->text.substr(fields_of_w3c.size()), ' ');
  return layout;
}

/// The names behind the "#" of the last comment, if they are as many as the first row's fields.
std::vector<std::string> names_in_comment(const Head& head, const Division& division) {
  if (head.comments.empty()) return {};
  const std::string_view text = head.comments.back().text;
  auto names = names_in(text.substr(text.find_first_not_of("# ")), division.separator);
  return names.size() == division.fields && !looks_like_data(names) ? names : std::vector<std::string>{};
}

/// The first line with as many fields as most have, or more: what has fewer stands above the table.
std::size_t header_index(const Head& head, const Division& division) {
  const bool are_most = 2 * division.lines > head.lines.size();
  for (std::size_t i = 0; are_most && i < head.lines.size(); ++i)
    if (count_fields(head.lines[i].text, division.separator) >= division.fields) return i;
  return 0;
}

void name_by_number(CsvLayout& layout, std::size_t count) {
  layout.names.clear();
  for (std::size_t i = 0; i < count; ++i) layout.names.push_back("column" + std::to_string(i + 1));
}

Status check_header(const HeadLine& header, char separator, const LineTally& tally) {
  if (header.text.size() > line_bytes_max) return tally.fail_at(header.number, "the header line is too long");
  CsvFields fields;
  if (!fields.split(header.text, separator)) return tally.fail_at(header.number, "a quote in the header is not closed");
  if (fields.size() > columns_max)
    return tally.fail_at(header.number, "the header has more than " + std::to_string(columns_max) + " columns");
  return {};
}

}  // namespace

bool is_comment(std::string_view line) { return line.starts_with('#') || line.starts_with("//"); }

bool CsvFields::take_field(std::string_view line, char separator, std::size_t& at) {
  while (at < line.size() && line[at] == ' ') ++at;
  if (at >= line.size() || line[at] != '"') {
    const auto end = std::min(line.find(separator, at), line.size());
    fields_.push_back(trim(line.substr(at, end - at)));
    at = end;
    return true;
  }
  std::string text;
  for (++at;; ++at) {
    if (at >= line.size()) return false;
    if (line[at] != '"')
      text += line[at];
    else if (at + 1 < line.size() && line[at + 1] == '"')
      text += line[at++];
    else
      break;
  }
  const auto end = std::min(line.find(separator, ++at), line.size());
  text += trim(line.substr(at, end - at));
  at = end;
  fields_.emplace_back(unquoted_.emplace_back(std::move(text)));
  return true;
}

bool CsvFields::split(std::string_view line, char separator) {
  fields_.clear();
  unquoted_.clear();
  for (std::size_t at = 0;; ++at) {
    if (separator == ' ') line = trim(line);
    if (!take_field(line, separator, at)) return false;
    if (at == line.size() || fields_.size() > columns_max) return true;
  }
}

Result<CsvLayout> find_header(std::string_view text, const LineTally& tally) {
  const Head head = read_head(text);
  if (auto layout = header_of_w3c(head)) return std::move(*layout);
  if (head.lines.empty()) return tally.fail_at(1, "the log is empty");
  const Division division = best_division(head);
  const std::size_t index = header_index(head, division);
  const HeadLine& header = head.lines[index];
  DROVER_CHECK(check_header(header, division.separator, tally));
  CsvLayout layout{.separator = division.separator, .first_row = header.number};
  layout.names = names_in(header.text, division.separator);
  if (index > 0)
    layout.notes.push_back(std::to_string(index) + (index == 1 ? " line" : " lines") +
                           " above the table were passed over; it begins at line " + std::to_string(header.number) +
                           ".");
  if (looks_like_data(layout.names)) {
    auto names = names_in_comment(head, division);
    if (names.empty())
      name_by_number(layout, division.fields > 1 ? division.fields : layout.names.size());
    else
      layout.names = std::move(names);
    return layout;
  }
  if (index + 1 >= head.lines.size()) return tally.fail_at(header.number + 1, "the log has a header and no rows");
  layout.header = header.text;
  layout.first_row = head.lines[index + 1].number;
  // A separator at the end of each line makes no column.
  while (layout.names.size() > 1 && layout.names.back().empty()) layout.names.pop_back();
  return layout;
}

}  // namespace drover::codec
