// Folders up to a container of blobs and down again. What was cut off goes on where it was: a blob that is there is not
// sent again, a part that was put is not either, and a file that came half is gone on with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "jobs/lifecycle.hpp"
#include "ports/blob_store.hpp"
#include "ports/file_walk.hpp"
#include "ports/folders.hpp"

namespace drover::control {

/// How far a transfer is, for whoever looks meanwhile.
struct TransferProgress {
  std::int64_t done_bytes = 0, total_bytes = 0;  ///< total: 0 while it is not known
  std::vector<LeftOut> left_out = {};            ///< blobs whose names can be no file, of all transfers so far
};

/// Puts it into what is said of an attempt: "its code is uploaded, 12.0 of 40.0 MiB".
void tell(const TransferProgress& progress, jobs::Begun& begun);

/// A name for what is in a file or folder, by paths and content: the same for the same, for ever. 32 hexadecimal
/// digits. Errors: those of reading; not_found when there is nothing.
Result<std::string> content_name(Folders& folders, const std::string& path);

/// Puts a file, or all files of a folder, below `prefix`, which must be named after its content (content_name): what is
/// there already under that name is taken for the same. `folders`, `store` and `progress` must outlive it.
Flow<Status> upload(BlobStore& store, Folders& folders, BlobDoor door, std::string path, std::string prefix,
                    TransferProgress& progress);

/// All blobs below `prefix` (without '/' at the end) into a folder; how many. Files that are there and as long as their
/// blobs are taken for whole, shorter ones are gone on with. One whose name would lead out of the folder, or can be no
/// file, is left out and named in `progress`.
Flow<Result<std::int64_t>> download(BlobStore& store, Folders& folders, BlobDoor door, std::string prefix,
                                    std::string folder, TransferProgress& progress);

/// One blob into a file; false when there is none of that name.
Flow<Result<bool>> download_blob(BlobStore& store, Folders& folders, BlobDoor door, std::string name, std::string file,
                                 TransferProgress& progress);

}  // namespace drover::control
