// Where a job would best run: for each place whether it can, when it would start and end, and what that costs, from
// what this estate has measured and, where it has not, from the dated table; with how good earlier advice turned out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "jobs/job.hpp"
#include "jobs/target.hpp"

namespace drover::jobs {

/// Cores that its cloud lets the nodes of a place and of others have, all together.
struct Quota {
  std::string of;  ///< "standardDSv2Family", "all dedicated nodes"
  std::int64_t used = 0, limit = 0;
  bool is_worth_a_note = true;  ///< even where it suffices
};

/// What is known of a place. Times are real ones.
struct PlaceFacts {
  std::string name;                 ///< as compute: takes it
  std::optional<JobTarget> target;  ///< of records that ran there; nullopt: not known
  std::string nodes;                ///< "4 x Standard_DS3_v2", for people
  std::int64_t nodes_max = 1;
  std::int64_t nodes_ready = 1;  ///< that stand now and need not be made
  double memory_gib = 0;         ///< of a node; 0: not known
  double cpus = 0;
  int gpus = 0;
  double usd_per_hour = 0;         ///< of a node
  bool is_paid_anyway = true;      ///< its nodes stand whether or not the job runs
  Duration idle{};                 ///< nodes are kept, and paid, for so long after the last job
  std::int64_t ahead = 0;          ///< jobs that wait or run there now
  Duration warm_start{};           ///< typical, from the table: with ready nodes
  Duration cold_start{};           ///< typical, from the table: nodes are made first
  double start_spread = 0.3;       ///< sigma of the logarithm of a start (lognormal), 0..2
  std::vector<Quota> quotas;       ///< where nodes that are made for it would count
  std::vector<std::string> notes;  ///< what else a person wants to know: sentences without a full stop
  std::vector<std::string> lacks;  ///< why it cannot run there: sentences without a full stop
};

/// A job that is over and ran once.
struct PastRun {
  JobTarget target;
  std::string command;
  Duration waited{}, ran{};
  bool ended_well = false;
  std::optional<Duration> foretold_wait, foretold_run;
};

enum class Basis : std::uint8_t { table, measured };

struct PlaceAdvice {
  std::string name, nodes;
  std::vector<std::string> lacks;  ///< empty: it can
  std::vector<std::string> notes;
  Duration start_p50{}, start_p90{};
  Basis start_basis = Basis::table;
  std::int64_t start_runs = 0;  ///< measured ones
  std::optional<Duration> run;  ///< median; none: it never ran anywhere
  bool run_is_from_elsewhere = false;
  double usd = 0;           ///< of one run, with the time that its nodes are kept after it
  double usd_standing = 0;  ///< an hour of the nodes that stand anyway
};

struct Advice {
  std::vector<PlaceAdvice> places;  ///< the best first, those that cannot last
  std::string best;                 ///< name; "" when none can
  std::string because;              ///< a sentence
  std::int64_t past = 0;            ///< runs with earlier advice
  double start_error = 0;           ///< median of |foretold - seen| / seen
  double run_error = 0;
};

/// Whether it asks for a GPU: docker's --gpus, an N-series size, or an environment named after CUDA.
bool needs_gpu(const JobSpec& spec);

/// `places` in any order. The best is the cheapest of those that end not much later than the first that ends.
Advice advise(const JobSpec& spec, const std::vector<PlaceFacts>& places, const std::vector<PastRun>& past);

}  // namespace drover::jobs
