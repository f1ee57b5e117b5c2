// Does the house keep its own rules? Reads src/ and complains of includes that a room may not have, of clocks, threads
// and environment outside the rooms that own them, and of what the style bans. Run as a test: tidy ROOT
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

// The room table of ARCHITECTURE.md: what a room may include besides itself. What those rooms may include comes with
// them.
const std::map<std::string, std::set<std::string>> allowed = {
    {"base", {}},
    {"kinds", {"base"}},
    {"model", {"kinds"}},
    {"protocol", {"model"}},
    {"estate", {"model"}},
    {"planning", {"model"}},
    {"forecast", {"model"}},
    {"scaling", {"forecast"}},
    {"governance", {"model"}},
    {"jobs", {"model"}},
    {"federation", {"model"}},
    {"codec", {"estate", "planning", "forecast", "scaling", "governance", "jobs", "federation"}},
    {"ports", {"model", "protocol"}},
    {"control", {"codec", "ports"}},
    {"drivers", {"codec", "ports"}},
    {"localcloud", {"base", "kinds", "model", "protocol/http", "ports"}},
    {"api", {"control"}},
    {"server", {"ports"}},
    {"cli", {"codec", "ports"}},
    {"app", {"*"}},
};

const std::set<std::string> pure = {"base",     "kinds",   "model",      "protocol", "estate",    "planning",
                                    "forecast", "scaling", "governance", "jobs",     "federation"};

struct Ban {
  std::string word;
  std::string instead;
  std::set<std::string> except;  // rooms, or folders of rooms, that own it
};

const std::vector<Ban> bans = {
    {"system_clock::now", "take a Clock (ports/clock.hpp)", {"drivers/system"}},
    {"steady_clock::now", "take a Clock (ports/clock.hpp)", {"drivers/system", "drivers/curl", "server"}},
    {"sleep_for", "wait in Clock::sleep_until or HttpTransport::next", {"drivers/system"}},
    {"getenv", "take the environment as a function; app/ reads it", {"app", "drivers/system"}},
    {"std::thread", "one thread runs everything; server/ and app/ may start others", {"server", "app"}},
    {"std::mutex", "one thread runs everything", {"server", "app"}},
    {"random_device", "take an Rng (base/rng.hpp)", {}},
    {"std::rand", "take an Rng (base/rng.hpp)", {}},
    {"std::sto", "read it with parse_whole (base/number.hpp), which does not throw", {}},
    {"std::atof", "read it with parse_real (base/number.hpp), which takes all of the text or nothing, and no nan", {}},
    {"atoi(", "read it with parse_whole (base/number.hpp), which takes all of the text or nothing", {}},
    {"boost/beast", "server/ is the one room that knows Beast", {"server"}},
    {"CLI/CLI.hpp", "cli/parse.cpp is the one file that knows CLI11", {"cli"}},
    {"curl/curl.h", "HTTP goes through ports/http_transport.hpp", {"drivers/curl"}},
    {"sqlite3.h", "state goes through ports/store.hpp", {"drivers/sqlite"}},
    {"FIXME", "mend it or write an issue", {}},
    {"XXX", "mend it or write an issue", {}},
};

constexpr std::size_t line_columns_max = 120;
constexpr std::size_t file_lines_max =
    500;  // style asks for 60-150, rarely over 400: beyond this a file answers two questions

int complaints = 0;

void complain(const fs::path& file, std::size_t line, const std::string& what) {
  std::printf("%s:%zu: %s\n", file.string().c_str(), line, what.c_str());
  ++complaints;
}

/// Everything that a room may include, following its line in the table.
std::set<std::string> reach(const std::string& room) {
  std::set<std::string> all = {room};
  std::vector<std::string> open = {room};
  while (!open.empty()) {
    const std::string at = open.back();
    open.pop_back();
    const auto it = allowed.find(at);
    if (it == allowed.end()) continue;
    // The local cloud may have only what its line names: it must not share code with the client that it checks.
    for (const auto& next : it->second)
      if (all.insert(next).second && (room != "localcloud" || next != "ports")) open.push_back(next);
  }
  return all;
}

