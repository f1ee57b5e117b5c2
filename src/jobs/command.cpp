#include "jobs/command.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace drover::jobs {
namespace {

/// $0: how many; "$@": what each of them runs. Each says its exit code on a pipe; at the first that is not 0 this shell
/// ends, and with the job all that is left of it. SIGTERM reaches the ranks as well as this shell, which waits for
/// them. The names are such as no user's variable has.
constexpr const char* ranks_script = R"(
trap : TERM
exec 5>&1
drover__left=$0
while read -r drover__code; do
  [ $drover__code = 0 ] || exit $drover__code
  [ $((--drover__left)) -gt 0 ] || exit 0
done < <(
  trap : TERM
  exec 6>&1 1>&5 5>&-
  for ((drover__rank = 0; drover__rank < $0; ++drover__rank)); do
    export RANK=$drover__rank LOCAL_RANK=$drover__rank
    [ -z "$OMPI_COMM_WORLD_SIZE" ] || export OMPI_COMM_WORLD_RANK=$RANK OMPI_COMM_WORLD_LOCAL_RANK=$RANK
    (trap : TERM; "$@" 6>&-; echo $? >&6) &
  done
  exec 6>&-
  wait)
exit 1
)";

/// Reads a command from left to right.
class Expansion {
 public:
  Expansion(const JobSpec& spec, const Resolve& resolve) : spec_(spec), resolve_(resolve) {}

  /// What it means, and where errors() has some, what is left of it.
  std::string all() {
    std::string out;
    std::string_view rest = spec_.command;
    while (!rest.empty()) {
      const auto optional_at = rest.find("$[[");
      out +=
          references(rest.substr(0, optional_at)).text;  // not in brackets: an input that is not given leaves nothing
      if (optional_at == std::string_view::npos) break;
      rest.remove_prefix(optional_at + 3);
      const auto end = rest.find("]]");
      if (end == std::string_view::npos) {
        complain("\"$[[\" without \"]]\"", "");
        break;
      }
      if (const auto inside = references(rest.substr(0, end)); inside.is_whole) out += inside.text;
      rest.remove_prefix(end + 2);
    }
    return out;
  }

  /// Each once, in the order of the command.
  std::vector<Error>& errors() { return errors_; }

 private:
  struct Part {
    std::string text;
    bool is_whole = true;  ///< false: one of its references has no value
  };

  void complain(std::string message, std::string hint) {
    message = "command: " + std::move(message);
    if (std::ranges::find(errors_, message, &Error::message) != errors_.end()) return;
    errors_.push_back(
        {.code = Code::invalid_input, .message = std::move(message), .hint = std::move(hint), .where = spec_.where});
  }

  Part references(std::string_view text) {
    Part part;
    while (true) {
      const auto at = text.find("${{");
      part.text += text.substr(0, at);
      if (at == std::string_view::npos) return part;
      text.remove_prefix(at + 3);
      const auto end = text.find("}}");
      if (end == std::string_view::npos) {
        complain("\"${{\" without \"}}\"", "");
        return part;
      }
      if (const auto value = one(std::string(trim(text.substr(0, end)))))
        part.text += *value;
      else
        part.is_whole = false;
      text.remove_prefix(end + 2);
    }
  }

  std::optional<std::string> one(const std::string& reference) {
    const auto dot = reference.find('.');
    const std::string kind = reference.substr(0, dot);
    const std::string name = dot == std::string::npos ? "" : reference.substr(dot + 1);
    std::vector<std::string_view> known;
    if (kind == "inputs") {
      for (const auto& [input, value] : spec_.inputs) known.push_back(input);
    } else if (kind == "outputs") {
      for (const auto& [output, value] : spec_.outputs) known.push_back(output);
    } else {
      complain("${{" + printable(reference) + "}} is neither an input nor an output",
               "say ${{inputs.NAME}} or ${{outputs.NAME}}");
      return std::nullopt;
    }
    for (const auto candidate : known)
      if (candidate == name) return resolve_(kind, name);
    const auto near = nearest(name, known);
    complain("the job has no " + kind + "." + printable(name),
             near.empty() ? "name it under " + kind + ":" : "did you mean " + std::string(near) + "?");
    return std::nullopt;
  }

  const JobSpec& spec_;
  const Resolve& resolve_;
  std::vector<Error> errors_;
};

}  // namespace

Result<std::string> expand_command(const JobSpec& spec, const Resolve& resolve) {
  Expansion expansion(spec, resolve);
  std::string command = expansion.all();
  if (!expansion.errors().empty()) return std::unexpected(std::move(expansion.errors().front()));
  return command;
}

bool is_one_word(std::string_view path) {
  return std::ranges::all_of(path, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+,:@%=").contains(c) || static_cast<unsigned char>(c) >= 0x80;
  });
}

std::vector<std::string> shell_words(const JobSpec& spec, const std::string& command, const std::string& script) {
  std::vector<std::string> words = {"/bin/bash"};
  if (script.empty()) words.insert(words.end(), {"-c", command});
  if (!script.empty()) words.push_back(script);
  const std::int64_t processes = spec.distribution.processes_per_instance;
  if (processes <= 1) return words;
  words.insert(words.begin(), {"/bin/bash", "-c", ranks_script, std::to_string(processes)});
  return words;
}

std::map<std::string, std::string> rank_variables(const JobSpec& spec, int port) {
  if (spec.distribution.type.empty()) return {};
  const std::string processes = std::to_string(spec.distribution.processes_per_instance);
  std::map<std::string, std::string> variables = {{"MASTER_ADDR", "127.0.0.1"}, {"MASTER_PORT", std::to_string(port)},
                                                  {"WORLD_SIZE", processes},    {"LOCAL_WORLD_SIZE", processes},
                                                  {"NODE_RANK", "0"},           {"RANK", "0"},
                                                  {"LOCAL_RANK", "0"},          {"AZUREML_NODE_COUNT", "1"}};
  if (spec.distribution.type == "mpi")
    variables.insert({{"OMPI_COMM_WORLD_SIZE", processes},
                      {"OMPI_COMM_WORLD_LOCAL_SIZE", processes},
                      {"OMPI_COMM_WORLD_RANK", "0"},
                      {"OMPI_COMM_WORLD_LOCAL_RANK", "0"}});
  return variables;
}

int rank_port(const std::string& attempt) {
  constexpr std::uint64_t first = 20000, count = 12000;  // Linux gives out those from 32768 on by itself
  std::uint64_t mixed = 0;
  for (const char c : attempt) mixed = mixed * 131 + static_cast<unsigned char>(c);
  return static_cast<int>(first + mixed % count);
}

std::vector<Error> check_command(const JobSpec& spec) {
  const Resolve any = [](const std::string&, const std::string&) { return std::optional<std::string>("x"); };
  Expansion expansion(spec, any);
  (void)expansion.all();
  return std::move(expansion.errors());
}

}  // namespace drover::jobs
