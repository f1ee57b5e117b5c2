// The three patch formats that change an object as it is: JSON merge patch, JSON patch, strategic merge patch.
#pragma once

#include "base/result.hpp"
#include "localcloud/json.hpp"
#include "localcloud/kubernetes/schema.hpp"

namespace drover::localcloud::kubernetes {

/// RFC 7386.
Json merge_patch(Json target, const Json& patch);
/// RFC 6902. Errors: invalid_input (no such patch), precondition (a test failed, or a path is not there).
Result<Json> json_patch(const Json& target, const Json& operations);
/// As kubectl writes them: lists merge by the keys of the structure; $patch, $retainKeys, $setElementOrder and
/// $deleteFromPrimitiveList are obeyed. Errors: invalid_input (an element lacks its key, a directive is none).
Result<Json> strategic_patch(const Structure& structure, Json target, const Json& patch);

}  // namespace drover::localcloud::kubernetes
