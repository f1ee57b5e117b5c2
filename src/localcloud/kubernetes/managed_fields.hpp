// Who owns which field of an object: what server-side apply decides by, and what metadata.managedFields shows.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "localcloud/json.hpp"
#include "localcloud/kubernetes/schema.hpp"

namespace drover::localcloud::kubernetes {

struct Writer {
  std::string manager;
  std::string api_version;
  std::string subresource;  ///< "" for the object itself
};

/// Notes that `writer` made `after` of `before` (null for a new object) by an ordinary write.
void track_update(const Structure& structure, const Json* before, Json& after, const Writer& writer, Instant now);

struct FieldConflict {
  std::string manager;
  std::string api_version;
  std::string path;  ///< ".spec.replicas"
};

struct Applied {
  Json object;
  std::vector<FieldConflict> conflicts;  ///< without force: nothing was applied
};

/// Server-side apply: fields of `config` are set and owned by the writer; those that it owned and no longer names go,
/// unless another owns them too. A field that another owns with another value is a conflict, or with `force` taken.
Applied apply_config(const Structure& structure, const Json& live, const Json& config, const Writer& writer, bool force,
                     Instant now);

}  // namespace drover::localcloud::kubernetes
