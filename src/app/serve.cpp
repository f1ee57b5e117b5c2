#include "app/serve.hpp"
#include "app/kept_watches.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "api/handlers.hpp"
#include "app/api_service.hpp"
#include "app/cloud_endpoints.hpp"
#include "app/measures.hpp"
#include "app/server_record.hpp"
#include "app/signals.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "drivers/system/files.hpp"
#include "jobs/retention.hpp"
#include "server/gate.hpp"

namespace drover::app {
namespace {

/// Open jobs are looked at this often, beside the ends of their processes: timeouts and grace have this precision.
constexpr Duration job_period = std::chrono::milliseconds(100);
/// The same while files go to or come from where jobs run: an exchange is taken in at each look.
constexpr Duration busy_job_period = std::chrono::milliseconds(10);
/// Ends of processes that come closer together than this are taken in at one look, with one commit for all of them.
constexpr Duration job_look_spacing = std::chrono::milliseconds(4);
/// Jobs that ended long ago are looked for this often.
constexpr Duration prune_period = std::chrono::hours(1);
/// What cannot be written (a full disk) is tried again after this.
constexpr Duration job_retry = std::chrono::seconds(1);
/// Watches of pools that have failed begin anew after this, and new ones within it.
constexpr Duration watch_period = std::chrono::seconds(5);
/// Answers under way when it is asked to stop have this long; an apply stops between two operations.
constexpr Duration drain_max = std::chrono::seconds(15);
/// Once more than these answers are out, their connections have this long.
constexpr Duration close_max = std::chrono::seconds(2);
/// Whether its state folder is still there is looked at this often.
constexpr Duration folder_period = std::chrono::seconds(5);
/// Of one request to the API: logs to learn from are the largest, and read up to this anyway.
constexpr std::uint64_t body_bytes_max = std::uint64_t{256} << 20;

class Host {
 public:
  Host(const cli::Context& context, const Environment& environment, std::span<const server::ShelvedFile> page)
      : context_(context),
        page_(page),
        errands_(clock_),
        workbench_(context.typed, environment, &errands_),
        environment_(environment),
        keep_said_(environment("DROVER_KEEP_JOBS").value_or("")) {}

  Status open();
  void run();

 private:
  /// `drover cloud serve`: the same server, whose --port and words are about the cloud that it serves.
  bool is_for_cloud() const { return context_.typed.command == cli::Command::cloud_serve; }
  Status listen();
  Status open_tracking();
  void tend_jobs();
  bool tick_jobs();
  Status read_keep();
  void prune_jobs();
  void tend_watches();
  std::optional<Duration> turn();
  void begin_drain();
  bool is_folder_there() const;

