#include "codec/shape.hpp"

#include <algorithm>

#include "base/number.hpp"
#include "base/text.hpp"

namespace drover::codec {
namespace {

/// In quotes a number is text, unless a reference needs them: {nodes: "${NODES}"}.
bool is_quoted_text(const Node& node) { return node.quoted && node.text.find("${") == std::string::npos; }

const char* kind_word(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::mapping:
      return "settings (key: value)";
  }
  return "";
}

std::string shown(std::string_view text) {
  constexpr std::size_t shown_max = 60;  // a line of an error, not a page
  return "\"" + printable(text.substr(0, shown_max)) + (text.size() > shown_max ? "..." : "") + "\"";
}

}  // namespace

void Reading::complain(const Node& node, std::string message, std::string hint) {
  errors_.push_back(
      {.code = Code::invalid_input, .message = std::move(message), .hint = std::move(hint), .where = span(node)});
}

void Reading::wrong_type(const Node& node, const std::string& path, const std::string& wanted) {
  const std::string subject = path.empty() ? "the file" : path;
  // What stands where a credential should may be a secret.
  const bool is_private = path.ends_with("credential");
  const bool is_shown = node.kind == Node::Kind::scalar && !is_private;
  complain(node, subject + ": here stands " + kind_word(node) + (is_shown ? " (" + shown(node.text) + ")" : "") +
                     ", wanted is " + wanted);
}

void Reading::check_keys(const Node& mapping, const std::string& path, const std::vector<std::string_view>& known) {
  for (const auto& [key, value] : mapping.fields) {
    if (std::ranges::find(known, key.text) != known.end()) continue;
    if (path.empty() && key.text.starts_with("x-")) continue;  // a place for anchors, as docker-compose has it
    const auto near = nearest(key.text, known);
    std::string hint;
    if (!near.empty()) {
      hint = "did you mean " + std::string(near) + "?";
    } else {
      hint = "known here are ";
      for (std::size_t i = 0; i < known.size(); ++i) hint += (i ? ", " : "") + std::string(known[i]);
    }
    complain(key, join_path(path, key.text) + ": unknown key", hint);
  }
}

std::optional<Reading::Expanded> Reading::expand(const Node& node, const std::string& path) {
  Expanded out;
  if (!expands_) return Expanded{.text = node.text};
  std::string_view rest = node.text;
  bool good = true;
  while (true) {
    const auto at = rest.find("${");
    out.text += rest.substr(0, at);
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at);
    if (out.text.ends_with('$')) {  // $${ is ${
      out.text += '{';
      rest.remove_prefix(2);
      continue;
    }
    const auto end = rest.find('}');
    if (end == std::string_view::npos) {
      complain(node, path + ": \"${\" without \"}\"", "write $${ for a plain ${");
      return std::nullopt;
    }
    const std::string name(rest.substr(2, end - 2));
    rest.remove_prefix(end + 1);
    if (name.starts_with("secret:")) {
      out.has_secret = true;
      out.text += "${" + name + "}";
    } else if (const auto value = environment_ ? environment_(name.substr(0, name.find(":-"))) : std::nullopt;
               value && !value->empty()) {
      out.text += *value;
    } else if (const auto otherwise = name.find(":-"); otherwise != std::string::npos) {
      out.text += name.substr(otherwise + 2);
    } else {
      complain(node, path + ": the environment has no " + name,
               "export " + name + "=... before, or write the value here");
      good = false;
    }
  }
  return good ? std::optional(std::move(out)) : std::nullopt;
}

std::string Reading::text(const Node& node, const std::string& path) {
  if (node.kind != Node::Kind::scalar) {
    wrong_type(node, path, "text");
    return "";
  }
  auto expanded = expand(node, path);
  if (!expanded) return "";
  if (!expanded->has_secret) return std::move(expanded->text);
  complain(node, path + ": a secret may stand only where one is asked for",
           "put it under credential.secret of an account");
  return "";
}

std::string Reading::secret(const Node& node, const std::string& path) {
  const bool is_reference =
      node.kind == Node::Kind::scalar && node.text.starts_with("${") && node.text.find('}') == node.text.size() - 1;
  if (!is_reference) {
    complain(node, path + ": a secret is not written into an estate",
             "keep it with drover secret set NAME and write \"${secret:NAME}\" here, or \"${VARIABLE}\" for one of the "
             "environment");
    return "";
  }
  const auto expanded = expand(node, path);
  return expanded ? expanded->text : "";
}

