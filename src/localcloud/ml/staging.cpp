#include "localcloud/ml/staging.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "localcloud/containers.hpp"
#include "ports/file_walk.hpp"

namespace drover::localcloud::ml {
namespace {

namespace fs = std::filesystem;

/// A log in the artifacts is no longer than this; the rest stays on the machine, and the log says so.
constexpr std::size_t log_bytes_max = 64u << 20;

std::unexpected<Error> cannot(const std::string& what, const std::error_code& error) {
  return fail(Code::unavailable, what + ": " + error.message());
}

/// Blob names come from clients: one that would lead out of its folder is none.
bool is_inside(std::string_view path) {
  return !path.empty() && !path.starts_with('/') && path.find('\0') == std::string_view::npos &&
         std::ranges::none_of(split(path, '/'), [](std::string_view part) { return part == ".." || part.empty(); });
}

Status make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return cannot("making " + path.string(), error);
  return {};
}

Status write_file(const fs::path& path, const std::string& bytes) {
  DROVER_CHECK(make_folder(path.parent_path()));
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (!file) return fail(Code::unavailable, "cannot write " + path.string());
  return {};
}

/// All blobs below `place` into `folder`; how many there were.
Result<long long> download_folder(const World& world, const BlobPlace& place, const fs::path& folder) {
  DROVER_CHECK(make_folder(folder));
  const std::string prefix = place.key() + "/";
  long long count = 0;
  const auto& blobs = world.blobs();
  for (auto it = blobs.lower_bound(prefix); it != blobs.end() && it->first.starts_with(prefix); ++it) {
    const std::string name = it->first.substr(prefix.size());
    // One that ends in '/' stands for an empty folder; one that cannot be a file does not keep the others from it.
    if (name.ends_with('/') || !is_inside(name)) continue;
    DROVER_CHECK(write_file(folder / name, it->second.bytes));
    ++count;
  }
  return count;
}

Status lay_out_code(const World& world, const Run& run, const Json& properties, const fs::path& folder) {
  DROVER_CHECK(make_folder(folder));
  const std::string id = text_at(properties, {"codeId"});
  if (id.empty()) return {};
  const Resource* code = world.find(to_lower(id));
  if (code == nullptr) return fail(Code::not_found, "the job's code " + id + " is not there any more");
  DROVER_TRY(place, find_place(world, run.workspace(), text_at(*parse_body(code->body), {"properties", "codeUri"})));
  DROVER_TRY(count, download_folder(world, place, folder));
  if (count == 0)
    return fail(Code::not_found, "no files of the job's code are at " + place.key() + " (were they uploaded?)");
  return {};
}

/// Data of an input under `folder`; the path that stands for it.
Result<std::string> lay_out_input(const World& world, const Run& run, const std::string& name, const Json& input,
                                  const fs::path& folder, bool writes) {
  std::string uri = text_at(input, {"uri"});
  if (text_at(input, {"mode"}) == "Direct") return uri;
  DROVER_TRY(place, find_place(world, run.workspace(), uri));
  const auto blob = world.blobs().find(place.key());
  if (text_at(input, {"jobInputType"}) == "uri_file" || blob != world.blobs().end()) {
    if (blob == world.blobs().end())
      return fail(Code::not_found, "input " + name + ": there is no blob " + place.key());
    const fs::path path = folder / place.path.substr(place.path.rfind('/') + 1);
    if (writes) DROVER_CHECK(write_file(path, blob->second.bytes));
    return path.string();
  }
  if (!writes) return folder.string();
  DROVER_TRY(count, download_folder(world, place, folder));
  if (count == 0) return fail(Code::not_found, "input " + name + ": there are no blobs below " + place.key() + "/");
  return folder.string();
}

void put_bytes(World& world, const BlobPlace& place, std::string bytes, const char* content_type) {
  const auto present = world.blobs().find(place.key());
  if (present != world.blobs().end() && present->second.bytes == bytes) return;
  Blob blob{.bytes = std::move(bytes), .content_type = content_type, .etag = make_etag(world), .modified = world.now()};
  blob.md5 = base64_encode(md5(blob.bytes));
  world.put_blob(place.key(), std::move(blob));
}

Result<std::string> read_from(const fs::path& path, std::size_t offset) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::string();
  file.seekg(static_cast<std::streamoff>(offset));
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return fail(Code::unavailable, "cannot read " + path.string());
  return bytes;
}

void note_in_log(const std::string& log, const std::vector<LeftOut>& left_out) {
  std::ofstream file(log, std::ios::binary | std::ios::app);
  file << "Outputs that were not uploaded: " << describe(left_out, named_in_log_max) << "\n";
}

Status upload_file(World& world, const fs::path& path, const BlobPlace& place) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) return {};
  DROVER_TRY(bytes, read_from(path, 0));
  put_bytes(world, place, std::move(bytes), "application/octet-stream");
  return {};
}

