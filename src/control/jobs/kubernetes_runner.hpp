// Attempts as batch Jobs of a Kubernetes cluster (jobs/pod_manifest says how they look). Keeps a picture of its own
// Jobs and pods by two watches, follows their logs into the job's, and takes over what they made before it says that
// they have ended. What an earlier program left is found by label; what no record asks for is removed.
//
// kubernetes_making.cpp: what an attempt begins with; kubernetes_collect.cpp: what comes back of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "control/jobs/pod_store.hpp"
#include "control/jobs/runner.hpp"
#include "control/jobs/transfer.hpp"
#include "jobs/pod_manifest.hpp"
#include "jobs/pods.hpp"
#include "ports/cluster.hpp"
#include "ports/folders.hpp"

namespace drover::control {

struct KubernetesPlace {
  std::string home;             ///< label value: tells this Drover's objects from others', 1 to 63 letters and digits
  std::string space;            ///< namespace
  std::int64_t slots = 1000;    ///< Jobs at once; the cluster's own scheduler queues what has no room
  std::string context = {};     ///< for the user's kubectl; "" for the current one
  std::string kubeconfig = {};  ///< files that it is from, as KUBECONFIG names them; "" for the user's own
  /// Of one job's command, beside those of its file; empty: none.
  std::function<std::map<std::string, std::string>(const jobs::JobRecord&)> variables = nullptr;
};

class KubernetesRunner final : public Runner {
 public:
  /// All must outlive it. `store`: null where there is none, and all goes with the Jobs and by their logs.
  KubernetesRunner(kubernetes::Cluster& cluster, Flows& flows, Folders& folders, KubernetesPlace place,
                   PodStore* store = nullptr)
      : cluster_(cluster), flows_(flows), folders_(folders), place_(std::move(place)), store_(store) {}

  std::int64_t slots() const override { return place_.slots; }
  std::vector<Error> missing(const jobs::JobRecord& job) const override;
  bool takes_copies() const override { return true; }
  void adopt(const jobs::JobRecord& job, const JobPaths& paths) override;
  void tick() override;
  void wait(Instant until) override;
  std::optional<std::string> blind() const override;
  void look_again() override;
  bool is_busy() const override;
  bool moves_files() const override;
  Status start(const jobs::JobRecord& job, const JobPaths& paths) override;
  void terminate(const std::string& attempt) override;
  void kill(const std::string& attempt) override;
  std::map<std::string, jobs::Begun> begun() const override;
  std::map<std::string, jobs::Ended> take_ended() override;
  void forget(const std::string& attempt) override;
  Result<JobDoor> door(const std::string& attempt, std::int64_t rank, bool is_terminal) const override;
  bool has_traces(const std::string& job_id) const override;

 private:
  using Json = nlohmann::json;

  /// A watch on objects of one kind with our label, and what there is of them.
  struct Picture {
    kubernetes::ObjectKind kind;
    std::map<std::string, Json> objects;  ///< by name
    std::map<std::string, Json> gone;     ///< as they were last
    bool is_listed = false;
    std::optional<Flow<Status>> watch = {};
    Instant watch_again{};
    std::string trouble = {};
  };
  /// A container's log on its way to a file, or kept; a part of it that is there already is passed over.
  struct LogSink final : BodySink {
    Folders* folders = nullptr;
    std::string file;     ///< "": kept in `text`
    std::string text;     ///< what came last; an answer without any leaves it as it is
    bool begins = false;  ///< the next bytes are an answer's first
    std::int64_t skip_bytes = 0;
    Status written;
    bool write(std::string_view bytes) override;
  };
  struct LogFlow {
    std::unique_ptr<LogSink> sink = {};
    std::optional<Flow<Status>> flow = {};
    bool is_done = false;
    bool came_to_its_end = false;  ///< once, as the server had it
    int failures = 0;
    Instant again{};
    std::string trouble = {};
  };
  struct Attempt {
    jobs::JobRecord job;
    JobPaths paths;
    bool is_wanted = false;    ///< its Jobs are to be made
    bool is_stopping = false;  ///< its Jobs are being removed
    bool is_given_up = false;  ///< some of its Jobs are, or were before a crash: nothing of it is made any more
    std::optional<Flow<Status>> making = {};
    Instant make_again{};
    std::string make_trouble = {};
    std::string make_note = {};  ///< what is uploaded, before anything of it is in the cluster; then ""
    TransferProgress progress = {};
    std::map<std::int64_t, LogFlow> logs = {};      ///< by rank
    std::map<std::int64_t, std::string> pods = {};  ///< by rank: the pod that is this attempt, once it was seen
    std::map<std::int64_t, LogFlow> outputs = {};   ///< by rank
    struct Heard {
      std::string trouble = {};  ///< what its events say: a clause
      Instant since{}, again{};
    };
    std::map<std::int64_t, Heard> heard = {};   ///< by rank: of those that wait and do not say what for
    std::set<std::int64_t> kept_nodes = {};     ///< ranks whose node is on file
    std::optional<Flow<Status>> fetching = {};  ///< what lies in the store of it
    std::set<std::int64_t> stopped_ranks = {};  ///< which were told to end, since another has ended badly
    std::set<std::int64_t> stored_ranks = {};   ///< whose outputs came from the store whole
    Instant fetch_again{};
    int fetch_failures = 0;
    std::optional<jobs::Ended> verdict = {};
    Instant verdict_at{};
    bool is_over = false, is_told = false;
    Instant running_since{}, stuck_since{}, leaving_since{}, stop_again{}, kill_again{};
    std::string note = {};
    bool is_running = false;
  };

