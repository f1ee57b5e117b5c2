// What the local cloud's ML workspaces read of their callers: commands with references, addresses of data, signatures,
// and the records that they keep.
#include <cstdint>
#include <cstdlib>

#include "localcloud/blob_sas.hpp"
#include "localcloud/ml/command.hpp"
#include "localcloud/ml/datastores.hpp"
#include "localcloud/ml/nodes.hpp"
#include "ports/store.hpp"

using namespace drover;
using namespace drover::localcloud;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const ml::Bindings bindings{.inputs = {{"a", "1"}}, .outputs = {{"b", "/out"}}};
  // What is bound has no reference left to bind.
  if (const auto bound = ml::bind_command(text, bindings); bound && !ml::bind_command(*bound, {}).has_value()) {
    const bool came_from_value = bound->find("${{") != std::string::npos || bound->find("$[[") != std::string::npos;
    if (!came_from_value) std::abort();
  }
  static MemoryStore store;
  static const auto world = open_world(store, 1, {});
  (void)ml::find_place(**world, "/subscriptions/s/resourcegroups/g/providers/p/workspaces/w", text);
  (void)sas_text(parse_sas(text), "account", "/container");
  (void)sas_time(text);
  if (const auto run = ml::decode_run("/a/jobs/b", text))
    if (ml::encode_run(*run) != ml::encode_run(*ml::decode_run("/a/jobs/b", ml::encode_run(*run)))) std::abort();
  const ml::Pool pool = ml::decode_pool(text);
  if (ml::encode_pool(pool) != ml::encode_pool(ml::decode_pool(ml::encode_pool(pool)))) std::abort();
  return 0;
}
