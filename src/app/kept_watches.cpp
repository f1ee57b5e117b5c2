#include "app/kept_watches.hpp"

#include "api/scaling.hpp"

namespace drover::app {

void KeptWatches::tend() {
  const auto kept = store_.scan(api::watch_prefix);
  if (!kept) return complain_("watches of pools: " + kept.error().message);
  std::map<std::string, std::string> wanted(kept->begin(), kept->end());
  for (const auto& [key, body] : running_)
    if (const auto now = wanted.find(key); now == wanted.end() || now->second != body) service_.stop_hosted(key);
  std::erase_if(running_, [&](const auto& entry) { return !service_.is_hosted(entry.first); });
  for (const auto& [key, body] : wanted) {
    if (running_.contains(key)) continue;
    running_[key] = body;
    service_.host({.method = "POST", .url = "http://drover/v1/scale/watch", .headers = {}, .body = body}, key,
                  [this, key](const http::Response& response) {
                    if (!response.ok()) complain_(key + ": " + response.body);
                  });
  }
}

}  // namespace drover::app