std::optional<std::string> Reading::plain(const Node& node, const std::string& path, const std::string& wanted) {
  if (node.kind != Node::Kind::scalar) {
    wrong_type(node, path, wanted);
    return std::nullopt;
  }
  const auto before = errors_.size();
  std::string value = text(node, path);
  if (errors_.size() != before) return std::nullopt;
  return value;
}

std::optional<std::int64_t> Reading::whole(const Node& node, const std::string& path, std::int64_t least,
                                           std::int64_t most) {
  const auto written = plain(node, path, "a whole number");
  if (!written) return std::nullopt;
  const bool is_text = is_quoted_text(node);
  const auto value = is_text ? std::nullopt : parse_whole<std::int64_t>(*written);
  if (value && *value >= least && *value <= most) return value;
  const std::string bounds = std::to_string(least) + " to " + std::to_string(most);
  if (value)
    complain(node, path + ": " + shown(node.text) + " is not from " + bounds);
  else
    complain(node, path + ": " + shown(node.text) + " is not a whole number",
             "say one from " + bounds + (is_text ? ", without quotes" : ""));
  return std::nullopt;
}

std::optional<double> Reading::number(const Node& node, const std::string& path, double least, double most) {
  const auto written = plain(node, path, "a number");
  if (!written) return std::nullopt;
  const auto value = is_quoted_text(node) ? std::nullopt : parse_real(*written);
  if (value && *value >= least && *value <= most) return value;
  complain(node, path + ": " + shown(node.text) + (value ? " is out of range" : " is not a number"));
  return std::nullopt;
}

std::optional<double> Reading::share(const Node& node, const std::string& path) {
  const auto written = plain(node, path, "a share such as 99.5%");
  if (!written) return std::nullopt;
  const std::string_view text = trim(*written);
  const auto value = text.ends_with('%') ? parse_real(trim(text.substr(0, text.size() - 1))) : std::nullopt;
  if (value && *value > 0 && *value < 100) return *value / 100;
  complain(node, path + ": " + shown(node.text) + " is not a share",
           "say it in per cent, above 0% and below 100%: 99.5%");
  return std::nullopt;
}

std::optional<Instant> Reading::instant(const Node& node, const std::string& path) {
  const auto written = plain(node, path, "a time such as 2026-11-23T08:00:00Z");
  if (!written) return std::nullopt;
  const auto value = parse_iso(*written);
  if (!value) complain(node, path + ": " + shown(node.text) + " is not a time", "say it as 2026-11-23T08:00:00Z");
  return value;
}

std::optional<bool> Reading::flag(const Node& node, const std::string& path) {
  const auto value = flag_of(node);
  if (!value) wrong_type(node, path, "true or false");
  return value;
}

std::optional<Duration> Reading::duration(const Node& node, const std::string& path) {
  const auto written = plain(node, path, "a duration such as 5m");
  if (!written) return std::nullopt;
  const auto value = parse_duration(*written);
  if (!value)
    complain(node, path + ": " + shown(node.text) + " is not a duration", "say it with units: 90s, 5m, 1h30m, 14d");
  return value;
}

std::optional<estate::Range> Reading::range(const Node& node, const std::string& path, std::int64_t least,
                                            std::int64_t most) {
  const auto written = plain(node, path, "a number or a range such as 0..4");
  if (!written) return std::nullopt;
  const auto dots = written->find("..");
  const auto low = parse_whole<std::int64_t>(std::string_view(*written).substr(0, dots));
  const auto high =
      dots == std::string::npos ? low : parse_whole<std::int64_t>(std::string_view(*written).substr(dots + 2));
  if (!low || !high || (dots == std::string::npos && is_quoted_text(node)))
    complain(node, path + ": " + shown(node.text) + " is not a range",
             "say least..most, such as 0..4, or one number without quotes");
  else if (*low < least || *low > most || *high < least || *high > most)
    complain(node,
             path + ": " + shown(node.text) + " is not from " + std::to_string(least) + " to " + std::to_string(most));
  else if (*high < *low)
    complain(node, path + ": " + shown(node.text) + " is not a range", "the lesser number comes first");
  else
    return estate::Range{*low, *high};
  return std::nullopt;
}

void complain_of_choice(const std::string& value, const std::vector<std::string>& one_of, const Node& node,
                        const std::string& path, Reading& reading) {
  if (one_of.empty() || std::ranges::find(one_of, value) != one_of.end() || value.empty()) return;
  std::vector<std::string_view> words(one_of.begin(), one_of.end());
  const auto near = nearest(value, words);
  reading.complain(node, path + ": " + shown(value) + " is not one of " + join(one_of, ", "),
                   near.empty() ? "" : "did you mean " + std::string(near) + "?");
}

}  // namespace drover::codec
