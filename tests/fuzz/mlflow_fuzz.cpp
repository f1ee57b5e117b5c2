// Requests to MLflow's API: a body or a query reads, or is refused as the client's fault; what reads has the kinds that
// were asked for, and can be written as JSON.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "api/mlflow_request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drover;
  using enum api::FieldKind;
  static constexpr std::array fields = {
      api::Field{"run_id", text},    api::Field{"experiment_id", id}, api::Field{"step", whole},
      api::Field{"value", real},     api::Field{"order_by", texts},   api::Field{"experiment_ids", ids},
      api::Field{"params", pairs},   api::Field{"metrics", metrics},  api::Field{"datasets", datasets},
      api::Field{"view_type", view}, api::Field{"status", status},    api::Field{"models", none}};
  const std::string given(reinterpret_cast<const char*>(data), size);
  const http::Request post{.method = "POST", .url = "http://h/", .headers = {}, .body = given};
  const http::Request get{.method = "GET", .url = "http://h/?" + given, .headers = {}, .body = ""};
  for (const auto* request : {&post, &get}) {
    const auto asked = api::read_mlflow(*request, fields);
    if (!asked && asked.error().code != Code::invalid_input) std::abort();
    if (!asked) continue;
    if (asked->contains("step") && !asked->at("step").is_number_integer()) std::abort();
    if (asked->contains("experiment_id") && !asked->at("experiment_id").is_string()) std::abort();
    if (asked->dump().empty()) std::abort();  // throws where a text is not UTF-8
  }
  return 0;
}