  void look(Picture& picture);
  /// How much of the time since then the cluster has been seen: what nobody could see wears out no patience.
  Duration seen_for(Instant since) const { return now() - std::max(since, seen_since_.value_or(now())); }
  void see(Picture& picture, kubernetes::WatchEvent event);
  /// Ends removals that are done and begins those that were asked for. Whatever begins a call may wait in it, and what
  /// is known of the cluster may change meanwhile: so no loop over that begins one itself.
  void step_removals();
  bool is_removing() const { return !removals_.empty() || !asked_removals_.empty(); }
  void clear_leftovers();
  void remove_later(kubernetes::ObjectName name, kubernetes::DeleteOptions options);
  void remove_jobs(const std::string& attempt, kubernetes::Propagation propagation);

  void advance(const std::string& name, Attempt& attempt);
  /// Adds what events say to what a rank waits for, and asks for them again, for one object at a time.
  void hear_events(const std::string& name, Attempt& attempt, std::vector<jobs::PodView>& views);
  void step_events();
  Flow<jobs::SpaceRules> space_rules();
  void make_missing(Attempt& attempt, const std::vector<jobs::PodView>& views);
  void stop_rest(Attempt& attempt, const std::vector<jobs::PodView>& views);
  void judge(Attempt& attempt, const std::vector<jobs::PodView>& views);
  void follow(Attempt& attempt, const std::vector<jobs::PodView>& views);
  bool follow_log(LogFlow& log, const std::string& pod, const char* container, bool has_ended);
  bool collect(Attempt& attempt, const std::vector<jobs::PodView>& views);
  void follow_outputs(Attempt& attempt, std::int64_t rank, const jobs::PodView& view);
  /// True once what lies in the store is here too; `outcome` says how that went.
  bool fetch_stored(Attempt& attempt, Status& outcome);
  static bool came_by_log(const Attempt& attempt, std::int64_t rank);
  Flow<Status> fetch_ranks(Attempt& attempt);
  Flow<Status> fetch_rank(Attempt& attempt, BlobDoor door, std::int64_t rank);
  Status take_outputs(Attempt& attempt);
  std::string outputs_folder(const Attempt& attempt, std::int64_t rank) const;
  /// Into a folder, whole or not at all.
  Status unpack_outputs(const Attempt& attempt, std::int64_t rank, LogFlow& outputs, const std::string& to);
  Status name_left_out(const Attempt& attempt, std::int64_t rank, const std::vector<LeftOut>& left_out);
  Status merge_outputs(const Attempt& attempt, std::int64_t rank, const std::string& from);
  bool give_up(Attempt& attempt);
  static std::string given_up_file(const Attempt& attempt) { return attempt.paths.work + "/given-up"; }
  bool has_job(const Attempt& attempt, std::int64_t rank) const;
  bool has_objects(const std::string& attempt) const;
  /// Settles which pod is that of a rank. A Job whose pod was taken away makes another, which is not the attempt: it
  /// might run beside the first. So the name of the first is kept on file.
  void find_pod(Attempt& attempt, std::int64_t rank);
  jobs::PodView view(const Attempt& attempt, std::int64_t rank) const;
  static std::string node_file(const Attempt& attempt, std::int64_t rank);
  void keep_node(Attempt& attempt, std::int64_t rank, const std::string& node);
  Json unseen_pod(const Attempt& attempt, std::int64_t rank) const;
  using Files = std::map<std::string, std::string>;
  Flow<Status> make(Attempt& attempt, jobs::PodWish wish, Files files);
  Flow<Result<Files>> bring(Attempt& attempt, bool goes_along);
  Flow<Status> bring_files(Attempt& attempt, BlobDoor door, std::vector<jobs::PodFile>& brought);
  Flow<Result<jobs::PodFile>> bring_file(Attempt& attempt, BlobDoor door, std::string from, std::string path);
  std::string stored_outputs(const Attempt& attempt) const;
  Result<jobs::PodWish> wish_of(const Attempt& attempt, std::int64_t rank, const std::string& master) const;
  Result<Files> small_files_of(const Attempt& attempt) const;
  /// Adds a line of Drover's own to the log, once, ahead of what the pod prints.
  Status say_before_log(const Attempt& attempt, const std::string& line) const;
  static std::string lines_file(const Attempt& attempt) { return attempt.paths.work + "/lines"; }
  bool has_files(const Attempt& attempt) const;
  Instant now() const { return flows_.now(); }

  kubernetes::Cluster& cluster_;
  Flows& flows_;
  Folders& folders_;
  KubernetesPlace place_;
  PodStore* store_;
  Picture jobs_{.kind = kubernetes::kinds::jobs};
  Picture pods_{.kind = kubernetes::kinds::pods};
  std::map<std::string, Attempt> attempts_;
  struct Removal {
    kubernetes::ObjectName name;
    kubernetes::DeleteOptions options;
  };
  std::vector<Removal> asked_removals_;
  std::vector<Flow<Result<bool>>> removals_;
  struct Question {
    std::string attempt;
    std::int64_t rank = 0;
    std::string object;  ///< name of its pod, or of its Job
    std::optional<Flow<Result<std::vector<Json>>>> answer = {};
  };
  std::optional<Question> question_;
  std::optional<jobs::SpaceRules> rules_;  ///< of the namespace; nullopt: not asked yet
  Instant rules_until_{};
  Instant cleared_{};
  std::optional<Instant> seen_since_ = {};  ///< the cluster, without a break; nullopt: it is not seen
};

}  // namespace drover::control
