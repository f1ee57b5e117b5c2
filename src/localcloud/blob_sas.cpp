#include "localcloud/blob_sas.hpp"

#include <algorithm>
#include <array>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "protocol/http/message.hpp"

namespace drover::localcloud {
namespace {

/// From this version on, the text that is signed has the encryption scope; from the earlier one, resource and snapshot.
constexpr std::string_view version_of_scopes = "2020-12-06";
constexpr std::string_view version_of_resources = "2018-11-09";
constexpr std::string_view version_made = "2021-12-02";
constexpr std::array<std::string_view, 5> override_names = {"rscc", "rscd", "rsce", "rscl", "rsct"};

}  // namespace

Sas parse_sas(std::string_view query) {
  const auto value = [&](std::string_view name) { return http::query_value(query, name).value_or(""); };
  Sas sas{.version = value("sv"),
          .resource = value("sr"),
          .permissions = value("sp"),
          .start = value("st"),
          .expiry = value("se"),
          .protocol = value("spr"),
          .address = value("sip"),
          .identifier = value("si"),
          .signature = value("sig"),
          .scope = value("ses"),
          .overrides = {},
          .snapshot = value("snapshot")};
  std::ranges::transform(override_names, std::begin(sas.overrides), value);
  return sas;
}

std::string sas_text(const Sas& sas, std::string_view account, std::string_view path) {
  std::string text = sas.permissions + "\n" + sas.start + "\n" + sas.expiry + "\n/blob/" + std::string(account) +
                     std::string(path) + "\n" + sas.identifier + "\n" + sas.address + "\n" + sas.protocol + "\n" +
                     sas.version;
  if (sas.version >= version_of_resources) text += "\n" + sas.resource + "\n" + sas.snapshot;
  if (sas.version >= version_of_scopes) text += "\n" + sas.scope;
  for (const auto& value : sas.overrides) text += "\n" + value;
  return text;
}

std::string make_sas(std::string_view account, std::string_view path, std::string_view permissions, Instant expiry,
                     std::string_view key) {
  const bool is_container = path.find('/', 1) == std::string_view::npos;
  Sas sas{.version = std::string(version_made),
          .resource = is_container ? "c" : "b",
          .permissions = std::string(permissions),
          .expiry = format_iso(std::chrono::floor<std::chrono::seconds>(expiry))};
  sas.signature = base64_encode(hmac_sha256(key, sas_text(sas, account, path)));
  return "sv=" + sas.version + "&sr=" + sas.resource + "&sp=" + sas.permissions + "&se=" + percent_encode(sas.expiry) +
         "&sig=" + percent_encode(sas.signature);
}

Instant sas_time(std::string_view text) {
  std::string full(text);
  if (full.size() == 10) full += "T00:00:00Z";
  if (full.size() == 17 && full.ends_with('Z')) full.insert(16, ":00");
  return parse_iso(full).value_or(Instant{});
}

}  // namespace drover::localcloud
