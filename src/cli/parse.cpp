// From what was typed to an invocation, or to a complaint that says what may have been meant.
#include <algorithm>

#include "base/text.hpp"
#include "cli/grammar.hpp"

namespace drover::cli {
namespace {

/// What may have been meant by the first word that is no command where one belongs; "" when every word is one.
std::string suggestion(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* at = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto below = at->get_subcommands([](const CLI::App* sub) { return !sub->get_name().empty(); });
    if (below.empty() || word.starts_with('-')) return "";
    std::vector<std::string> names;
    for (const auto* sub : below) names.push_back(sub->get_name());
    if (const auto found = std::ranges::find(names, word); found != names.end()) {
      at = below[static_cast<std::size_t>(found - names.begin())];
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

/// The command that was typed, as far as its words are ones: "drover job submit".
std::string command_typed(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* at = &app;
  std::string typed = "drover";
  for (int i = 1; i < argc && argv[i] != std::string_view("--"); ++i) {
    const std::string word = argv[i];
    const auto below = at->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
    if (below.empty() || word.empty()) continue;
    at = below.front();
    typed += " " + word;
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
    return "Run " + command_typed(grammar.app, argc, argv) + " --help for what there is.\n";
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
