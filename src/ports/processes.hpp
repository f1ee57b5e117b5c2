// Isolated processes of this machine, for what really runs here: jobs, and the pods of local clusters. Who starts one
// decides what it sees; who implements this decides how it is shut in (drivers/system: bubblewrap and cgroups).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace drover {

/// A file or folder of this machine, as a process sees it.
struct Mount {
  std::string from;
  std::string to;  ///< absolute
  bool writable = false;
};

/// 0 everywhere: no limit.
struct ProcessLimits {
  std::int64_t memory_bytes = 0;
  double cpus = 0;
  std::int64_t processes = 0;
};

struct ProcessSpec {
  std::string name;                  ///< unique among those that run: 1 to 200 of letters, digits, '.', '_' and '-'
  std::vector<std::string> command;  ///< looked for in the PATH of `environment`
  std::vector<std::pair<std::string, std::string>> environment;  ///< all of it
  std::string folder = "/";                                      ///< where it starts, as it sees it
  std::string root;           ///< folder that it sees as /; "" = this machine's own, read-only
  std::vector<Mount> mounts;  ///< laid over the root in this order
  std::string log;            ///< file that its output and errors are appended to
  ProcessLimits limits;
  bool has_network = true;  ///< this machine's network; otherwise none but a loopback of its own
  bool confined = true;     ///< false: an ordinary process that sees all of this machine; limits and mounts are refused
};

struct ProcessEnd {
  std::string name;
  int exit_code = 0;           ///< 128 + n when signal n ended it
  bool out_of_memory = false;  ///< the kernel killed in it for its memory limit
  bool lost = false;           ///< it is gone and nobody saw how (a reboot): exit_code means nothing
};

/// What a machine can do. A reason when it cannot, and what would help.
struct Isolation {
  std::optional<Error> unconfined_only;  ///< set: only `confined = false` starts here
  std::optional<Error> no_limits;        ///< set: limits are refused
};

/// Processes outlive the program: one that is started with the same folder of records finds them again. Nothing is
/// retried. Not thread-safe.
class Processes {
 public:
  virtual ~Processes() = default;
  virtual const Isolation& isolation() const = 0;
  /// Returns when it runs (or could not be started: then the command's own exit code 127 or 126 comes as its end).
  /// invalid_input for a bad spec; already_exists when one of that name runs or its end was not forgotten;
  /// precondition for what isolation() lacks.
  virtual Status start(const ProcessSpec& spec) = 0;
  /// Asks all that runs in it to end (SIGTERM). Nothing happens when there is none of that name.
  virtual void terminate(const std::string& name) = 0;
  /// Asks its first process alone, which tells its children what it will: as a kubelet does.
  virtual void terminate_first(const std::string& name) { terminate(name); }
  /// Ends all that runs in it (SIGKILL); its end comes as usual.
  virtual void kill(const std::string& name) = 0;
  /// Names of those that run, in order; after a restart also those that an earlier program started.
  virtual std::vector<std::string> running() const = 0;
  /// The machine's number of the first process in it, for those who want to look inside; 0 when it does not run.
  virtual std::int64_t number_of(const std::string&) const { return 0; }
  /// Those that have ended since the last call, and after a restart all whose end was not forgotten. Does not wait.
  virtual std::vector<ProcessEnd> take_ended() = 0;
  /// Waits until one has ended, or `until`, whichever is first; true for the former.
  virtual bool wait(Instant until) = 0;
  /// Drops the record of one that has ended, so that its name is free. Say it once its end is kept elsewhere.
  virtual void forget(const std::string& name) = 0;
  /// For those who wait for more than processes: readable when one has ended that take_ended() has not told; -1 where
  /// there is none.
  virtual int descriptor() const { return -1; }
};

/// Processes of a test's imagination: they run until told otherwise.
class FakeProcesses final : public Processes {
 public:
  const Isolation& isolation() const override { return isolation_; }
  Status start(const ProcessSpec& spec) override;
  void terminate(const std::string& name) override;
  void kill(const std::string& name) override { finish(name, 137); }
  std::vector<std::string> running() const override;
  std::vector<ProcessEnd> take_ended() override;
  bool wait(Instant) override { return !fresh_.empty(); }
  void forget(const std::string& name) override { ended_.erase(name); }

  /// The named process ends so; nothing when it does not run.
  void finish(const std::string& name, int exit_code, bool out_of_memory = false);
  /// As after a reboot: all that ran is gone, and nobody saw how.
  void lose_all();
  /// As for the next program: ends that were not forgotten are told again.
  void tell_again();
  /// How it was started; null when it does not run.
  const ProcessSpec* find(const std::string& name) const;
  void set_isolation(Isolation isolation) { isolation_ = std::move(isolation); }
  /// Whether SIGTERM ends them (with 143); true at first.
  void heeds_terminate(bool heeds) { heeds_terminate_ = heeds; }

 private:
  Isolation isolation_;
  bool heeds_terminate_ = true;
  std::map<std::string, ProcessSpec> running_;
  std::map<std::string, ProcessEnd> ended_;
  std::vector<ProcessEnd> fresh_;
};

}  // namespace drover
