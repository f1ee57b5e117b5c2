// How much must stand free so that no more than a share of jobs waits too long? Learned from whether the jobs did.
#pragma once

namespace drover::scaling {

struct HeadroomTerms {
  double late_share_max = 0.05;  ///< of jobs; 0.05 for a p95 of the waiting time. Above 0, below 1
  double most = 64;              ///< never more free than that; in the resource that jobs ask for (GPUs)
  double gain = 1;               ///< what one late job adds
};

/// Each late job adds, each job in time takes away, in such a proportion that they cancel out where as many are late as
/// may be: adaptive conformal inference (Gibbs and Candes 2021) on the free capacity. Whatever the load does, the share
/// of late jobs among n differs from what was aimed at by no more than (most + gain) / (gain n), as long as `most` is
/// enough. It aims a tenth below the share that is allowed.
class Headroom {
 public:
  /// `free`: as an earlier one left it.
  explicit Headroom(const HeadroomTerms& terms, double free = 0) : terms_(terms), free_(free) {}

  /// Once for each job: when it starts, or when it has waited too long (then not again).
  void push(bool is_late);
  /// To be kept free now; 0 .. most.
  double free() const { return free_; }

 private:
  HeadroomTerms terms_;
  double free_;
};

}  // namespace drover::scaling
