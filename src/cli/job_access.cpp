// drover job exec, port-forward: the API says which program of this machine leads into the job; it is run here.
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "jobs/target.hpp"

namespace drover::cli {
namespace {

using nlohmann::json;

/// The answer about the way into the job of the command.
std::expected<json, int> find_door(const Context& context) {
  const bool is_terminal = context.terminal.is_live();
  auto door = call(context, "GET",
                   "/v1/jobs/" + segment(context.typed.name) + "/access?rank=" + std::to_string(context.typed.rank) +
                       "&terminal=" + (is_terminal ? "1" : "0"),
                   {});
  // A process of this machine is one of the server's machine, which an address of its own may not be.
  const bool is_elsewhere = !context.environment("DROVER_SERVER").value_or("").empty();
  if (door && is_elsewhere && jobs::parse_target(door->value("target", "")) == jobs::JobTarget(jobs::ThisMachine{}))
    return std::unexpected(complain(context, Error{.code = Code::precondition,
                                                   .message = "the job runs on the server's machine",
                                                   .hint = "log in there, and say it without DROVER_SERVER"}));
  return door;
}

int run_door(const Context& context, const json& door, const char* which, const std::vector<std::string>& more) {
  ProgramCall program{.command = door.at(which).get<std::vector<std::string>>()};
  program.command.insert(program.command.end(), more.begin(), more.end());
  for (const auto& [name, value] : door.at("environment").items()) program.environment.emplace_back(name, value);
  if (!context.run_program)
    return complain(context, Error{.code = Code::precondition, .message = "no program can be run from here"});
  auto code = context.run_program(program);
  if (code) return *code;
  if (code.error().code == Code::not_found) code.error().hint = "install " + program.command.front();
  return complain(context, std::move(code.error()));
}

}  // namespace

int exec_in_job(const Context& context) {
  auto door = find_door(context);
  if (!door) return door.error();
  return run_door(context, *door, "exec", context.typed.words);
}

int forward_port(const Context& context) {
  const auto is_port = [](std::string_view text) {
    return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const std::string& ports = context.typed.ports;
  const auto parts = split(ports, ':');
  if (parts.size() > 2 || !is_port(parts.front()) || !is_port(parts.back()))
    return complain(context, Error{.code = Code::invalid_input,
                                   .message = printable(ports) + " is not LOCAL:REMOTE",
                                   .hint = "two ports, such as 8888:80"});
  auto door = find_door(context);
  if (!door) return door.error();
  if (const std::string why = door->value("no_forward", ""); !why.empty())
    return complain(context, Error{.code = Code::precondition, .message = why});
  return run_door(context, *door, "forward", {ports});
}

}  // namespace drover::cli
