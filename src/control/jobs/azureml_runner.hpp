// Attempts as command jobs of an Azure ML workspace, on one of its computes: an AmlCompute cluster, or a Kubernetes
// cluster attached to it. Each attempt is a conversation of its own, straight from its upload to what it made: code and
// data go up under names made of their content, the job is submitted under a name that is never used twice, its log
// comes as it is written, and its outputs are here before it is said to have ended.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "control/jobs/runner.hpp"
#include "control/jobs/transfer.hpp"
#include "ports/blob_store.hpp"
#include "ports/clock.hpp"
#include "ports/folders.hpp"
#include "ports/training.hpp"

namespace drover::control {

struct AzuremlPlace {
  std::string workspace;                   ///< its name, for sentences
  std::string compute;                     ///< its name in the workspace
  std::string home;                        ///< tells this Drover's jobs from others'; letters and digits
  bool takes_host = false;                 ///< the image `host` means something there
  double pace = 1;                         ///< seconds of the workspace's world in one real second
  std::optional<Error> no_isolation = {};  ///< set: it is the local cloud's, and cannot shut commands in here
  std::string asleep = {};                 ///< set: nothing happens there now, and why (a clause)
  std::int64_t slots = 1000;               ///< jobs at once; the compute queues what has no room
  /// Of one job's command, beside those of its file; empty: none.
  std::function<std::map<std::string, std::string>(const jobs::JobRecord&)> variables = nullptr;
};

class AzuremlRunner final : public Runner {
 public:
  /// All must outlive it. `clock` is real time; `flows` may run in a world of its own.
  AzuremlRunner(training::Workspace& workspace, BlobStore& blobs, Flows& flows, Folders& folders, const Clock& clock,
                AzuremlPlace place)
      : workspace_(workspace),
        blobs_(blobs),
        flows_(flows),
        folders_(folders),
        clock_(clock),
        place_(std::move(place)) {}

  std::int64_t slots() const override { return place_.slots; }
  std::vector<Error> missing(const jobs::JobRecord& job) const override;
  bool takes_copies() const override { return true; }
  bool needs_text_names() const override { return true; }
  void adopt(const jobs::JobRecord& job, const JobPaths& paths) override;
  void tick() override;
  void wait(Instant until) override;
  /// What is not known of one job is said of that job.
  void look_again() override;
  std::optional<std::string> blind() const override {
    return place_.asleep.empty() ? std::nullopt : std::optional(place_.asleep);
  }
  bool is_busy() const override { return false; }
  bool moves_files() const override;
  Status start(const jobs::JobRecord& job, const JobPaths& paths) override;
  void terminate(const std::string& attempt) override;
  void kill(const std::string& attempt) override { terminate(attempt); }
  std::map<std::string, jobs::Begun> begun() const override;
  std::map<std::string, jobs::Ended> take_ended() override;
  void forget(const std::string& attempt) override { attempts_.erase(attempt); }
  /// Jobs stay in the workspace's history, as its other users expect.
  bool has_traces(const std::string&) const override { return false; }

 private:
  struct Attempt {
    jobs::JobRecord job;
    JobPaths paths;
    std::string name;           ///< in the workspace
    bool is_submitted = false;  ///< as far as is known
    bool is_stopping = false, is_running = false, is_over = false, is_told = false;
    bool has_ended = false;  ///< its command has, as far as the workspace has said
    std::string note, compute_note, log_address;
    Instant running_since{}, stopping_since{};  ///< real time
    std::optional<Instant> unseen_since = {};   ///< since when the workspace does not say how it is; real time
    TransferProgress progress = {};
    bool moves_files = false;
    std::optional<jobs::Ended> verdict = {};
    std::optional<Flow<Status>> life = {};
  };
  using Step = Flow<Status>;

  /// The whole of an attempt.
  Step live(Attempt& attempt);
  /// Until it is submitted: look whether it was, upload, submit.
  Step bring(Attempt& attempt);
  training::JobWish wish_of(const Attempt& attempt) const;
  Flow<Result<training::JobWish>> prepare(Attempt& attempt);
  Flow<Result<std::string>> bring_code(Attempt& attempt, BlobDoor door);
  Flow<Result<std::string>> bring_environment(Attempt& attempt, BlobDoor door);
  Flow<Result<training::InputWish>> bring_input(Attempt& attempt, BlobDoor door, std::string name);
  Step bring_outputs(Attempt& attempt, BlobDoor door);
  /// Puts a file or folder of this machine into the store, under its content's name; the path of the blob or folder.
  Flow<Result<std::string>> send(Attempt& attempt, BlobDoor door, std::string path, std::string last_name);
  bool is_given_up(Attempt& attempt, const std::string& why) const;
  /// How it is there; nothing: it is not there.
  Flow<Result<std::optional<training::JobView>>> look(Attempt& attempt);
  bool is_on_the_clock(const Attempt& attempt) const;
  /// Until the workspace says that it is over.
  Step watch(Attempt& attempt);
  Step follow_log(Attempt& attempt);
  Flow<bool> look_at_compute(Attempt& attempt);
  void note_run(Attempt& attempt, const training::JobView& view) const;
  /// What it made and said, here.
  Step collect(Attempt& attempt);
  Step take(Attempt& attempt, std::string datastore, std::string path, std::string folder);
  Step take_file(Attempt& attempt, std::string path, std::string file);
  Flows::Pausing pause(Duration real);

  training::Workspace& workspace_;
  BlobStore& blobs_;
  Flows& flows_;
  Folders& folders_;
  const Clock& clock_;
  AzuremlPlace place_;
  std::map<std::string, Attempt> attempts_;
};

}  // namespace drover::control
