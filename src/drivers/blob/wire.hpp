// What Azure Blob Storage says, read: error answers, and pages of a listing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ports/blobs.hpp"
#include "protocol/http/message.hpp"

namespace drover::blob {

/// The error that a non-2xx answer means, from its status, x-ms-error-code and XML body; `what` opens the message.
Error error_of(const http::Response& response, const std::string& what);

/// Whether the same request may succeed a little later: 408, 429 and 5xx but 501 and 505.
bool is_transient(int status);

struct ListPage {
  std::vector<BlobInfo> blobs;
  std::string next_marker;  ///< empty on the last page
};

/// Errors: corrupt (no XML, or not an EnumerationResults).
Result<ListPage> parse_list_page(std::string_view xml);

/// The id of a block (base64). All ids of a blob must be equally long; the number makes them unique and sorts them.
std::string format_block_id(std::int64_t index);

/// Bytes of the uncommitted blocks of a Get Block List answer, by our index; -1 where one is missing. Blocks with ids
/// that are not ours are passed over. Errors: corrupt.
Result<std::vector<std::int64_t>> parse_block_list(std::string_view xml);

/// Body of Put Block List that commits blocks in this order.
std::string format_block_list(const std::vector<std::string>& block_ids);

}  // namespace drover::blob