  const cli::Context& context_;
  const std::span<const server::ShelvedFile> page_;
  system::SystemClock clock_;
  server::Errands errands_;
  Workbench workbench_;
  std::shared_ptr<LocalWorld> world_;
  std::optional<CloudEndpoints> cloud_;
  std::optional<Measures> measures_;
  std::optional<ApiService> service_;
  std::unique_ptr<server::Server> server_;
  std::uint16_t api_port_ = 0;
  ServerRecord record_;
  server::ErrandId jobs_errand_{};
  std::optional<Instant> drained_by_;
  Instant folder_look_{};
  const Environment environment_;
  std::string keep_said_;            ///< DROVER_KEEP_JOBS
  Duration keep_ = Duration::max();  ///< jobs that are over; max: for ever, unless somebody says otherwise
  Instant prune_at_{};
  std::string complaint_;  ///< the last of the jobs' loop, said once
};

Status Host::open() {
  DROVER_CHECK(read_keep());
  DROVER_TRY(folder, absolute_folder(workbench_.folder()));
  DROVER_CHECK(workbench_.open());
  DROVER_TRY(jobs, workbench_.jobs());
  (void)jobs;
  DROVER_TRY(world, workbench_.local_world());
  world_ = std::move(world);
  cloud_.emplace(*world_, folder, environment_, !context_.typed.unconfined);
  DROVER_CHECK(cloud_->prepare());
  // One that was killed left its record: with the same token, pages that are open go on when this one is there.
  const auto before = read_record(folder);
  record_ = {.token = before && !before->token.empty() ? before->token : server::make_token(),
             .pid = ::getpid(),
             .started = clock_.now(),
             .version = DROVER_VERSION};
  if (record_.token.empty()) return fail(Code::unavailable, "the system has no randomness to give for a token");
  measures_.emplace(DROVER_VERSION, record_.started);
  service_.emplace(
      ApiService::Parts{.backend = workbench_,
                        .errands = errands_,
                        .measures = *measures_,
                        .token = record_.token,
                        .pid = record_.pid,
                        .started = record_.started,
                        .is_job_token = [this](std::string_view token) { return workbench_.is_job_token(token); },
                        .page = page_,
                        .worked =
                            [this] {
                              errands_.wake(jobs_errand_);
                              server_->wake();
                            }});
  DROVER_CHECK(listen());
  const auto asked = static_cast<std::uint16_t>(is_for_cloud() ? context_.typed.port : 0);
  server::Listener door{.port = asked != 0 ? asked : cloud_->last_port(), .tls = cloud_->identity(), .is_proxy = true};
  auto cloud_port = server_->listen(door);
  if (!cloud_port && door.port != 0 && asked == 0) {
    door.port = 0;
    cloud_port = server_->listen(door);
  }
  if (!cloud_port) return std::unexpected(std::move(cloud_port.error()));
  DROVER_CHECK(cloud_->announce(*server_, *cloud_port));
  DROVER_CHECK(open_tracking());
  // Last: whoever reads it finds all of it there.
  return write_record(folder, record_);
}

/// At the port that was asked for, or at that of the last time, since jobs that run know it; else at any.
Status Host::listen() {
  constexpr std::string_view port_key = "serve/port";
  const int asked = is_for_cloud() ? 0 : context_.typed.port;
  server::ServerOptions options{.port = static_cast<std::uint16_t>(asked)};
  options.body_bytes_max = body_bytes_max;
  options.drain_timeout = close_max;
  const auto handler = [this](const http::Request& request, const server::Client& client) {
    if (client.port != api_port_) return cloud_->answer(request, client);
    auto answer = service_->answer(request);
    server_->wake();  // an errand may have begun, and be due before all others
    return answer;
  };
  if (options.port == 0) {
    DROVER_TRY(last, workbench_.store().get(port_key));
    if (last) options.port = parse_whole<std::uint16_t>(*last).value_or(0);
  }
  auto server = server::Server::start(options, handler);
  if (!server && asked == 0 && options.port != 0) {
    options.port = 0;
    server = server::Server::start(options, handler);
  }
  if (!server) return std::unexpected(std::move(server.error()));
  server_ = std::move(*server);
  api_port_ = server_->port();
  record_.url = "http://127.0.0.1:" + std::to_string(api_port_);
  return workbench_.store().commit({{std::string(port_key), std::to_string(api_port_)}});
}

/// Jobs have tokens of their own, which outlive this process as they do.
Status Host::open_tracking() {
  const std::string name = "drover-jobs";
  auto key = workbench_.secrets().get(name);
  if (!key && key.error().code == Code::not_found) {
    DROVER_CHECK(workbench_.secrets().put(name, server::make_token()));
    key = workbench_.secrets().get(name);
  }
  if (!key && is_for_cloud()) {  // somebody else's home, perhaps: the cloud is served all the same
    context_.terminal.err("jobs started here log to no MLflow: " + format_error(key.error()) + "\n");
    return {};
  }
  if (!key) return std::unexpected(std::move(key.error()));
  workbench_.track_jobs(record_.url, *key);
  return {};
}

/// Brings jobs up to date; whether any is open.
bool Host::tick_jobs() {
  const auto jobs = workbench_.jobs();
  const auto ticked = jobs ? (*jobs)->tick() : Status(std::unexpected(jobs.error()));
  measures_->count_job_tick();
  if (!ticked) {
    if (std::exchange(complaint_, ticked.error().message) != complaint_)
      context_.terminal.err("jobs: " + format_error(ticked.error()) + "\n");
    return true;
  }
  complaint_.clear();
  for (const auto& job : (*jobs)->take_over()) workbench_.end_tracking(job);
  measures_->set_jobs((*jobs)->counts());
  return (*jobs)->has_open() || (*jobs)->has_traces();
}

Status Host::read_keep() {
  if (keep_said_.empty()) return {};
  const auto keep = parse_duration(keep_said_);
  if (!keep && keep_said_ != "forever")
    return fail(Code::invalid_input, "DROVER_KEEP_JOBS=" + printable(keep_said_) + " is no duration",
                "such as 30d, or forever");
  keep_ = keep.value_or(Duration::max());
  return {};
}

void Host::prune_jobs() {
  prune_at_ = clock_.now() + prune_period;
  const auto jobs = workbench_.jobs();
  if (!jobs || keep_ == Duration::max()) return;
  for (const auto& id : (*jobs)->outdated(keep_))
    if (auto removed = (*jobs)->remove(id); !removed)
      context_.terminal.err("jobs: " + format_error(removed.error()) + "\n");
}

/// The loop of jobs, as an errand among others.
void Host::tend_jobs() {
  Instant flush_by = instant_max;
  while (!stop_requested) {
    const bool is_open = tick_jobs();
    const Instant next_look = clock_.now() + job_look_spacing;
    if (clock_.now() >= prune_at_) prune_jobs();
    const auto jobs = workbench_.jobs();
    const bool is_moving = jobs && (*jobs)->moves_files();
    const Duration period = !complaint_.empty() ? job_retry : is_moving ? busy_job_period : job_period;
    const Instant now = clock_.now();
    if (!workbench_.has_unflushed())
      flush_by = instant_max;
    else if (now >= flush_by)
      flush_by = workbench_.flush() ? instant_max : now + job_retry;
    else if (flush_by == instant_max)
      flush_by = now + period;
    const int descriptor = workbench_.process_descriptor();
    std::vector<server::Awaited> awaited;
    if (descriptor >= 0) awaited.push_back({.descriptor = descriptor});
    errands_.wait_until(std::min({is_open ? now + period : instant_max, flush_by, prune_at_}), awaited);
    if (clock_.now() < next_look) errands_.wait_until(next_look);
  }
}

/// Pools that are scaled whether somebody looks or not, as errands among others.
void Host::tend_watches() {
  KeptWatches watches(*service_, workbench_.store(),
                      [this](const std::string& said) { context_.terminal.err(said + "\n"); });
  while (!stop_requested) {
    watches.tend();
    errands_.wait_until(clock_.now() + watch_period);
  }
}

bool Host::is_folder_there() const {
  struct stat info{};
  return ::stat(record_path(workbench_.folder()).c_str(), &info) == 0;
}

void Host::begin_drain() {
  drained_by_ = clock_.now() + drain_max;
  service_->drain();
  if (service_->under_way() > 0) context_.terminal.out("stopping: requests under way end first\n");
}

std::optional<Duration> Host::turn() {
  errands_.run_due();
  const Instant now = clock_.now();
  if (stop_requested && !drained_by_) begin_drain();
  if (drained_by_) {
    if (service_->under_way() == 0 || now >= *drained_by_) return std::nullopt;
    return std::chrono::milliseconds(10);
  }
  if (now >= folder_look_ + folder_period) {
    folder_look_ = now;
    if (!is_folder_there()) {
      context_.terminal.out("the state folder " + workbench_.folder() + " is gone, and so is what there was to do\n");
      stop_requested = true;
      return Duration{0};
    }
  }
  const Duration errand_pause =
      errands_.next_due() == instant_max ? folder_period : std::max(errands_.next_due() - now, Duration{0});
  return std::min({errand_pause, cloud_->tick(), folder_look_ + folder_period - now});
}

void Host::run() {
  if (is_for_cloud())
    context_.terminal.out("listening on " + cloud_->place().url() + "\n" + cloud_->instructions());
  else
    context_.terminal.out("listening on " + record_.url + " (its token is in " + record_path(workbench_.folder()) +
                          ")\nlocal cloud at " + cloud_->place().url() + " (CA: " + cloud_->place().ca() + ")\n");
  jobs_errand_ = errands_.start([this] { tend_jobs(); });
  errands_.start([this] { tend_watches(); });
  errands_.start([this] {
    while (!stop_requested) errands_.wait_until(instant_max, {{.descriptor = stop_descriptor()}});
  });
  server_->run([this] { return turn(); }, errands_.descriptor());
  (void)workbench_.flush();  // a full disk: it can be made again, at the next start
  if (is_folder_there()) ::unlink(record_path(workbench_.folder()).c_str());
  context_.terminal.out(is_for_cloud() ? "stopped; the world is kept in " + workbench_.folder() + "\n"
                                       : "stopped; jobs that run go on, and are found again at the next start\n");
}

}  // namespace

int serve(const cli::Context& context, const Environment& environment, std::span<const server::ShelvedFile> page) {
  Host host(context, environment, page);
  if (auto opened = host.open(); !opened) return cli::complain(context, std::move(opened.error()));
  host.run();
  return cli::Exit::done;
}

}  // namespace drover::app
