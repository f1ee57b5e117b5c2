// What every command needs: what was typed, the API, and the person at the terminal.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/time_zone.hpp"
#include "cli/invocation.hpp"
#include "ports/files.hpp"
#include "ports/http_transport.hpp"
#include "ports/programs.hpp"
#include "ports/terminal.hpp"

namespace drover::cli {

struct Context {
  const Invocation& typed;
  HttpTransport& api;
  Terminal& terminal;
  Files& files;
  std::function<std::optional<std::string>(const std::string&)> environment;
  /// The API runs in another process, which may stand in another folder.
  bool is_remote = false;
  /// Runs a program of this machine in the foreground, at this terminal; its exit code. Errors: not_found when there is
  /// no such program. Empty: nothing can be run.
  std::function<Result<int>(const ProgramCall&)> run_program = nullptr;
  /// The machine's clock, to say how long things took; empty: nothing is timed.
  std::function<Instant()> now = nullptr;
  /// The clocks of a place. Errors: not_found. Empty: none are known but UTC.
  std::function<Result<TimeZone>(const std::string&)> time_zone = nullptr;
  /// Set where the API may end and come back: waits for that, and then `api` reaches it; false when it did not.
  std::function<bool()> reconnect = nullptr;
};

/// The estate as a request carries it: text, file name, and the variables that it mentions. Errors: invalid_input.
Result<nlohmann::json> estate_request(const Context& context);

/// `text` as one segment of a path.
std::string segment(const std::string& text);

/// Sends and gives the answer's body. Prints the errors of an answer that is not 2xx, and gives their exit code.
std::expected<nlohmann::json, int> call(const Context& context, const std::string& method, const std::string& path,
                                        const nlohmann::json& body, BodySink* sink = nullptr);

/// Prints the errors of an answer that is not 2xx; their exit code.
int complain_of(const Context& context, const http::Response& response);

/// Prints errors, one a line with its place, and what became of it all; the exit code.
int complain(const Context& context, const std::vector<Error>& errors);
int complain(const Context& context, Error error);

/// One error as a line: "estate.yaml:14:7: ...", or "error: ..." for what has no place.
std::string error_line(const Context& context, const Error& error);

/// Text in bold, green, ... when a person looks; plain otherwise.
enum class Tone { plain, strong, faint, good, bad, attention };
std::string toned(const Context& context, Tone tone, const std::string& text);

/// `text` filled up with blanks to `width` columns.
std::string padded(std::string text, std::size_t width);

}  // namespace drover::cli
