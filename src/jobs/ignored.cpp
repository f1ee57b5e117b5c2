#include "jobs/ignored.hpp"

#include <span>

#include "base/text.hpp"

namespace drover::jobs {
namespace {

/// Of "[a-z!]" at `at`, which stands on '[': whether `c` is in it, and `at` behind it; false and `at` unchanged where
/// the class does not end.
bool fits_class(std::string_view pattern, std::size_t& at, char c, bool& fits) {
  std::size_t i = at + 1;
  const bool is_negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (is_negated) ++i;
  bool found = false;
  for (const std::size_t first = i; i < pattern.size() && (pattern[i] != ']' || i == first); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    const char low = pattern[i];
    char high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = pattern[i + 2];
      i += 2;
    }
    found = found || (low <= c && c <= high);
  }
  if (i >= pattern.size()) return false;
  at = i + 1;
  fits = found != is_negated;
  return true;
}

/// One part of a path, with * ? and []; in time of the product of the lengths.
bool fits_part(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, retry = 0;
  while (n < name.size()) {
    bool fits = false;
    std::size_t next = p + 1;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
      continue;
    }
    if (p < pattern.size()) {
      std::size_t behind = p;
      if (pattern[p] == '?') {
        fits = true;
      } else if (pattern[p] == '[' && fits_class(pattern, behind, name[n], fits)) {
        next = behind;
      } else if (pattern[p] == '\\' && p + 1 < pattern.size()) {
        fits = pattern[p + 1] == name[n];
        next = p + 2;
      } else {
        fits = pattern[p] == name[n];
      }
    }
    if (fits) {
      p = next;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// `reached[i]`: the first i parts of the path fit the patterns so far. No pattern makes it slow.
bool fits_path(std::span<const std::string> patterns, std::span<const std::string_view> path) {
  std::vector<bool> reached(path.size() + 1);
  reached[0] = true;
  for (std::size_t k = 0; k < patterns.size(); ++k) {
    std::vector<bool> next(path.size() + 1);
    const bool is_any = patterns[k] == "**";
    // At the end it stands for all inside, and not for the folder itself.
    const std::size_t least = is_any && k + 1 == patterns.size() ? 1 : 0;
    bool before = false;
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (is_any) {
        if (i >= least && reached[i - least]) before = true;
        next[i] = before;
      } else if (i > 0) {
        next[i] = reached[i - 1] && fits_part(patterns[k], path[i - 1]);
      }
    }
    reached = std::move(next);
  }
  return reached[path.size()];
}

/// Without blanks at its end, unless a backslash keeps them.
std::string_view without_blanks(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  return line;
}

}  // namespace

IgnoreRules::IgnoreRules(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // editors of Windows write one; git passes over it
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  for (std::string_view line : split(text, '\n')) {
    line = without_blanks(line);
    if (line.empty() || line.starts_with('#')) continue;
    Rule rule;
    if (line.starts_with('!')) {
      rule.takes_back = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      rule.folders_only = true;
      line.remove_suffix(1);
    }
    const bool is_bound = line.contains('/');
    if (line.starts_with('/')) line.remove_prefix(1);
    if (line.empty()) continue;
    if (!is_bound) rule.parts.emplace_back("**");
    for (const auto part : split(line, '/')) rule.parts.emplace_back(part);
    rules_.push_back(std::move(rule));
  }
}

bool IgnoreRules::ignores(std::string_view path, bool is_folder) const {
  const auto parts = split(path, '/');
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule)
    if ((is_folder || !rule->folders_only) && fits_path(rule->parts, parts)) return !rule->takes_back;
  return false;
}

}  // namespace drover::jobs
