#include "ports/cloud.hpp"

#include <cctype>

#include "base/text.hpp"

namespace drover {
namespace {

/// Letters and digits alone, in lower case.
std::string bare(std::string_view name) {
  std::string kept;
  for (const char c : to_lower(name))
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) kept += c;
  return kept;
}

}  // namespace

bool CoreQuota::names_family(std::string_view wanted) const {
  if (of != Of::family) return false;
  std::string name = bare(family);
  for (const std::string_view suffix : {"vcpus", "dedicated", "cluster"})
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  return !name.empty() && name == bare(wanted);
}

}  // namespace drover
