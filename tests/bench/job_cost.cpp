// What a job on this machine costs above its bare launch:
//   job_cost line FOLDER            the bubblewrap line of such a job, for the scripts of peers
//   job_cost cpu DROVER FOLDER N    processor time of `drover serve` for a job, beside that of a program that only
//   makes
//                                   the control groups and launches the same line; N of each, in turn
//   job_cost pods IMAGE NODES       the Jobs that such a job becomes on a cluster, for kubectl: a List
// What runs inside bubblewrap is the same in both, and not counted.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "drivers/curl/curl_transport.hpp"
#include "drivers/system/cgroups.hpp"
#include "drivers/system/clocks.hpp"
#include "drivers/system/sandbox.hpp"
#include "jobs/pod_manifest.hpp"

namespace {

using namespace drover;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

ProcessSpec job_of(const std::string& folder) {
  return {.name = "bench",
          .command = {"/bin/bash", "-c", "true"},
          .environment = {{"PATH", "/usr/bin:/bin"}},
          .folder = folder,
          .mounts = {{folder, folder, true}}};
}

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

/// Launches the line in control groups of its own, and waits for its end; the processor time of this process alone.
class BareLauncher {
 public:
  explicit BareLauncher(const std::string& folder)
      : groups_(open_groups()), words_(system::launch_command(job_of(folder), "/usr/bin/bwrap", "/bin/sh")) {
    for (auto& word : words_) arguments_.push_back(word.data());
    arguments_.push_back(nullptr);
    // Above those that it becomes: on the same number it would stay closed to the launcher.
    nothing_ = ::fcntl(::open("/dev/null", O_RDWR | O_CLOEXEC), F_DUPFD_CLOEXEC, system::record_descriptor + 1);
  }

  double launch_s() {
    const double before = own_cpu_s();
    if (!groups_.make("bare", {})) give_up("no control group could be made");
    const auto entrances = groups_.entrances("bare", {});
    const pid_t child = ::vfork();
    if (child == 0) {
      for (const auto& entrance : entrances) {
        const int file = ::open(entrance.c_str(), O_WRONLY | O_CLOEXEC);
        if (file < 0 || ::write(file, "0", 1) != 1) ::_exit(126);
        ::close(file);
      }
      for (const int descriptor : {0, 1, 2, system::record_descriptor}) ::dup2(nothing_, descriptor);
      ::execv(arguments_.front(), arguments_.data());
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) give_up("the bare line ended with status " + std::to_string(status));
    while (!groups_.remove("bare")) ::usleep(100);
    return own_cpu_s() - before;
  }

 private:
  static system::Cgroups open_groups() {
    const auto controllers = [](const std::string& tree) { return text_of(tree + "/cgroup.controllers"); };
    auto groups = system::Cgroups::open(system::find_trees(text_of("/proc/self/mounts"), controllers),
                                        "drover-bench-" + std::to_string(::getpid()));
    if (!groups) give_up(groups.error().message);
    return *groups;
  }
  static double own_cpu_s() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }

  system::Cgroups groups_;
  std::vector<std::string> words_;
  std::vector<char*> arguments_;
  int nothing_ = -1;
};

constexpr int block = 50;

/// A server in a state folder of its own, given `block` jobs at a time.
class Server {
 public:
  Server(const std::string& drover, const std::string& folder) : state_(folder + "/state"), drover_(drover) {
    ::setenv("DROVER_STATE", state_.c_str(), 1);
    ::setenv("XDG_CONFIG_HOME", folder.c_str(), 1);
    if (std::system((drover_ + " serve --background >/dev/null").c_str()) != 0) give_up("drover serve did not start");
    const auto record = parse_json(text_of(state_ + "/serve.json"));
    url_ = record.at("url").get<std::string>();
    token_ = record.at("token").get<std::string>();
    statistics_ = "/proc/" + std::to_string(record.at("pid").get<int>()) + "/schedstat";
    const nlohmann::json job = {{"text", "command: \"true\"\nenvironment: host\n"}, {"folder", folder}};
    body_ = nlohmann::json{{"jobs", std::vector<nlohmann::json>(block, job)}}.dump();
  }
  ~Server() {
    if (std::system((drover_ + " serve --stop >/dev/null").c_str()) != 0) std::fprintf(stderr, "it did not stop\n");
  }

