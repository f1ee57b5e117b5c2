#include "drivers/azure/wire/decode.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "drivers/azure/azure_kind.hpp"
#include "protocol/arm_operation.hpp"

namespace drover::azure::wire {
namespace {

using nlohmann::json;

/// Order of an object's members does not matter: nlohmann keeps them sorted.
std::size_t hash_of(const json& value) {
  const auto mix = [](std::size_t a, std::size_t b) { return (a ^ b) * 0x9E3779B97F4A7C15ULL + (a >> 7); };
  std::size_t hash = static_cast<std::size_t>(value.type()) + 1;
  if (value.is_object()) {
    for (const auto& [key, member] : value.get_ref<const json::object_t&>())
      hash = mix(mix(hash, std::hash<std::string>{}(key)), hash_of(member));
  } else if (value.is_array()) {
    for (const auto& item : value) hash = mix(hash, hash_of(item));
  } else if (value.is_string()) {
    hash = mix(hash, std::hash<std::string>{}(value.get_ref<const std::string&>()));
  } else {
    hash = mix(hash, std::hash<std::string>{}(value.dump()));
  }
  return hash;
}

Presence presence_of(const std::string& state) {
  if (state.empty() || equals_ignore_case(state, "Succeeded")) return Presence::settled;
  // A canceled operation leaves the thing in place, as usable as before or not: the plan treats it as failed.
  return arm::is_terminal(state) ? Presence::failed : Presence::busy;
}

template <class S>
void read_as(Observed& seen, const S& desired, const json& body) {
  const json& properties = at(body, "properties");
  seen.presence = S::in_azure.presence != nullptr ? S::in_azure.presence(seen.state) : presence_of(seen.state);
  seen.spec = S::in_azure.read(desired, body, properties);
  if (S::in_azure.outputs != nullptr) seen.outputs = S::in_azure.outputs(body, properties);
  std::erase_if(seen.outputs, [](const auto& output) { return output.second.empty(); });
}

}  // namespace

Observed decode(const Resource& desired, const json& body) {
  Observed seen;
  seen.state = text(at(body, "properties"), "provisioningState");
  if (seen.state.empty()) seen.state = text(body, "registrationState");
  std::visit([&](const auto& spec) { read_as(seen, spec, body); }, desired.spec);
  seen.fingerprint = std::to_string(hash_of(body));
  return seen;
}

}  // namespace drover::azure::wire
