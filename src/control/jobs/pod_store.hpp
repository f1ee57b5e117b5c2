// A container of blobs that Drover and the pods of a cluster both reach: what is too large to go with a Job lies there,
// and what jobs make comes back from there.
#pragma once

#include "base/result.hpp"
#include "jobs/pod_agent.hpp"
#include "ports/blob_store.hpp"
#include "ports/flow.hpp"

namespace drover::control {

class PodStore {
 public:
  virtual ~PodStore() = default;
  virtual BlobStore& blobs() = 0;
  /// Drover's own way in. Errors: those of whoever gives it.
  virtual Flow<Result<BlobDoor>> open() = 0;
  /// What lets pods in until then; `door` is from open(). Errors: precondition where it cannot be passed on.
  virtual Result<jobs::PodDoor> pass_on(const BlobDoor& door, Instant until) = 0;
  /// Takes in what has come of what was asked, without waiting.
  virtual void step() = 0;
};

}  // namespace drover::control