  /// Of a block, from the request until all is on record and it sleeps again.
  double run_jobs_s() {
    const double before = settled_cpu_s();
    http::Request request{.method = "POST", .url = url_ + "/v1/jobs/batch", .headers = {}, .body = body_};
    request.headers.add("Authorization", "Bearer " + token_);
    request.headers.add("Content-Type", "application/json");
    const auto answer = send(wire_, std::move(request), std::chrono::seconds(30), nullptr);
    if (!answer || !answer->ok()) give_up("a job was refused: " + (answer ? answer->body : answer.error().message));
    return settled_cpu_s() - before;
  }
  /// Jobs that ended well.
  std::string completed() {
    const auto answer = send(wire_, {.method = "GET", .url = url_ + "/metrics", .headers = {}, .body = ""},
                             std::chrono::seconds(30), nullptr);
    constexpr std::string_view mark = "\ndrover_jobs{state=\"completed\"} ";
    const auto at = answer ? answer->body.find(mark) : std::string::npos;
    if (at == std::string::npos) return "none";
    return answer->body.substr(at + mark.size(), answer->body.find('\n', at + 1) - at - mark.size());
  }

 private:
  double cpu_s() const { return std::strtod(text_of(statistics_).c_str(), nullptr) * 1e-9; }
  double settled_cpu_s() const {
    constexpr int still_wanted = 20;  // of a millisecond each: longer than a launch
    double last = cpu_s();
    for (int still = 0; still < still_wanted;) {
      ::usleep(1000);
      const double now = cpu_s();
      still = now == last && std::filesystem::is_empty(state_ + "/processes") ? still + 1 : 0;
      last = now;
    }
    return last;
  }

  std::string state_, drover_, url_, token_, statistics_, body_;
  system::SystemClock clock_;
  curl::CurlTransport wire_{clock_};
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int compare(const std::string& drover, const std::string& folder, int count) {
  BareLauncher bare(folder);
  Server server(drover, folder);
  std::vector<double> alone, above;
  for (int done = 0; done < count; done += block) {
    double bare_s = 0;
    for (int i = 0; i < block; ++i) bare_s += bare.launch_s();
    alone.push_back(bare_s * 1e3 / block);
    above.push_back(server.run_jobs_s() * 1e3 / block - alone.back());
  }
  if (const auto completed = server.completed(); std::atoi(completed.c_str()) != static_cast<int>(above.size()) * block)
    give_up("of " + std::to_string(count) + " jobs " + completed + " completed");
  char figure[64], peer[96];
  std::snprintf(figure, sizeof figure, "%.2f ms above a bare launch", median(above));
  std::snprintf(peer, sizeof peer, "bare launch: %.2f ms (medians of %zu times %d, in turn)", median(alone),
                above.size(), block);
  std::printf("%-52s %-34s %-24s %s\n", "CPU of one job, from submission to record", figure, "1 ms", peer);
  return 0;
}

/// All at once, as kubectl makes them: the address of rank 0, which Drover waits for, is made up.
int print_pods(const std::string& image, int nodes) {
  nlohmann::json list = {{"apiVersion", "v1"}, {"kind", "List"}, {"items", nlohmann::json::array()}};
  for (int rank = 0; rank < nodes; ++rank)
    list["items"].push_back(jobs::job_manifest({.home = "bench",
                                                .attempt = "bench.1",
                                                .space = "default",
                                                .image = image,
                                                .command = "true",
                                                .rank = rank,
                                                .nodes = nodes,
                                                .is_distributed = true,
                                                .master = rank == 0 ? "" : "10.0.0.1"}));
  std::printf("%s\n", list.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "line") {
    for (const auto& word : system::launch_command(job_of(words[1]), "/usr/bin/bwrap", "/bin/sh")) {
      if (word == "--json-status-fd" || word == std::to_string(system::record_descriptor)) continue;
      std::printf("'%s' ", word.c_str());
    }
    std::printf("\n");
    return 0;
  }
  if (words.size() == 3 && words[0] == "pods") return print_pods(words[1], std::atoi(words[2].c_str()));
  if (words.size() == 4 && words[0] == "cpu") return compare(words[1], words[2], std::atoi(words[3].c_str()));
  return 2;
}
