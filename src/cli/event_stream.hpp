// Server-sent events (WHATWG HTML, "Server-sent events"), as the API sends them: one name and one line of JSON each.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "ports/http_transport.hpp"

namespace drover::cli {

class EventStream : public BodySink {
 public:
  bool write(std::string_view bytes) final;

 protected:
  /// `data` is an object.
  virtual void on_event(const std::string& name, const nlohmann::json& data) = 0;

 private:
  std::string buffer_;
};

}  // namespace drover::cli
