// drover kubeconfig: the credentials of a cluster of the estate, for kubectl and others.
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"

namespace drover::cli {

int kubeconfig(const Context& context) {
  auto estate = estate_request(context);
  if (!estate) return complain(context, std::move(estate.error()));
  const nlohmann::json body = {{"estate", *estate},
                               {"cloud", context.typed.cloud},
                               {"cluster", context.typed.name},
                               {"admin", context.typed.admin}};
  auto answer = call(context, "POST", "/v1/kubeconfig", body);
  if (!answer) return answer.error();
  const std::string text = answer->value("kubeconfig", "");
  if (context.typed.out.empty()) {
    context.terminal.out(text);
    return Exit::done;
  }
  if (auto written = context.files.write_secret(context.typed.out, text); !written)
    return complain(context, std::move(written.error()));
  context.terminal.out("Written. export KUBECONFIG=" + context.typed.out + "\n");
  return Exit::done;
}

}  // namespace drover::cli
