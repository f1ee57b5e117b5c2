// Small questions about text that several rooms ask: case-insensitive comparison, splitting, "did you mean".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drover {

/// ASCII lower case; other bytes unchanged.
std::string to_lower(std::string_view text);
bool equals_ignore_case(std::string_view a, std::string_view b);
bool starts_with_ignore_case(std::string_view text, std::string_view prefix);

std::string_view trim(std::string_view text);
/// Pieces between separators, empty ones included; "" gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);
std::vector<std::string_view> split(std::string&& text, char separator) = delete;  // the pieces would dangle
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// Damerau-Levenshtein distance (optimal string alignment), case-insensitive.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The candidate that `word` most likely meant, or "" when none is near (at most a third of the letters differ).
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// Percent-decodes (RFC 3986); malformed escapes are kept as they are.
std::string percent_decode(std::string_view text);
/// Percent-encodes all but unreserved characters and those in `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = "");

/// Control characters as \xNN, so that what a user's file holds cannot move a terminal's cursor or colour; the rest unchanged.
std::string printable(std::string_view text);

/// "clusters.atdevday"; a key that would not read well there is quoted, and bytes that would upset a terminal are escaped.
std::string join_path(const std::string& path, std::string_view key);
/// "roles[2]"
std::string indexed(const std::string& path, std::size_t index);

/// Thousands separated by commas: 1,234,567.
std::string format_count(long long value);
/// Fixed-point text, `digits` after the point.
std::string format_fixed(double value, int digits);

}  // namespace drover
