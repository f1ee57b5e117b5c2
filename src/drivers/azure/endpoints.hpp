// Where Azure is: the public cloud unless told otherwise.
#pragma once

#include <string>

namespace drover::azure {

struct Endpoints {
  std::string resource_manager = "https://management.azure.com";
  std::string resource_manager_scope = "https://management.azure.com/.default";
  std::string authority = "https://login.microsoftonline.com";
  std::string graph = "https://graph.microsoft.com";
  std::string graph_scope = "https://graph.microsoft.com/.default";
  std::string blob = "https://{account}.blob.core.windows.net";  ///< {account} is replaced
  std::string storage_scope = "https://storage.azure.com/.default";
};

}  // namespace drover::azure
