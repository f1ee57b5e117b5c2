#include "control/jobs/transfer.hpp"

#include <algorithm>
#include <cstdio>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace drover::control {
namespace {

/// One exchange: small enough to lose, large enough not to be all overhead; 50,000 of them are 390 GiB.
constexpr std::int64_t piece_bytes = std::int64_t{8} << 20;
constexpr int pages_max = 10'000;
constexpr std::size_t name_length = 32;

std::string join_path(const std::string& folder, const std::string& path) {
  return path.empty() ? folder : folder + "/" + path;
}

/// Names of blobs come from elsewhere. A backslash parts nothing here.
bool is_inside(std::string_view name) {
  return !name.empty() && name.find('\0') == std::string_view::npos &&
         std::ranges::none_of(split(name, '/'),
                              [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

Flow<Status> upload_file(BlobStore& store, Folders& folders, BlobDoor door, std::string file, std::string name,
                         std::int64_t bytes, TransferProgress& progress) {
  auto present = co_await store.size(door, name);
  if (!present) co_return std::unexpected(std::move(present.error()));
  if (*present && static_cast<std::int64_t>(**present) == bytes) {
    progress.done_bytes += bytes;
    co_return Status{};
  }
  if (bytes <= piece_bytes) {
    auto content = folders.read(file, 0, piece_bytes);
    if (!content) co_return std::unexpected(std::move(content.error()));
    auto put = co_await store.put(std::move(door), std::move(name), std::move(*content));
    if (put) progress.done_bytes += bytes;
    co_return put;
  }
  auto parts = co_await store.blocks(door, name);
  if (!parts) co_return std::unexpected(std::move(parts.error()));
  const std::int64_t count = (bytes + piece_bytes - 1) / piece_bytes;
  for (std::int64_t index = 0; index < count; ++index) {
    const std::int64_t length = std::min(piece_bytes, bytes - index * piece_bytes);
    if (index >= std::ssize(*parts) || (*parts)[static_cast<std::size_t>(index)] != length) {
      auto content = folders.read(file, index * piece_bytes, length);
      if (!content) co_return std::unexpected(std::move(content.error()));
      auto put = co_await store.put_block(door, name, index, std::move(*content));
      if (!put) co_return put;
    }
    progress.done_bytes += length;
  }
  auto committed = co_await store.commit(std::move(door), std::move(name), count);
  co_return committed;
}

Flow<Status> download_file(BlobStore& store, Folders& folders, BlobDoor door, std::string name, std::string file,
                           std::int64_t bytes, TransferProgress& progress) {
  auto here = folders.size(file);
  if (!here) co_return std::unexpected(std::move(here.error()));
  if (*here > bytes || bytes == 0) {
    if (auto removed = folders.remove(file); !removed) co_return removed;
    *here = 0;
  }
  if (bytes == 0) co_return folders.append(file, "");
  progress.done_bytes += *here;
  while (*here < bytes) {
    auto content = co_await store.read(door, name, *here, std::min(piece_bytes, bytes - *here));
    if (!content) co_return std::unexpected(std::move(content.error()));
    if (content->empty()) co_return fail(Code::unavailable, "blob " + name + " ended before its end");
    if (auto kept = folders.append(file, *content); !kept) co_return kept;
    *here += std::ssize(*content);
    progress.done_bytes += std::ssize(*content);
  }
  co_return Status{};
}

/// "12.0 of 40.0 MiB"
std::string format_mebibytes(std::int64_t done_bytes, std::int64_t total_bytes) {
  constexpr double mebibyte = 1 << 20;
  char text[64];
  std::snprintf(text, sizeof text, "%.1f of %.1f MiB", static_cast<double>(done_bytes) / mebibyte,
                static_cast<double>(total_bytes) / mebibyte);
  return text;
}

}  // namespace

void tell(const TransferProgress& progress, jobs::Begun& begun) {
  if (progress.total_bytes <= 0) return;
  begun.done_bytes = progress.done_bytes;
  begun.total_bytes = progress.total_bytes;
  begun.note += ", " + format_mebibytes(progress.done_bytes, progress.total_bytes);
}

Result<std::string> content_name(Folders& folders, const std::string& path) {
  if (!folders.exists(path)) return fail(Code::not_found, "there is no " + printable(path));
  DROVER_TRY(files, folders.list(path));
  std::string listing;
  for (const auto& file : files) {
    listing += file.path + '\n' + std::to_string(file.bytes) + '\n';
    for (std::int64_t offset = 0; offset < file.bytes; offset += piece_bytes) {
      DROVER_TRY(piece, folders.read(join_path(path, file.path), offset, piece_bytes));
      listing += sha256_hex(piece) + '\n';
    }
  }
  return sha256_hex(listing).substr(0, name_length);
}

Flow<Status> upload(BlobStore& store, Folders& folders, BlobDoor door, std::string path, std::string prefix,
                    TransferProgress& progress) {
  auto files = folders.list(path);
  if (!files) co_return std::unexpected(std::move(files.error()));
  progress.done_bytes = progress.total_bytes = 0;
  for (const auto& file : *files) progress.total_bytes += file.bytes;
  for (const auto& file : *files) {
    auto sent = co_await upload_file(store, folders, door, join_path(path, file.path), join_path(prefix, file.path),
                                     file.bytes, progress);
    if (!sent) co_return sent;
  }
  co_return Status{};
}

Flow<Result<std::int64_t>> download(BlobStore& store, Folders& folders, BlobDoor door, std::string prefix,
                                    std::string folder, TransferProgress& progress) {
  progress.done_bytes = progress.total_bytes = 0;
  std::vector<BlobInfo> blobs;
  std::string marker;
  for (int count = 0; count < pages_max; ++count) {
    auto page = co_await store.list(door, prefix + "/", marker);
    if (!page) co_return std::unexpected(std::move(page.error()));
    std::ranges::move(page->blobs, std::back_inserter(blobs));
    marker = page->next;
    if (marker.empty()) break;
  }
  // One that ends in '/' stands for an empty folder.
  std::erase_if(blobs, [](const BlobInfo& blob) { return blob.name.ends_with('/'); });
  for (const auto& blob : blobs) progress.total_bytes += static_cast<std::int64_t>(blob.size_bytes);
  for (const auto& blob : blobs) {
    const std::string name = blob.name.substr(prefix.size() + 1);
    if (!is_inside(name)) {
      progress.left_out.push_back({blob.name, "a file cannot have this name"});
      continue;
    }
    auto got = co_await download_file(store, folders, door, blob.name, join_path(folder, name),
                                      static_cast<std::int64_t>(blob.size_bytes), progress);
    if (!got && got.error().code == Code::not_found) {
      progress.left_out.push_back({blob.name, "it is listed, and is not there"});
      continue;
    }
    if (!got) co_return std::unexpected(std::move(got.error()));
  }
  co_return std::ssize(blobs);
}

Flow<Result<bool>> download_blob(BlobStore& store, Folders& folders, BlobDoor door, std::string name, std::string file,
                                 TransferProgress& progress) {
  auto size = co_await store.size(door, name);
  if (!size) co_return std::unexpected(std::move(size.error()));
  if (!*size) co_return false;
  progress.done_bytes = 0;
  progress.total_bytes = static_cast<std::int64_t>(**size);
  auto got = co_await download_file(store, folders, std::move(door), std::move(name), std::move(file),
                                    progress.total_bytes, progress);
  if (!got) co_return std::unexpected(std::move(got.error()));
  co_return true;
}

}  // namespace drover::control
