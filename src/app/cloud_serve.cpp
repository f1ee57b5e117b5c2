#include "app/cloud_serve.hpp"

#include <filesystem>

#include "app/cloud_endpoints.hpp"
#include "app/signals.hpp"
#include "drivers/system/files.hpp"

namespace drover::app {
namespace {

/// The end after a signal comes within this real time.
constexpr Duration look = std::chrono::milliseconds(100);

Status serve_until_stopped(const cli::Context& context, const Environment& environment) {
  DROVER_TRY(folder, absolute_folder(state_folder(context.typed, environment)));
  DROVER_TRY(lock, system::FolderLock::take(folder));
  LocalWorld local;
  local.set_physics({.retry_after_ms = context.typed.retry_after_ms});
  DROVER_CHECK(local.open(folder, context.typed.speed));
  CloudEndpoints cloud(local, folder, environment, !context.typed.unconfined);
  DROVER_CHECK(cloud.prepare());
  DROVER_TRY(
      server,
      server::Server::start(
          {.port = static_cast<std::uint16_t>(context.typed.port), .tls = cloud.identity(), .is_proxy = true},
          [&](const http::Request& request, const server::Client& client) { return cloud.answer(request, client); }));
  DROVER_CHECK(cloud.announce(*server, server->port()));
  context.terminal.out("listening on " + cloud.place().url() + "\n" + cloud.instructions());
  server->run([&]() -> std::optional<Duration> {
    if (stop_requested) return std::nullopt;
    return std::min(cloud.tick(), look);
  });
  context.terminal.out("stopped; the world is kept in " + folder + "\n");
  return {};
}

}  // namespace

int serve_cloud(const cli::Context& context, const Environment& environment) {
  if (auto served = serve_until_stopped(context, environment); !served)
    return cli::complain(context, std::move(served.error()));
  return cli::Exit::done;
}

}  // namespace drover::app
