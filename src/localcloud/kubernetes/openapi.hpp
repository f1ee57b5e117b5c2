// The OpenAPI documents of a local cluster, made from the table of fields: version 2 as JSON and as the protocol buffer
// that kubectl before 1.27 asks for, version 3 a group at a time.
#pragma once

#include <string>
#include <string_view>

#include "localcloud/json.hpp"

namespace drover::localcloud::kubernetes {

Json openapi_v2();
/// gnostic's openapi.v2.Document of the same.
std::string openapi_v2_protobuf();
/// Where the documents of version 3 are: {"paths": {"api/v1": {"serverRelativeURL": ...}}}.
Json openapi_v3_index();
/// `path` is "api/v1" or "apis/apps/v1"; null for others.
Json openapi_v3(std::string_view path);

}  // namespace drover::localcloud::kubernetes
