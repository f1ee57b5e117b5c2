#include "ports/training.hpp"

namespace drover::training {

std::optional<DatastorePath> parse_datastore_uri(std::string_view uri) {
  constexpr std::string_view scheme = "azureml://", word = "datastores/", paths = "paths/";
  if (!uri.starts_with(scheme)) return std::nullopt;
  const auto at = uri.find(word, scheme.size());
  if (at == std::string_view::npos || (at != scheme.size() && uri[at - 1] != '/')) return std::nullopt;
  std::string_view rest = uri.substr(at + word.size());
  const auto end = rest.find('/');
  DatastorePath found{.datastore = std::string(rest.substr(0, end)), .path = {}};
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  if (rest.starts_with(paths)) rest.remove_prefix(paths.size());
  while (rest.ends_with('/')) rest.remove_suffix(1);
  found.path = rest;
  if (found.datastore.empty()) return std::nullopt;
  return found;
}

}  // namespace drover::training
