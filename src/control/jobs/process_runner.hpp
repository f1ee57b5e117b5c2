// Attempts as processes of this machine.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "control/jobs/runner.hpp"
#include "jobs/assess.hpp"
#include "ports/folders.hpp"
#include "ports/processes.hpp"

namespace drover::control {

class ProcessRunner final : public Runner {
 public:
  using Variables = std::map<std::string, std::string>;
  /// `environment` is what every job sees, such as PATH; `variables` what one job sees beside it, asked when its
  /// process is about to start; may be empty. `machine` is held against what a job asks for.
  ProcessRunner(Processes& processes, Folders& folders, std::int64_t slots, Variables environment,
                std::function<Variables(const jobs::JobRecord&)> variables = nullptr, jobs::MachineFacts machine = {})
      : processes_(processes),
        folders_(folders),
        slots_(slots),
        environment_(std::move(environment)),
        variables_(std::move(variables)),
        machine_(std::move(machine)) {}

  std::int64_t slots() const override { return slots_; }
  std::vector<Error> missing(const jobs::JobRecord& job) const override;
  bool takes_copies() const override { return false; }
  void adopt(const jobs::JobRecord&, const JobPaths&) override {}
  void tick() override {}
  void wait(Instant until) override { processes_.wait(until); }
  std::optional<std::string> blind() const override { return std::nullopt; }
  void look_again() override {}
  bool is_busy() const override { return false; }
  Status start(const jobs::JobRecord& job, const JobPaths& paths) override;
  void terminate(const std::string& attempt) override { processes_.terminate(attempt); }
  void kill(const std::string& attempt) override { processes_.kill(attempt); }
  std::map<std::string, jobs::Begun> begun() const override;
  std::map<std::string, jobs::Ended> take_ended() override;
  void forget(const std::string& attempt) override { processes_.forget(attempt); }
  Result<JobDoor> door(const std::string& attempt, std::int64_t rank, bool is_terminal) const override;
  bool has_traces(const std::string&) const override { return false; }

 private:
  Status bring_outputs(const JobPaths& paths);
  Result<ProcessSpec> process_of(const jobs::JobRecord& job, const JobPaths& paths);
  static std::string see_input(const jobs::JobRecord& job, const std::string& name, ProcessSpec& process);
  Result<std::string> write_script(const std::string& command, const JobPaths& paths, ProcessSpec& process);
  Variables variables_of(const jobs::JobRecord& job, const JobPaths& paths, const std::string& outputs) const;

  Processes& processes_;
  Folders& folders_;
  std::int64_t slots_;
  Variables environment_;
  std::function<Variables(const jobs::JobRecord&)> variables_;
  jobs::MachineFacts machine_;
};

}  // namespace drover::control
