#include "jobs/command.hpp"

#include "base/text.hpp"

namespace drover::jobs {
namespace {

/// Reads a command from left to right.
class Expansion {
 public:
  Expansion(const JobSpec& spec, const Resolve& resolve) : spec_(spec), resolve_(resolve) {}

  Result<std::string> all() {
    std::string out;
    std::string_view rest = spec_.command;
    while (!rest.empty()) {
      const auto optional_at = rest.find("$[[");
      DROVER_TRY(plain, references(rest.substr(0, optional_at)));
      out += plain.value_or("");  // not in brackets: an input that is not given leaves nothing
      if (optional_at == std::string_view::npos) break;
      rest.remove_prefix(optional_at + 3);
      const auto end = rest.find("]]");
      if (end == std::string_view::npos) return bad("\"$[[\" without \"]]\"", "");
      DROVER_TRY(inside, references(rest.substr(0, end)));
      if (inside) out += *inside;
      rest.remove_prefix(end + 2);
    }
    return out;
  }

 private:
  std::unexpected<Error> bad(std::string message, std::string hint) const {
    return std::unexpected(Error{.code = Code::invalid_input,
                                 .message = "command: " + std::move(message),
                                 .hint = std::move(hint),
                                 .where = spec_.where});
  }

  /// nullopt: one of its references has no value.
  Result<std::optional<std::string>> references(std::string_view text) {
    std::string out;
    bool is_whole = true;
    while (true) {
      const auto at = text.find("${{");
      out += text.substr(0, at);
      if (at == std::string_view::npos) break;
      text.remove_prefix(at + 3);
      const auto end = text.find("}}");
      if (end == std::string_view::npos) return bad("\"${{\" without \"}}\"", "");
      DROVER_TRY(value, one(std::string(trim(text.substr(0, end)))));
      if (value)
        out += *value;
      else
        is_whole = false;
      text.remove_prefix(end + 2);
    }
    if (!is_whole) return std::optional<std::string>();
    return std::optional(std::move(out));
  }

  Result<std::optional<std::string>> one(const std::string& reference) {
    const auto dot = reference.find('.');
    const std::string kind = reference.substr(0, dot);
    const std::string name = dot == std::string::npos ? "" : reference.substr(dot + 1);
    std::vector<std::string_view> known;
    if (kind == "inputs")
      for (const auto& [input, value] : spec_.inputs) known.push_back(input);
    else if (kind == "outputs")
      for (const auto& [output, value] : spec_.outputs) known.push_back(output);
    else
      return bad("${{" + printable(reference) + "}} is neither an input nor an output",
                 "say ${{inputs.NAME}} or ${{outputs.NAME}}");
    for (const auto candidate : known)
      if (candidate == name) return resolve_(kind, name);
    const auto near = nearest(name, known);
    return bad("the job has no " + kind + "." + printable(name),
               near.empty() ? "name it under " + kind + ":" : "did you mean " + std::string(near) + "?");
  }

  const JobSpec& spec_;
  const Resolve& resolve_;
};

}  // namespace

Result<std::string> expand_command(const JobSpec& spec, const Resolve& resolve) {
  return Expansion(spec, resolve).all();
}

Status check_command(const JobSpec& spec) {
  auto expanded =
      expand_command(spec, [](const std::string&, const std::string&) { return std::optional<std::string>("x"); });
  if (!expanded) return std::unexpected(std::move(expanded.error()));
  return {};
}

}  // namespace drover::jobs
