// From what was typed to an invocation, or to a complaint that says what may have been meant.
#include <algorithm>

#include "base/text.hpp"
#include "cli/grammar.hpp"

namespace drover::cli {
namespace {

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* sub : app.get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); }))
    names.push_back(sub->get_name());
  return names;
}

/// What may have been meant by the first word that is no command where one belongs; "" when every word is one.
std::string suggestion(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* at = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto names = commands_of(*at);
    if (names.empty() || word.starts_with('-')) return "";
    if (std::ranges::find(names, word) != names.end()) {
      at = at->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; }).front();
      continue;
    }
    const std::string near(nearest(word, {names.begin(), names.end()}));
    const std::string whose = at == &app ? "drover" : "drover " + at->get_name();
    return whose + " has no command " + printable(word) + (near.empty() ? "" : "; did you mean " + near + "?") + "\n";
  }
  return "";
}

/// What may have been meant by the first option that the command typed does not have; "" when it has them all.
std::string option_suggestion(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* at = &app;
  std::vector<std::string> names;
  const auto add_names = [&] {
    for (const auto* option : at->get_options())
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  };
  add_names();
  std::string whose = "drover";
  for (int i = 1; i < argc && argv[i] != std::string_view("--"); ++i) {
    const std::string word = argv[i];
    const auto below = at->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
    if (!below.empty()) {
      at = below.front();
      whose += " " + word;
      add_names();
    }
    const std::string option = word.substr(0, word.find('='));
    if (!option.starts_with("--") || std::ranges::find(names, option) != names.end()) continue;
    const std::string near(nearest(option, {names.begin(), names.end()}));
    return whose + " has no option " + printable(option) + (near.empty() ? "" : "; did you mean " + near + "?") + "\n";
  }
  return "";
}

/// The command that was typed, up to the first word that is none: "drover job submit".
struct TypedCommand {
  const CLI::App* app;
  std::string words = "drover";
};
TypedCommand command_typed(const CLI::App& app, int argc, const char* const* argv) {
  TypedCommand typed{&app};
  for (int i = 1; i < argc && argv[i] != std::string_view("--"); ++i) {
    const std::string word = argv[i];
    const auto below = typed.app->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
    if (!below.empty() && !word.empty()) {
      typed.app = below.front();
      typed.words += " " + word;
    } else if (!word.starts_with('-') && !std::string_view(argv[i - 1]).starts_with('-')) {
      break;  // and not the value of an option
    }
  }
  return typed;
}

/// "help job submit" asks what "job submit --help" does.
std::vector<const char*> asking_for_help(int argc, const char* const* argv) {
  std::vector<const char*> words(argv, argv + argc);
  if (argc < 2 || words[1] != std::string_view("help")) return words;
  words.erase(words.begin() + 1);
  words.push_back("--help");
  return words;
}

std::optional<Invocation> parse_words(int argc, const char* const* argv, std::string& complaint) {
  // Building the grammar costs a millisecond; asking for the version should not.
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    Invocation version;
    version.command = Command::version;
    return version;
  }
  Grammar grammar;
  const auto where_to_look = [&] {
    return "Run " + command_typed(grammar.app, argc, argv).words + " --help for what there is.\n";
  };
  try {
    grammar.app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    complaint = suggestion(grammar.app, argc, argv);
    if (!complaint.empty()) {
      complaint += where_to_look();
      return std::nullopt;
    }
    grammar.typed.command = Command::help;
    grammar.typed.help = grammar.app.help();
    return grammar.typed;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      grammar.typed.command = Command::help;
      grammar.typed.help = grammar.app.help();
      return grammar.typed;
    }
    complaint = suggestion(grammar.app, argc, argv);
    if (complaint.empty()) complaint = option_suggestion(grammar.app, argc, argv);
    const auto typed = command_typed(grammar.app, argc, argv);
    if (complaint.empty() && error.get_name() == "RequiredError" && typed.app->get_require_subcommand_min() > 0)
      complaint = typed.words + " needs a command after it: " + join(commands_of(*typed.app), ", ") + "\n";
    if (complaint.empty()) complaint = std::string(error.what()) + "\n";
    complaint += where_to_look();
    return std::nullopt;
  }
  if (grammar.app.get_subcommands().empty()) grammar.typed.help = grammar.app.help();
  return grammar.typed;
}

}  // namespace

std::optional<Invocation> parse(int argc, const char* const* argv, std::string& complaint) {
  const auto words = asking_for_help(argc, argv);
  return parse_words(static_cast<int>(words.size()), words.data(), complaint);
}

}  // namespace drover::cli
