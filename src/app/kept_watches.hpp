// Pools that a server goes on scaling when nobody looks: each watch that was asked to be kept is an errand of its own,
// begun anew when the server is, when it failed, or when it was asked for in another way.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "app/api_service.hpp"
#include "ports/store.hpp"

namespace drover::app {

class KeptWatches {
 public:
  using Complain = std::function<void(const std::string&)>;
  KeptWatches(ApiService& service, Store& store, Complain complain)
      : service_(service), store_(store), complain_(std::move(complain)) {}

  /// Begins and stops what has to be.
  void tend();

 private:
  ApiService& service_;
  Store& store_;
  Complain complain_;
  std::map<std::string, std::string> running_;  ///< by key: the request that is worked on
};

}  // namespace drover::app
