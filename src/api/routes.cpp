#include "api/routes.hpp"

#include <algorithm>
#include <charconv>

#include "api/advice.hpp"
#include "api/clusters.hpp"
#include "api/errands.hpp"
#include "api/job_data.hpp"
#include "api/jobs.hpp"
#include "api/live_scaling.hpp"
#include "api/mlflow.hpp"
#include "api/pools.hpp"
#include "api/provisioning.hpp"
#include "api/scaling.hpp"
#include "api/verify.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "codec/estate_yaml.hpp"

namespace drover::api {
namespace {

http::Response schema(const Exchange&) {
  return {.status = 200, .headers = {{"Content-Type", "application/schema+json"}}, .body = codec::estate_schema()};
}

http::Response describe(const Exchange& exchange) { return answer(openapi(exchange.backend.version())); }

http::Response set_secret(const Exchange& exchange) {
  const std::string name = exchange.body.value("name", "");
  const std::string value = exchange.body.value("value", "");
  if (value.empty()) return refuse(Error{.code = Code::invalid_input, .message = "the secret is empty"});
  if (auto kept = exchange.backend.secrets().put(name, value); !kept) return refuse(std::move(kept.error()));
  return answer({{"name", name}});
}

constexpr std::array table = {
    Route{"GET", "/v1/openapi.json", describe, "This document", "", "Document"},
    Route{"GET", "/v1/schema", schema, "JSON Schema of estate files", "", "Document"},
    Route{"POST", "/v1/validate", validate, "Check an estate", "ValidateRequest", "Validation"},
    Route{"POST", "/v1/plan", plan, "What an apply would do, and why", "PlanRequest", "Plan"},
    Route{"POST", "/v1/apply", apply, "Bring the world to what the estate wants, or destroy", "ApplyRequest",
          "ApplyReport", "", true},
    Route{"POST", "/v1/status", status, "What there is, and how it differs from the estate", "EstateRequest", "Status"},
    Route{"GET", "/v1/history", history, "What was done, from the journal", "", "History"},
    Route{"POST", "/v1/kubeconfig", kubeconfig, "Credentials of a cluster of the estate", "KubeconfigRequest",
          "Kubeconfig"},
    Route{"POST", "/v1/forecast/train", train, "Learn models from a log and keep them", "TrainRequest", "Training"},
    Route{"POST", "/v1/forecast/models", models, "The models that are kept", "ModelsRequest", "Models"},
    Route{"POST", "/v1/scale", scale, "Forecast, decide, and set the pool's nodes", "ScaleRequest", "ScaleOutcome"},
    Route{"POST", "/v1/scale/hand", set_scale_hand, "Pin a pool to a count, pause it, or take that back",
          "ScaleHandRequest", "ScaleHand"},
    Route{"POST", "/v1/scale/explain", explain_scale, "What was decided, and from what", "ExplainRequest", "Explained"},
    Route{"GET", "/v1/pools", list_pools, "Pools that are run live, and what was decided of them lately", "", "Pools"},
    Route{"POST", "/v1/pools/hand", set_pool_hand, "The same as scale/hand, of a pool that the server scales by itself",
          "PoolHandRequest", "ScaleHand"},
    Route{"POST", "/v1/scale/watch", watch, "Do that again and again", "WatchRequest", "WatchEnd", "", true},
    Route{"PUT", "/v1/secrets/{name}", set_secret, "Keep a secret in the sealed store", "SecretRequest", "SecretKept"},
    Route{"POST", "/v1/jobs", submit_job, "Submit a command-job file", "SubmitRequest", "Submitted"},
    Route{"POST", "/v1/jobs/advice", advise_job, "Where a job would best run, and what it would cost there",
          "AdviceRequest", "Advice"},
    Route{"POST", "/v1/verify", verify, "Run a tiny job everywhere at once, and tell how it went", "VerifyRequest",
          "Verification", "", true},
    Route{"POST", "/v1/jobs/batch", submit_jobs, "Submit many command-job files: all of them or none", "BatchRequest",
          "Jobs"},
    Route{"POST", "/v1/jobs/prune", prune_jobs, "Delete jobs that ended long ago", "PruneRequest", "Pruned"},
    Route{"GET", "/v1/jobs", list_jobs, "All jobs", "", "Jobs", "JobsQuery"},
    Route{"GET", "/v1/jobs/{id}", show_job, "One job, with its outputs", "", "JobInFull"},
    Route{"DELETE", "/v1/jobs/{id}", delete_job, "Forget a job that is over", "", "JobForgotten"},
    Route{"GET", "/v1/jobs/{id}/metrics", show_metrics, "What it has logged with MLflow", "", "JobMetrics"},
    Route{"GET", "/v1/jobs/{id}/outputs/{path}", read_output, "A piece of one of its output files", "", "Bytes",
          "OutputQuery"},
    Route{"GET", "/v1/jobs/{id}/access", access_job, "Programs that lead into a job that runs", "", "JobAccess",
          "AccessQuery"},
    Route{"POST", "/v1/jobs/{id}/cancel", cancel_job, "End a job", "Nothing", "Job"},
    Route{"GET", "/v1/jobs/{id}/log", follow_job, "A piece of its log; as events, all of it until it is over", "",
          "LogPiece", "LogQuery", true},
    Route{"POST", "/v1/jobs/{id}/download", download_job, "Copy its outputs to a folder of the server's machine",
          "DownloadRequest", "Downloaded"},
    Route{"GET", "/v1/errands", list_errands, "Requests that are being worked on", "", "Errands"},
    Route{"DELETE", "/v1/errands/{id}", stop_errand, "Ask one to stop where it can, as ctrl-c does", "", "ErrandAsked"},
};

std::optional<std::string> decoded(std::string_view segment) {
  std::string out;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      out += segment[i];
      continue;
    }
    int value = 0;
    const auto digits = segment.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

/// Whether the path is one of the template, and what stands for its names.
bool fits(std::string_view form, std::string_view path, json* names) {
  while (true) {
    const auto form_end = form.find('/', 1), path_end = path.find('/', 1);
    const auto form_part = form.substr(1, form_end == form.npos ? form.npos : form_end - 1);
    const auto path_part = path.substr(1, path_end == path.npos ? path.npos : path_end - 1);
    if (form_part.starts_with('{')) {
      const auto value = decoded(path_part);
      if (!value || value->empty()) return false;
      if (names != nullptr) (*names)[std::string(form_part.substr(1, form_part.size() - 2))] = *value;
    } else if (form_part != path_part) {
      return false;
    }
    if (form_end == form.npos || path_end == path.npos) return form_end == path_end;
    form.remove_prefix(form_end);
    path.remove_prefix(path_end);
  }
}

/// A query's value in the type that whole numbers and texts have in bodies.
json value_of(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && error == std::errc{} && end == text.data() + text.size()) return number;
  return text;
}

}  // namespace

