// What the fields of the local clusters' objects are: which there are, of which form, and how their lists merge. One
// table serves validation, both patches that need to know, and the OpenAPI documents.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "localcloud/json.hpp"

namespace drover::localcloud::kubernetes {

enum class Form : std::uint8_t {
  text,
  integer,
  number,
  boolean,
  quantity,
  integer_or_text,
  time,
  any,
  object,
  list,
  map
};

struct Structure;

struct Field {
  Form form = Form::any;
  const Structure* structure = nullptr;  ///< of Form::object
  std::shared_ptr<const Field> element;  ///< of Form::list and Form::map
  bool required = false;
  bool merges = false;  ///< a list whose patches merge by key, or as a set when it has no keys
  bool retains_keys = false;
  std::vector<std::string> keys;  ///< the first is the key of strategic merges; all of them that of server-side apply
};

struct Structure {
  std::string name;     ///< "PodSpec"
  std::string package;  ///< "io.k8s.api.core.v1"
  std::vector<std::pair<std::string, Field>> fields;

  /// Null when it has no such field.
  const Field* find(std::string_view field) const;
  std::string full_name() const { return package + "." + name; }
};

const std::vector<std::unique_ptr<Structure>>& structures();
/// By its last name; null when there is none.
const Structure* find_structure(std::string_view name);

/// What is wrong with a value, each as "path: complaint".
struct Complaints {
  std::vector<std::string> unknown;     ///< paths of fields that the structure lacks
  std::vector<std::string> mismatched;  ///< "path: expected ..., got ..."
};
/// Drops unknown fields and nulls from `value` and says which and what else is wrong.
void check_structure(const Structure& structure, Json& value, const std::string& path, Complaints& complaints);

/// The table, in two parts.
extern const char* const core_fields;
extern const char* const group_fields;

}  // namespace drover::localcloud::kubernetes
