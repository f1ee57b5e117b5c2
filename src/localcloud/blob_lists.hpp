// Lists of the blob service, in its XML: containers of an account, blobs of a container, page by page.
#pragma once

#include "localcloud/blob_access.hpp"

namespace drover::localcloud {

http::Response list_containers(Call& call, const BlobTarget& target);
http::Response list_blobs(Call& call, const BlobTarget& target);

}  // namespace drover::localcloud