/// Every file below `folder` to `place`, links followed to what lies on the node: what a job links to elsewhere is not
/// its output. What cannot be a blob is added to `left_out`.
Status upload_folder(World& world, const fs::path& folder, const fs::path& node, const fs::path& seen_node,
                     const BlobPlace& place, std::vector<LeftOut>& left_out) {
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(folder, error))) return {};
  DROVER_TRY(walk, walk_folder(folder.string(), {.boundary = node.string(),
                                                 .seen_as = (seen_node / folder.lexically_relative(node)).string(),
                                                 .needs_text_names = true}));
  std::ranges::move(walk.left_out, std::back_inserter(left_out));
  for (const auto& entry : walk.entries) {
    if (entry.kind != WalkEntry::Kind::file) continue;
    DROVER_TRY(bytes, read_from(entry.source, 0));
    put_bytes(world, place.below(entry.path), std::move(bytes), "application/octet-stream");
  }
  return {};
}

}  // namespace

Result<BlobPlace> artifact_place(const World& world, const Run& run) {
  return find_place(world, run.workspace(),
                    "azureml://datastores/" + std::string(artifact_store) + "/paths/ExperimentRun/dcid." + run.name());
}

Result<BlobPlace> output_place(const World& world, const Run& run, const Json& properties, const std::string& name) {
  if (name == "default") return artifact_place(world, run);
  std::string uri = text_at(properties, {"outputs", name, "uri"});
  if (uri.empty())
    uri = "azureml://datastores/" + std::string(blob_store) + "/paths/azureml/" + run.name() + "/" + name;
  return find_place(world, run.workspace(), uri);
}

Result<Bindings> lay_out_node(const World& world, const JobFolder& folder, const Run& run, const Json& properties,
                              long long node, bool writes) {
  const fs::path base = folder.node(node);
  Bindings bindings;
  if (writes) {
    remove_folder(base);
    DROVER_CHECK(lay_out_code(world, run, properties, base / "wd"));
    DROVER_CHECK(make_folder(base / "tmp"));
    DROVER_CHECK(make_folder(fs::path(folder.log(0)).parent_path()));
  }
  if (const Json* inputs = member(properties, "inputs"))
    for (const auto& [name, input] : inputs->items()) {
      if (text_at(input, {"jobInputType"}) == "literal") {
        bindings.inputs[name] = text_at(input, {"value"});
        continue;
      }
      DROVER_TRY(path, lay_out_input(world, run, name, input, base / "inputs" / name, writes));
      bindings.inputs[name] = std::move(path);
    }
  if (const Json* outputs = member(properties, "outputs"))
    for (const auto& [name, output] : outputs->items()) {
      if (name == "default") continue;
      const bool is_file = text_at(output, {"jobOutputType"}) == "uri_file";
      const fs::path path = base / "outputs" / name;
      DROVER_TRY(place, output_place(world, run, properties, name));
      if (writes) DROVER_CHECK(make_folder(path));
      // A mount shows what is there already; otherwise only the job's own earlier attempt comes back.
      const bool is_mount = text_at(output, {"mode"}) == "ReadWriteMount";
      if (writes && (run.attempt > 1 || (is_mount && !is_file))) DROVER_CHECK(download_folder(world, place, path));
      bindings.outputs[name] = is_file ? (path / name).string() : path.string();
    }
  return bindings;
}

Status upload_outputs(World& world, const JobFolder& folder, const Run& run, const Json& properties) {
  if (folder.path.empty()) return {};
  DROVER_TRY(artifacts, artifact_place(world, run));
  for (long long node = 0; node < run.instances; ++node) {
    const fs::path base = folder.node(node);
    std::vector<LeftOut> left_out;
    const auto upload = [&](const fs::path& made, const BlobPlace& to) {
      return upload_folder(world, made, base, folder.seen_node(node), to, left_out);
    };
    for (const char* own : {"outputs", "logs"}) DROVER_CHECK(upload(base / "wd" / own, artifacts.below(own)));
    if (const Json* outputs = member(properties, "outputs"))
      for (const auto& [name, output] : outputs->items()) {
        if (name == "default") continue;
        DROVER_TRY(place, output_place(world, run, properties, name));
        const fs::path made = base / "outputs" / name;
        const bool is_file = text_at(output, {"jobOutputType"}) == "uri_file";
        DROVER_CHECK(is_file ? upload_file(world, made / name, place) : upload(made, place));
      }
    if (!left_out.empty()) note_in_log(folder.log(node * run.processes), left_out);
  }
  return {};
}

std::string log_name(const Run& run, long long rank) {
  return run.ranks() == 1 ? "user_logs/std_log.txt" : "user_logs/std_log_process_" + std::to_string(rank) + ".txt";
}

Status upload_logs(World& world, const Run& run, const std::vector<std::string>& paths, bool is_last) {
  DROVER_TRY(artifacts, artifact_place(world, run));
  for (std::size_t rank = 0; rank < paths.size(); ++rank) {
    const BlobPlace place = artifacts.below(log_name(run, static_cast<long long>(rank)));
    const auto present = world.blobs().find(place.key());
    const std::size_t had = present == world.blobs().end() ? 0 : present->second.bytes.size();
    if (had >= log_bytes_max) continue;
    DROVER_TRY(more, read_from(paths[rank], had));
    if (more.empty() && (present != world.blobs().end() || !is_last)) continue;
    std::string bytes = present == world.blobs().end() ? more : present->second.bytes + more;
    if (bytes.size() > log_bytes_max) bytes.resize(log_bytes_max);
    put_bytes(world, place, std::move(bytes), "text/plain");
  }
  return {};
}

void remove_folder(const std::string& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace drover::localcloud::ml