bool is_under(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

std::string columns_of(const std::string& line) {
  std::string out;  // one char a column: UTF-8 continuation bytes left out
  for (const char c : line)
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) out += c;
  return out;
}

/// The path below src/ by which a file's layer is told: what a kind is to the driver counts as the driver's (ADR 20).
std::string layer_path(const std::string& within) {
  const bool is_driver_part = within.starts_with("kinds/") && within.find("/azure") != std::string::npos;
  return is_driver_part ? "drivers/azure/" + within : within;
}

void check_include(const fs::path& file, std::size_t number, const std::string& within, const std::string& room,
                   const std::string& named) {
  const std::string included = layer_path(named);
  const std::string target = included.substr(0, included.find('/'));
  if (!allowed.contains(target)) return;
  const bool is_test = file.filename().string().ends_with("_test.cpp") || file.filename().string().starts_with("test_");
  if (is_test) return;  // tests may include everything
  const auto may = reach(room);
  const bool fine =
      may.contains("*") || std::ranges::any_of(may, [&](const std::string& r) { return is_under(included, r); });
  if (!fine) {
    std::string names;
    for (const auto& name : allowed.at(room)) names += (names.empty() ? "" : ", ") + name;
    complain(file, number,
             room + "/ may include " + (names.empty() ? "nothing" : names) + " (and what those may), not " + included);
  }
  // One driver never includes another.
  if (room == "drivers" && target == "drivers") {
    const auto system = [](const std::string& path) { return path.substr(8, path.find('/', 8) - 8); };
    if (system(included) != system(within))
      complain(file, number, "a driver never includes another driver: " + included);
  }
}

void check_file(const fs::path& root, const fs::path& file) {
  const std::string within = layer_path(fs::relative(file, root / "src").generic_string());
  const std::string room = within.substr(0, within.find('/'));
  std::ifstream stream(file);
  std::string line;
  std::size_t number = 0;
  bool in_raw = false;
  while (std::getline(stream, line)) {
    ++number;
    if (number == 1 && file.extension() == ".hpp" && !line.starts_with("//"))
      complain(file, 1, "a header opens with the question that it answers");
    // Raw strings are data: their lines are as long as they have to be.
    const bool opens_raw = line.find("R\"") != std::string::npos;
    const bool is_raw = in_raw || opens_raw;
    if (opens_raw) in_raw = true;
    if (in_raw && line.find(")\"", opens_raw ? line.find("R\"") : 0) != std::string::npos) in_raw = false;
    if (!is_raw && columns_of(line).size() > line_columns_max)
      complain(file, number, "longer than " + std::to_string(line_columns_max) + " columns");
    if (line.starts_with("#include \""))
      check_include(file, number, within, room, line.substr(10, line.find('"', 10) - 10));
    if (pure.contains(room) && (line.starts_with("#include <fstream>") || line.starts_with("#include <thread>") ||
                                line.starts_with("#include <filesystem>")))
      complain(file, number, room + "/ is pure: no files, no threads");
    if (file.filename().string().ends_with("_test.cpp")) continue;
    if (line.starts_with("class ") || line.starts_with("struct "))
      for (const char* empty_word : {"Manager", "Helper", "Util", "Impl"})
        if (line.find(empty_word) != std::string::npos)
          complain(file, number, std::string(empty_word) + " says nothing: name it for what it does");
    for (const auto& ban : bans) {
      if (line.find(ban.word) == std::string::npos) continue;
      const bool owned =
          std::ranges::any_of(ban.except, [&](const std::string& owner) { return is_under(within, owner); });
      if (!owned) complain(file, number, ban.word + " is not for this room: " + ban.instead);
    }
  }
  if (number > file_lines_max)
    complain(file, number,
             "more than " + std::to_string(file_lines_max) + " lines: split it by the questions that it answers");
  if (!allowed.contains(room)) complain(file, 1, "src/" + room + " is not in the room table");
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path root = argc > 1 ? argv[1] : ".";
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root / "src")) {
    const auto extension = entry.path().extension();
    if (extension != ".cpp" && extension != ".hpp") continue;
    ++files;
    check_file(root, entry.path());
  }
  std::printf("tidy: %zu files, %d complaints\n", files, complaints);
  return complaints == 0 && files > 0 ? 0 : 1;
}
