#include "cli/commands.hpp"

#include <nlohmann/json.hpp>

namespace drover::cli {

int validate(const Context& context) {
  auto estate = estate_request(context);
  if (!estate) return complain(context, std::move(estate.error()));
  auto answer = call(context, "POST", "/v1/validate", {{"estate", *estate}});
  if (!answer) return answer.error();
  if (context.typed.json) {
    context.terminal.out(answer->dump(2) + "\n");
    return Exit::done;
  }
  context.terminal.out("Estate " + answer->value("estate", "") +
                       " is well-formed: " + std::to_string(answer->value("resources", 0)) + " resources.\n");
  for (const auto& note : answer->value("notes", nlohmann::json::array()))
    context.terminal.out("Note: " + note.get<std::string>() + "\n");
  return Exit::done;
}

int schema(const Context& context) {
  auto answer = call(context, "GET", context.typed.api ? "/v1/openapi.json" : "/v1/schema", {});
  if (!answer) return answer.error();
  context.terminal.out(answer->dump(2) + "\n");
  return Exit::done;
}

int set_secret(const Context& context) {
  const auto value = context.terminal.ask_secret("Secret " + context.typed.name + ": ");
  if (!value || value->empty())
    return complain(
        context,
        Error{.code = Code::invalid_input, .message = "no secret was given", .hint = "type it, or pipe it in"});
  auto answer = call(context, "PUT", "/v1/secrets/" + segment(context.typed.name), {{"value", *value}});
  if (!answer) return answer.error();
  context.terminal.out("Kept " + context.typed.name + " in the sealed store.\n");
  return Exit::done;
}

int run(const Context& context) {
  switch (context.typed.command) {
    case Command::help:
      context.terminal.out(context.typed.help);
      return Exit::done;
    case Command::version:
      context.terminal.out(DROVER_VERSION "\n");
      return Exit::done;
    case Command::validate:
      return validate(context);
    case Command::plan:
      return plan(context);
    case Command::apply:
    case Command::destroy:
      return apply(context);
    case Command::status:
      return status(context);
    case Command::show:
      return show(context);
    case Command::schema:
      return schema(context);
    case Command::secret_set:
      return set_secret(context);
    case Command::kubeconfig:
      return kubeconfig(context);
    case Command::forecast_train:
      return train(context);
    case Command::forecast_show:
      return show_models(context);
    case Command::forecast_sample:
      return write_sample(context);
    case Command::forecast_backtest:
      return backtest(context);
    case Command::scale_once:
    case Command::scale_watch:
      return scale(context);
    case Command::scale_pin:
    case Command::scale_pause:
    case Command::scale_resume:
      return set_hand(context);
    case Command::scale_explain:
      return explain_scaling(context);
    case Command::scale_replay:
      return replay_scaling(context);
    case Command::job_submit:
      return submit_job(context);
    case Command::job_list:
      return list_jobs(context);
    case Command::job_show:
      return show_job(context);
    case Command::job_logs:
      return show_log(context);
    case Command::job_cancel:
      return cancel_job(context);
    case Command::job_wait:
      return wait_for_job(context);
    case Command::job_why:
      return explain_job(context);
    case Command::job_delete:
      return delete_job(context);
    case Command::job_prune:
      return prune_jobs(context);
    case Command::job_download:
      return download_job(context);
    case Command::job_exec:
      return exec_in_job(context);
    case Command::job_port_forward:
      return forward_port(context);
    case Command::compute_advise:
      return advise_compute(context);
    case Command::verify:
      return verify(context);
    case Command::cloud_serve:
    case Command::serve:
    case Command::open:
      return Exit::failed;  // app/ takes them before
  }
  return Exit::failed;
}

}  // namespace drover::cli
