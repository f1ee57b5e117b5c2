// Decisions about a pool's nodes, wishes and what is remembered between decisions, as JSON: for the store, the audit,
// the API.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "scaling/arbiter.hpp"
#include "scaling/lead_time.hpp"

namespace drover::codec {

nlohmann::json to_json(const scaling::Wish& wish);
nlohmann::json to_json(const scaling::Arbitration& decision);
nlohmann::json to_json(const scaling::ArbiterMemory& memory);
nlohmann::json to_json(const scaling::Boot& boot);

// Errors: corrupt.
Result<scaling::ArbiterMemory> read_arbiter_memory(const nlohmann::json& from);
Result<scaling::Boot> read_boot(const nlohmann::json& from);

/// RFC 3339, or null.
nlohmann::json to_json(const std::optional<Instant>& instant);
std::optional<Instant> read_instant(const nlohmann::json& from, const char* key);

}  // namespace drover::codec