std::span<const Route> routes() { return table; }

Result<Asked> match(const http::Request& request) {
  const auto url = http::parse_url(request.url);
  const std::string_view path = url ? url->path : "/";
  std::string methods;
  for (const auto& route : table) {
    if (!fits(route.path, path, nullptr)) continue;
    if (route.method != request.method) {
      methods += (methods.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    Asked asked{&route, request.body.empty() ? json::object() : parse_json(request.body)};
    if (!asked.body.is_object()) return fail(Code::invalid_input, "the request's body is not a JSON object");
    if (!route.query.empty())
      for (const auto& [name, value] : http::parse_query(url->query)) asked.body[name] = value_of(value);
    fits(route.path, path, &asked.body);
    return asked;
  }
  if (methods.empty())
    return fail(Code::not_found, "no such route: " + request.method + " " + printable(path),
                "GET /v1/openapi.json tells which there are");
  return fail(Code::not_found, printable(path) + " does not take " + request.method, "it takes " + methods);
}

std::string_view route_name(const http::Request& request) {
  const auto url = http::parse_url(request.url);
  if (url && is_mlflow(url->path)) return "mlflow";
  for (const auto& route : table)
    if (url && route.method == request.method && fits(route.path, url->path, nullptr)) return route.path;
  return "other";
}

}  // namespace drover::api
