// Service SAS of the blob service: an address with its own permission, signed with an account's key (Microsoft, "Create
// a service SAS"). Made here for clients of ML workspaces, and checked for whoever made one.
#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"

namespace drover::localcloud {

/// What a SAS lets its bearer do, as query parameters say it; names as in Microsoft's text.
struct Sas {
  std::string version;       ///< sv
  std::string resource;      ///< sr: "b" a blob, "c" a container
  std::string permissions;   ///< sp: of "racwdxltmeop"
  std::string start;         ///< st; "" from ever
  std::string expiry;        ///< se
  std::string protocol;      ///< spr
  std::string address;       ///< sip
  std::string identifier;    ///< si; stored policies are not kept here, so one with it is refused
  std::string signature;     ///< sig, base64
  std::string scope;         ///< ses
  std::string overrides[5];  ///< rscc, rscd, rsce, rscl, rsct
  std::string snapshot;      ///< time of the snapshot that the blob is of
};

/// Reads the query of a URL; resource and signature are "" where there is no SAS in it.
Sas parse_sas(std::string_view query);

/// What is signed. `path` is "/container" or "/container/blob", not encoded.
std::string sas_text(const Sas& sas, std::string_view account, std::string_view path);

/// A query string without '?' for `path` of the account, good until `expiry`. `key` are the raw bytes of an account
/// key.
std::string make_sas(std::string_view account, std::string_view path, std::string_view permissions, Instant expiry,
                     std::string_view key);

/// When `text` (st, se) is: a date, or a date with minutes or seconds and Z; epoch for what is none of these.
Instant sas_time(std::string_view text);

}  // namespace drover::localcloud
