#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/plan_text.hpp"
#include "codec/resource_json.hpp"

namespace drover::cli {

int plan(const Context& context) {
  auto estate = estate_request(context);
  // Terraform's -detailed-exitcode keeps 2 for "there are changes": any error is 1 then.
  const auto exit_code = [&](int code) { return context.typed.detailed_exitcode ? Exit::failed : code; };
  if (!estate) return exit_code(complain(context, std::move(estate.error())));
  const bool keep = context.typed.json || !context.typed.out.empty();
  auto answer = call(context, "POST", "/v1/plan",
                     {{"estate", *estate},
                      {"cloud", context.typed.cloud},
                      {"only", context.typed.only},
                      {"except", context.typed.except},
                      {"also", context.typed.also},
                      {"keep", keep},
                      {"force_conflicts", context.typed.force_conflicts}});
  if (!answer) return exit_code(answer.error());
  auto made = codec::plan_from_json(*answer);
  if (!made) return exit_code(complain(context, std::move(made.error())));
  if (context.typed.json)
    context.terminal.out(answer->dump(2) + "\n");
  else
    context.terminal.out(format_plan(context, *made));
  if (!context.typed.out.empty()) {
    if (auto kept =
            context.files.write(context.typed.out, nlohmann::json{{"plan", *answer}, {"estate", *estate}}.dump());
        !kept)
      return exit_code(complain(context, std::move(kept.error())));
    if (!context.typed.json)
      context.terminal.out("Kept in " + context.typed.out + ": drover apply " + context.typed.out + "\n");
  }
  if (made->is_refused()) return Exit::failed;
  return context.typed.detailed_exitcode && !made->is_empty() ? 2 : Exit::done;
}

}  // namespace drover::cli
