// Records of things that have a name in Azure are kept by that name in lower case, because Azure compares names without
// case. This brings the records of states that were made before that rule under their present keys.
#pragma once

#include "ports/store.hpp"

namespace drover::control {

/// Renames records whose key holds a name with upper-case letters. Does nothing in a state that it has seen before.
/// Where both spellings have a record, the lower-case one is the newer and stays as it is. Errors: the store's.
Status adopt_record_names(Store& store);

}  // namespace drover::control
